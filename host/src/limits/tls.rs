//! What those may cost who speak TLS with the host, and have yet to say anything.

use std::time::Duration;

/// Largest file with a certificate, a key, or the authorities that vouch for clients: a bundle of all public ones has
/// some 250 KB.
pub(crate) const TLS_FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Time for TLS to be agreed on, from the first moment of a connection: two or three exchanges, over the slowest of
/// links.
pub(crate) const HANDSHAKE_DURATION_MAX: Duration = Duration::from_secs(10);

/// What is held for a peer until TLS is agreed on: rustls joins messages of up to 64 KiB, such as the certificates of a
/// client, and has as much to send at most.
pub(crate) const HANDSHAKE_BYTES: usize = 64 * 1024;

/// What of an answer waits encrypted for its reader: one record of TLS. What reads slower than that within
/// [`WRITE_PAUSE_MAX`](super::WRITE_PAUSE_MAX) reads nothing.
pub(crate) const TLS_UNSENT_BYTES_MAX: usize = 16 * 1024;

/// What a connection takes more where it is encrypted: a record as it arrives (18 KiB at most), what it says, one that
/// waits to be sent, and what stands for the session.
pub(crate) const TLS_CONNECTION_BYTES: u64 = 56 * 1024;
