//! Records as bytes: each in a frame that says how long it is and what it must add up to.
//!
//! ```text
//! length of the body (4 bytes, little-endian) | CRC-32 of the body (4) | body
//! body: started (8) | ended (8) | length of the head (4) | length of the stream (2) | stream | text
//! ```
//!
//! A frame that a crash cut in half, or that the disk damaged, does not add up: what is read ends
//! before it.

use super::entry::Record;
use crate::limits::LOG_ENTRY_BYTES_MAX;

const PREFIX_BYTES: usize = 8;
const FIXED_BYTES: usize = 22;
const STREAM_BYTES_MAX: usize = 512;
const BODY_BYTES_MAX: usize = FIXED_BYTES + STREAM_BYTES_MAX + LOG_ENTRY_BYTES_MAX;

/// Appends the frame of `record`.
pub(super) fn encode(record: &Record<'_>, bytes: &mut Vec<u8>) {
    let stream = &record.stream[..record.stream.floor_char_boundary(STREAM_BYTES_MAX)];
    let start = bytes.len();
    bytes.extend_from_slice(&[0; PREFIX_BYTES]);
    bytes.extend_from_slice(&record.started_ms.to_le_bytes());
    bytes.extend_from_slice(&record.ended_ms.to_le_bytes());
    bytes.extend_from_slice(&record.head_bytes.to_le_bytes());
    bytes.extend_from_slice(&u16::try_from(stream.len()).unwrap_or(0).to_le_bytes());
    bytes.extend_from_slice(stream.as_bytes());
    bytes.extend_from_slice(record.text);
    let body = &bytes[start + PREFIX_BYTES..];
    let (length, sum) = (
        u32::try_from(body.len()).unwrap_or(0),
        crc32fast::hash(body),
    );
    bytes[start..start + 4].copy_from_slice(&length.to_le_bytes());
    bytes[start + 4..start + PREFIX_BYTES].copy_from_slice(&sum.to_le_bytes());
}

/// The record at the start of `bytes`, and how long its frame is; `None` where no whole frame stands
/// there.
pub(super) fn decode(bytes: &[u8]) -> Option<(Record<'_>, usize)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    if length > BODY_BYTES_MAX {
        return None;
    }
    let body = rest.get(..length)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
        return None;
    }
    Some((record(body)?, PREFIX_BYTES + length))
}

fn record(body: &[u8]) -> Option<Record<'_>> {
    let (started, rest) = body.split_first_chunk::<8>()?;
    let (ended, rest) = rest.split_first_chunk::<8>()?;
    let (head, rest) = rest.split_first_chunk::<4>()?;
    let (stream_bytes, rest) = rest.split_first_chunk::<2>()?;
    let (stream, text) = rest.split_at_checked(u16::from_le_bytes(*stream_bytes).into())?;
    Some(Record {
        started_ms: u64::from_le_bytes(*started),
        ended_ms: u64::from_le_bytes(*ended),
        head_bytes: u32::from_le_bytes(*head),
        stream: std::str::from_utf8(stream).ok()?,
        text,
    })
}

/// The whole frames at the start of some bytes: where each begins, and its record.
pub(super) struct Frames<'a> {
    bytes: &'a [u8],
    /// Where the next frame begins, from the start of the bytes; at the end, how much was whole.
    pub(super) offset: usize,
}

impl<'a> Frames<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = (usize, Record<'a>, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let (record, length) = decode(&self.bytes[self.offset..])?;
        let start = self.offset;
        self.offset += length;
        Some((start, record, length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: Record<'static> = Record {
        started_ms: 1,
        ended_ms: 1_574_364_732_007,
        head_bytes: 6,
        stream: "2026/01/01/[$LATEST]0",
        text: b"START\nhello\xff\n",
    };

    #[test]
    fn a_record_comes_back_as_it_was() {
        let mut bytes = Vec::new();
        encode(&RECORD, &mut bytes);
        let length = bytes.len();
        assert_eq!(decode(&bytes), Some((RECORD, length)));
        bytes.extend_from_slice(b"what follows");
        assert_eq!(decode(&bytes), Some((RECORD, length)));
    }

    #[test]
    fn a_frame_that_was_cut_anywhere_is_no_frame() {
        let mut bytes = Vec::new();
        encode(&RECORD, &mut bytes);
        for length in 0..bytes.len() {
            assert_eq!(decode(&bytes[..length]), None, "{length}");
        }
    }

    #[test]
    fn a_frame_with_a_bit_that_flipped_is_no_frame() {
        let mut bytes = Vec::new();
        encode(&RECORD, &mut bytes);
        for at in 0..bytes.len() {
            bytes[at] ^= 4;
            assert_eq!(decode(&bytes), None, "{at}");
            bytes[at] ^= 4;
        }
    }

    #[test]
    fn whole_frames_are_read_up_to_the_one_that_is_torn() {
        let mut bytes = Vec::new();
        encode(&RECORD, &mut bytes);
        encode(&RECORD, &mut bytes);
        let whole = bytes.len();
        encode(&RECORD, &mut bytes);
        bytes.truncate(bytes.len() - 1);
        let mut frames = Frames::of(&bytes);
        assert_eq!(frames.by_ref().count(), 2);
        assert_eq!(frames.offset, whole);
    }
}
