//! Behaviours that reach for what a sandbox does not have unless it was granted.

use std::fs;
use std::io;
use std::net::TcpStream;

use serde_json::{Value, json};

pub(crate) fn open_file(path: &str) -> io::Result<Value> {
    let content = fs::read(path)?;
    Ok(json!({ "bytes": content.len() }))
}

pub(crate) fn write_file(path: &str, bytes: usize) -> io::Result<Value> {
    fs::write(path, vec![b'x'; bytes])?;
    Ok(json!({ "bytes": bytes }))
}

pub(crate) fn connect(address: &str) -> io::Result<Value> {
    let stream = TcpStream::connect(address)?;
    Ok(json!({ "peer": stream.peer_addr()?.to_string() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_an_error_and_not_a_panic() {
        let error = open_file("/no/such/file").expect_err("there is none");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
