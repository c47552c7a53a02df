//! The event stream of a streamed response: frames of AWS's format `vnd.amazon.eventstream`.
//!
//! A frame has a prelude of two lengths and their checksum, headers, a payload, and a checksum over all
//! of it; numbers are big-endian, checksums CRC-32.

use bytes::Bytes;
use http::HeaderValue;
use serde::Serialize;

/// The type of an answer that is such a stream.
pub(super) const CONTENT_TYPE: HeaderValue =
    HeaderValue::from_static("application/vnd.amazon.eventstream");

/// Two lengths and their checksum.
const PRELUDE_BYTES: usize = 12;

const CHECKSUM_BYTES: usize = 4;

/// The type of a header's value that is text.
const STRING: u8 = 7;

/// How an invocation ended, as the last event tells it. What is absent is left out.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InvokeComplete {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error_code: Option<&'static str>,
    /// The error object as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error_details: Option<String>,
    /// The end of the log in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) log_result: Option<String>,
}

/// The event that carries bytes of the response.
pub(super) fn payload_chunk(payload: &[u8]) -> Bytes {
    frame("PayloadChunk", "application/octet-stream", payload)
}

/// The last event.
pub(super) fn invoke_complete(complete: &InvokeComplete) -> Bytes {
    let json = serde_json::to_vec(complete).expect("texts have a JSON form");
    frame("InvokeComplete", "application/json", &json)
}

fn frame(event_type: &str, content_type: &str, payload: &[u8]) -> Bytes {
    let headers = [
        header(":event-type", event_type),
        header(":content-type", content_type),
        header(":message-type", "event"),
    ]
    .concat();
    let total = PRELUDE_BYTES + headers.len() + payload.len() + CHECKSUM_BYTES;
    let mut frame = Vec::with_capacity(total);
    frame.extend(length(total).to_be_bytes());
    frame.extend(length(headers.len()).to_be_bytes());
    seal(&mut frame);
    frame.extend(headers);
    frame.extend(payload);
    seal(&mut frame);
    frame.into()
}

/// Appends the checksum of what is there.
fn seal(frame: &mut Vec<u8>) {
    let checksum = crc32fast::hash(frame);
    frame.extend(checksum.to_be_bytes());
}

fn header(name: &str, value: &str) -> Vec<u8> {
    let name_bytes = u8::try_from(name.len()).expect("names of headers are short");
    let value_bytes = u16::try_from(value.len()).expect("values of headers are short");
    let mut header = vec![name_bytes];
    header.extend(name.as_bytes());
    header.push(STRING);
    header.extend(value_bytes.to_be_bytes());
    header.extend(value.as_bytes());
    header
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("answers are far below 4 GB")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hex;

    #[test]
    fn a_chunk_is_framed_as_clients_of_aws_read_it() {
        assert_eq!(
            hex(&payload_chunk(b"hello")),
            concat!(
                "0000006f0000005af5fe871f",
                "0b3a6576656e742d7479706507000c5061796c6f61644368756e6b",
                "0d3a636f6e74656e742d747970650700186170706c69636174696f6e2f6f637465742d73747265616d",
                "0d3a6d6573736167652d747970650700056576656e74",
                "68656c6c6f",
                "29e71260"
            )
        );
    }

    #[test]
    fn the_end_is_framed_as_clients_of_aws_read_it() {
        let complete = InvokeComplete {
            log_result: Some("aGk=".into()),
            ..InvokeComplete::default()
        };
        assert_eq!(
            hex(&invoke_complete(&complete)),
            concat!(
                "0000007800000054c086e18a",
                "0b3a6576656e742d7479706507000e496e766f6b65436f6d706c657465",
                "0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e",
                "0d3a6d6573736167652d747970650700056576656e74",
                "7b224c6f67526573756c74223a2261476b3d227d",
                "e2899c7c"
            )
        );
    }

    #[test]
    fn what_is_absent_is_left_out_of_the_end() {
        let text = |complete: &InvokeComplete| {
            let frame = invoke_complete(complete);
            String::from_utf8_lossy(&frame).into_owned()
        };
        assert!(text(&InvokeComplete::default()).contains("event{}"));
        let failed = InvokeComplete {
            error_code: Some("Unhandled"),
            error_details: Some("{}".into()),
            log_result: None,
        };
        let expected = r#"event{"ErrorCode":"Unhandled","ErrorDetails":"{}"}"#;
        assert!(text(&failed).contains(expected));
    }
}
