//! Numbers and bytes that follow from one number (SplitMix64).

use std::time::{SystemTime, UNIX_EPOCH};

/// A number to begin with, another one each time.
pub(super) fn seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    // Small enough to be typed, and to be counted on from.
    now.map_or(1, |now| now.as_secs() % 1_000_000_000 * 1_000)
}

/// What follows from a number.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn of(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One below `bound`, which is not 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        usize::try_from(self.next() % bound).expect("less than a size")
    }

    pub(super) fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let numbers = std::iter::repeat_with(|| self.next().to_le_bytes());
        numbers.flatten().take(count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_follows_from_the_same_number() {
        let bytes = |seed| Random::of(seed).bytes(20);
        assert_eq!(bytes(7), bytes(7));
        assert_ne!(bytes(7), bytes(8));
        assert_eq!(bytes(7).len(), 20);
    }
}
