//! The end of what a guest wrote: a flood passes through, leaves only its last bytes, and is told.

use bytes::Bytes;

use super::log_mask::LogMask;
use crate::limits::INVOCATION_LOG_BYTES_MAX;

/// The last [`INVOCATION_LOG_BYTES_MAX`] bytes of all that was written.
///
/// Nothing is allocated before the first byte, and never more than the bound.
#[derive(Default)]
pub(super) struct LogTail {
    ring: Vec<u8>,
    /// Where the oldest byte is, once the ring is full.
    start: usize,
    /// Bytes that were written and are not kept.
    lost_bytes: u64,
}

impl LogTail {
    /// Appends `bytes`.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        let surplus = (self.ring.len() + bytes.len()).saturating_sub(INVOCATION_LOG_BYTES_MAX);
        self.lost_bytes += surplus as u64;
        let bytes = &bytes[bytes.len().saturating_sub(INVOCATION_LOG_BYTES_MAX)..];
        let room = INVOCATION_LOG_BYTES_MAX - self.ring.len();
        let (fits, overwrites) = bytes.split_at(bytes.len().min(room));
        self.reserve(fits.len());
        self.ring.extend_from_slice(fits);
        self.overwrite(overwrites);
    }

    /// Makes room for so many bytes more, twice as much each time, and never for more than the bound.
    fn reserve(&mut self, bytes: usize) {
        let needed = self.ring.len() + bytes;
        if needed > self.ring.capacity() {
            let wanted = needed.max(2 * self.ring.capacity());
            let wanted = wanted.min(INVOCATION_LOG_BYTES_MAX);
            self.ring.reserve_exact(wanted - self.ring.len());
        }
    }

    fn overwrite(&mut self, bytes: &[u8]) {
        let (first, second) = bytes.split_at(bytes.len().min(self.ring.len() - self.start));
        self.ring[self.start..self.start + first.len()].copy_from_slice(first);
        self.ring[..second.len()].copy_from_slice(second);
        if !bytes.is_empty() {
            self.start = (self.start + bytes.len()) % self.ring.len();
        }
    }

    /// What it takes in memory.
    pub(super) fn held_bytes(&self) -> usize {
        self.ring.capacity()
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

    /// What is kept, oldest byte first; a line before it says what is lost. What the mask knows is hidden.
    pub(super) fn into_bytes(mut self, mask: Option<&LogMask>) -> Bytes {
        self.ring.rotate_left(self.start);
        if self.lost_bytes > 0 {
            let doubtful = mask.map_or(0, |mask| mask.doubtful_bytes(&self.ring));
            let notice = lost(self.lost_bytes + doubtful as u64);
            self.ring.splice(..doubtful, notice.bytes());
        }
        match mask {
            Some(mask) => mask.hide(self.ring.into()),
            None => self.ring.into(),
        }
    }
}

fn lost(bytes: u64) -> String {
    format!(
        "[{bytes} bytes of output are missing here: the log of an invocation keeps its last \
         {INVOCATION_LOG_BYTES_MAX} bytes]\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail_of(writes: &[&[u8]]) -> Bytes {
        let mut tail = LogTail::default();
        writes.iter().for_each(|bytes| tail.write(bytes));
        tail.into_bytes(None)
    }

    #[test]
    fn keeps_everything_that_fits() {
        assert_eq!(tail_of(&[b"one\n", b"", b"two\n"]), "one\ntwo\n");
    }

    #[test]
    fn keeps_the_last_bytes_whatever_the_sizes_of_the_writes_and_says_what_is_lost() {
        let all: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
        let notice = lost(1_000_000 - INVOCATION_LOG_BYTES_MAX as u64);
        for size in [7, 4_097, 262_143, 262_144, 262_145, 600_000, 1_000_000] {
            let writes: Vec<&[u8]> = all.chunks(size).collect();
            let tail = tail_of(&writes);
            let (said, kept) = tail.split_at(notice.len());
            assert_eq!(said, notice.as_bytes(), "writes of {size}");
            assert!(
                kept == &all[all.len() - INVOCATION_LOG_BYTES_MAX..],
                "writes of {size}"
            );
        }
    }

    #[test]
    fn half_a_secret_does_not_stay_at_the_beginning_of_what_is_kept() {
        let mask = LogMask::of(["very-secret"].into_iter()).expect("long enough");
        let mut tail = LogTail::default();
        tail.write(b"very-");
        tail.write(b"secret, and very-secret\n");
        tail.write(&vec![b'x'; INVOCATION_LOG_BYTES_MAX - 22]);
        let kept = tail.into_bytes(Some(&mask));
        let text = String::from_utf8_lossy(&kept);
        assert!(!text.contains("secret"), "{}", &text[..200]);
        assert!(
            text.contains("very") || text.contains("***\nxxx"),
            "{}",
            &text[..200]
        );
    }

    #[test]
    fn what_just_fits_is_whole() {
        let all = vec![b'x'; INVOCATION_LOG_BYTES_MAX];
        assert!(tail_of(&[&all]) == all);
    }

    #[test]
    fn nothing_is_allocated_for_a_guest_that_is_silent() {
        assert_eq!(LogTail::default().ring.capacity(), 0);
    }
}
