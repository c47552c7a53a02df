//! A seal: a time of modification that says that a file is what it was when it was last verified.
//!
//! To hash compiled code takes longer than to load it and to run it: tens of milliseconds for an engine
//! of JavaScript. So a file that was written, or verified, gets a time of modification that its content
//! gives it, long ago and different for each file. Whoever writes to the file afterwards, changes its
//! length or puts another one in its place breaks the seal, since the system then sets the time to what it
//! is; a copy, such as one out of a backup, is another file to the system and has none. What has no seal
//! is hashed, and sealed again where it is sound.
//!
//! A disk that rots changes no time, and code that it has changed may end the process that runs it. So where the
//! host before this one did not end cleanly, all seals are broken at the start: each artifact is hashed when it is
//! loaded next.
//!
//! This finds what happens to files by accident. Whoever wants to can forge a seal, and can as well give a
//! file of any content the name that goes with it: nobody but the host's owner may write here.

use std::io;

use cap_std::fs::{File, MetadataExt as _};
use rustix::fs::{Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, futimens};
use sha2::{Digest as _, Sha256};

use crate::domain::Digest;

/// Seals are times before this one, in seconds since 1970: no clock that runs gives them, and every file
/// system can keep them.
const SECONDS_MAX: u64 = 900_000_000;

const NANOSECONDS_MAX: u64 = 1_000_000_000;

/// Seals `file`, whose content is that of `digest`.
///
/// # Errors
/// When the file system refuses; then the file has no seal.
pub(super) fn seal(file: &File, digest: Digest) -> io::Result<()> {
    let (tv_sec, tv_nsec) = time_of(file, digest)?;
    set(file, OMITTED, Timespec { tv_sec, tv_nsec })
}

/// Whatever is in `file`, it is not sealed any more.
///
/// # Errors
/// When the file system refuses.
pub(super) fn break_seal(file: &File) -> io::Result<()> {
    set(file, OMITTED, NOW)
}

/// Notes in its time of access, which is no part of the seal, that `file` is used now.
///
/// # Errors
/// When the file system refuses.
pub(super) fn note_use(file: &File) -> io::Result<()> {
    set(file, NOW, OMITTED)
}

const NOW: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: UTIME_NOW,
};

const OMITTED: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: UTIME_OMIT,
};

fn set(file: &File, last_access: Timespec, last_modification: Timespec) -> io::Result<()> {
    let times = Timestamps {
        last_access,
        last_modification,
    };
    futimens(file, &times).map_err(io::Error::from)
}

/// Whether `file` was sealed as that of `digest` and has not been written to since. Never so where the
/// file system keeps times less exactly.
///
/// # Errors
/// When the file cannot be looked at.
pub(super) fn is_sealed(file: &File, digest: Digest) -> io::Result<bool> {
    let metadata = file.metadata()?;
    let found = (metadata.mtime(), metadata.mtime_nsec());
    Ok(found == time_of(file, digest)?)
}

/// The time that seals this very file with this content: seconds and nanoseconds.
fn time_of(file: &File, digest: Digest) -> io::Result<(i64, i64)> {
    let metadata = file.metadata()?;
    let mut hasher = Sha256::new();
    hasher.update(digest.0);
    hasher.update(metadata.ino().to_le_bytes());
    hasher.update(metadata.len().to_le_bytes());
    let hash: [u8; 32] = hasher.finalize().into();
    let below = |bytes: &[u8], max: u64| {
        let number = bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte));
        (number % max).cast_signed()
    };
    Ok((
        below(&hash[..8], SECONDS_MAX),
        below(&hash[8..16], NANOSECONDS_MAX),
    ))
}
