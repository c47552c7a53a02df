//! Clients that cannot be served, and are told why as far as they listen: nobody waits for that.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use super::answer;
use super::callers::Full;
use super::error::{ErrorCode, WireError};
use crate::domain::RequestId;

/// Tells a client that it cannot be served.
pub(super) fn refuse(mut stream: TcpStream, refused: WireError) {
    let told = stream.write_all(answer::in_http(refused, RequestId::random()).as_bytes());
    // What it has sent already is read, since the answer may be lost with what is not.
    let read = stream.read(&mut [0; 4_096]);
    let ended = stream.shutdown(Shutdown::Write);
    tracing::debug!(?told, ?read, ?ended, "a connection was refused");
}

pub(super) fn too_many(full: Full) -> WireError {
    let text = match full {
        Full::Share => {
            "This caller has as many connections as it may, and all of them are at work. Use them for more than one \
             request, and try again."
        }
        Full::Host => {
            "The host has as many connections as it may, and all of them are at work. Try again later."
        }
    };
    WireError::new(full.code(), text).closing()
}

pub(super) fn not_encrypted() -> WireError {
    let text = "This address is for HTTPS, and the request came without encryption. Send it to an address that begins \
                with https://.";
    WireError::new(ErrorCode::MalformedHttpRequest, text).closing()
}
