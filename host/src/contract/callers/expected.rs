//! How large answers will be, as far as those before tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::domain::Version;
use crate::limits::SMALL_BYTES_MAX;

/// Places for versions. Two that share one make each other's answers expected, which costs room and no more.
const PLACES: usize = 4_096;

/// An answer that is smaller than those before moves what is expected by one of so many parts of the way.
const DECAY: u32 = 8;

/// The sizes of large answers, by version. No call waits for another one's here.
#[derive(Debug)]
pub(crate) struct ExpectedAnswers(Box<[AtomicU32]>);

/// An answer that is not there yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::contract) struct Expected {
    bytes: u32,
    place: usize,
}

impl Default for ExpectedAnswers {
    fn default() -> Self {
        Self((0..PLACES).map(|_| AtomicU32::new(0)).collect())
    }
}

impl ExpectedAnswers {
    /// The next answer of this version.
    pub(in crate::contract) fn of(&self, version: &Arc<Version>) -> Expected {
        // The address of a version tells it apart for as long as it can be called, which is long enough.
        let place = (Arc::as_ptr(version).addr() / size_of::<Version>()) % PLACES;
        Expected {
            bytes: self.0[place].load(Ordering::Relaxed),
            place,
        }
    }

    /// Notes an answer that was expected in this way.
    pub(in crate::contract) fn note(&self, expected: Expected, bytes: usize) {
        let Expected {
            bytes: expected,
            place,
        } = expected;
        if expected == 0 && bytes <= SMALL_BYTES_MAX {
            return;
        }
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let next = match bytes >= expected {
            true => bytes,
            false => expected - (expected - bytes).div_ceil(DECAY),
        };
        let next = if next as usize <= SMALL_BYTES_MAX {
            0
        } else {
            next
        };
        self.0[place].store(next, Ordering::Relaxed);
    }
}

impl Expected {
    /// Its bytes; none where answers of the version are small.
    pub(in crate::contract) fn bytes(self) -> usize {
        self.bytes as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    #[test]
    fn large_answers_make_large_ones_expected_until_they_stay_away() {
        let expected = ExpectedAnswers::default();
        let version = Arc::new(samples::version("greet"));
        let note = |bytes| expected.note(expected.of(&version), bytes);
        let bytes = || expected.of(&version).bytes();
        note(SMALL_BYTES_MAX);
        assert_eq!(bytes(), 0);
        note(6_000_000);
        assert_eq!(bytes(), 6_000_000);
        note(0);
        assert_eq!(bytes(), 5_250_000);
        for _ in 0..100 {
            note(0);
        }
        assert_eq!(bytes(), 0);
    }
}
