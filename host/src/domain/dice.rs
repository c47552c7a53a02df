//! Numbers for tests that look random, and are the same in each run.

/// What comes next follows from what came before.
pub(crate) struct Dice(u64);

impl Dice {
    /// Those of a seed. 0 has none of its own.
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// A number from 0 on.
    pub(crate) fn below(&mut self, sides: usize) -> usize {
        // The generator of Marsaglia, with his shifts. Its upper bits are better than its lower ones.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 32) % sides as u64).expect("it is less than a usize")
    }

    pub(crate) fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}
