//! Frames of streamed responses.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::contract::event_stream::{InvokeComplete, invoke_complete, payload_chunk};

/// A frame is read as it was written, by a reader that goes by AWS's description of the format alone.
pub(crate) fn event_stream(data: &[u8]) {
    let chunk = payload_chunk(data);
    let (headers, payload) = read(&chunk);
    assert_eq!(headers[":event-type"], "PayloadChunk");
    assert_eq!(headers[":message-type"], "event");
    assert_eq!(payload, data);

    let details = String::from_utf8_lossy(data).into_owned();
    let complete = invoke_complete(&InvokeComplete {
        error_code: Some("Unhandled"),
        error_details: Some(details.clone()),
        log_result: None,
    });
    let (headers, payload) = read(&complete);
    assert_eq!(headers[":event-type"], "InvokeComplete");
    let told: Value = serde_json::from_slice(payload).expect("JSON");
    assert_eq!(
        told,
        json!({ "ErrorCode": "Unhandled", "ErrorDetails": details })
    );
}

/// The headers and the payload of the one frame that there is.
fn read(frame: &[u8]) -> (BTreeMap<&str, &str>, &[u8]) {
    let length = |at: usize| number(&frame[at..at + 4]);
    let (total, headers) = (length(0), length(4));
    assert_eq!(total, frame.len());
    let (body, checksum) = frame.split_at(total - 4);
    assert_eq!(number(&frame[8..12]), crc(&frame[..8]));
    assert_eq!(number(checksum), crc(body));
    let (mut left, payload) = body[12..].split_at(headers);
    let mut read = BTreeMap::new();
    while !left.is_empty() {
        let (name, rest) = left[1..].split_at(usize::from(left[0]));
        assert_eq!(rest[0], 7, "values are texts");
        let (value, rest) = rest[3..].split_at(number(&rest[1..3]));
        read.insert(text(name), text(value));
        left = rest;
    }
    (read, payload)
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("names and values are texts")
}

fn number(bytes: &[u8]) -> usize {
    let digits = bytes.iter().map(|byte| usize::from(*byte));
    digits.fold(0, |number, byte| number << 8 | byte)
}

/// CRC-32, bit by bit.
fn crc(bytes: &[u8]) -> usize {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let is_odd = crc & 1 == 1;
            crc = (crc >> 1) ^ if is_odd { 0xedb8_8320 } else { 0 };
        }
    }
    usize::try_from(!crc).expect("32 bits")
}
