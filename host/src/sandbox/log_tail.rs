//! The end of what a guest wrote: a flood passes through and leaves only its last bytes.

use bytes::Bytes;

use crate::limits::LOG_TAIL_BYTES_MAX;

/// The last [`LOG_TAIL_BYTES_MAX`] bytes of all that was written.
///
/// Nothing is allocated before the first byte, and never more than the bound.
#[derive(Default)]
pub(super) struct LogTail {
    ring: Vec<u8>,
    /// Where the oldest byte is, once the ring is full.
    start: usize,
}

impl LogTail {
    /// Appends `bytes`.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(LOG_TAIL_BYTES_MAX)..];
        let room = LOG_TAIL_BYTES_MAX - self.ring.len();
        let (fits, overwrites) = bytes.split_at(bytes.len().min(room));
        self.ring.extend_from_slice(fits);
        self.overwrite(overwrites);
    }

    fn overwrite(&mut self, bytes: &[u8]) {
        let (first, second) = bytes.split_at(bytes.len().min(self.ring.len() - self.start));
        self.ring[self.start..self.start + first.len()].copy_from_slice(first);
        self.ring[..second.len()].copy_from_slice(second);
        if !bytes.is_empty() {
            self.start = (self.start + bytes.len()) % self.ring.len();
        }
    }

    /// Whether the last line was not ended.
    pub(super) fn is_within_line(&self) -> bool {
        // The newest byte stands before the oldest one, or at the end.
        let newest = self
            .start
            .checked_sub(1)
            .map_or(self.ring.last(), |at| self.ring.get(at));
        newest.is_some_and(|byte| *byte != b'\n')
    }

    /// What is kept, oldest byte first.
    pub(super) fn into_bytes(mut self) -> Bytes {
        self.ring.rotate_left(self.start);
        self.ring.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail_of(writes: &[&[u8]]) -> Bytes {
        let mut tail = LogTail::default();
        writes.iter().for_each(|bytes| tail.write(bytes));
        tail.into_bytes()
    }

    #[test]
    fn keeps_everything_that_fits() {
        assert_eq!(tail_of(&[b"one\n", b"", b"two\n"]), "one\ntwo\n");
    }

    #[test]
    fn keeps_the_last_bytes_whatever_the_sizes_of_the_writes() {
        let all: Vec<u8> = (0..20_000_u32).map(|n| (n % 251) as u8).collect();
        for size in [1, 7, 100, 4_095, 4_096, 4_097, 9_000, 20_000] {
            let writes: Vec<&[u8]> = all.chunks(size).collect();
            assert_eq!(
                tail_of(&writes),
                all[all.len() - LOG_TAIL_BYTES_MAX..],
                "writes of {size}"
            );
        }
    }
}
