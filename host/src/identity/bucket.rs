//! How many requests come in a second: tokens that return at a rate, up to as many as a bucket holds.

use std::time::Instant;

use super::file::RateEntry;
use crate::domain::Lock;

/// How fast tokens return, and how many there may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    pub(super) per_second: f64,
    pub(super) burst: f64,
}

impl Rate {
    /// The rate that an entry of the file of keys is.
    ///
    /// # Errors
    /// For one at which nothing would ever return, or nothing could be taken.
    pub(super) fn of(entry: RateEntry) -> Result<Self, String> {
        let rate = Self {
            per_second: entry.per_second,
            burst: entry.burst.unwrap_or(entry.per_second.max(1.0)),
        };
        let is_sound = |number: f64, least: f64| number.is_finite() && number >= least;
        match is_sound(rate.per_second, f64::MIN_POSITIVE) && is_sound(rate.burst, 1.0) {
            true => Ok(rate),
            false => Err("its rate needs a per_second above 0, and a burst of 1 at least".into()),
        }
    }
}

/// The tokens of one who asks, full until the first time.
#[derive(Debug, Default)]
pub(super) struct Tokens(Lock<Option<Bucket>>);

impl Tokens {
    /// Takes one, where there is one.
    pub(super) fn take(&self, rate: Rate) -> bool {
        let now = Instant::now();
        let mut bucket = self.0.lock();
        let bucket = bucket.get_or_insert_with(|| Bucket::of(rate, now));
        bucket.take(rate, now)
    }
}

/// The tokens that are left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    tokens: f64,
    counted: Instant,
}

impl Bucket {
    /// A full one.
    pub(super) fn of(rate: Rate, now: Instant) -> Self {
        Self {
            tokens: rate.burst,
            counted: now,
        }
    }

    /// Takes a token, where there is one.
    pub(super) fn take(&mut self, rate: Rate, now: Instant) -> bool {
        self.refill(rate, now);
        let is_there = self.tokens >= 1.0;
        if is_there {
            self.tokens -= 1.0;
        }
        is_there
    }

    /// Whether all that were taken have returned.
    pub(super) fn is_full(&mut self, rate: Rate, now: Instant) -> bool {
        self.refill(rate, now);
        self.tokens >= rate.burst
    }

    fn refill(&mut self, rate: Rate, now: Instant) {
        let passed = now.saturating_duration_since(self.counted).as_secs_f64();
        self.tokens = (self.tokens + passed * rate.per_second).min(rate.burst);
        self.counted = now.max(self.counted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn tokens_return_at_their_rate_and_no_more_are_kept_than_fit() {
        let rate = Rate {
            per_second: 2.0,
            burst: 3.0,
        };
        let start = Instant::now();
        let mut bucket = Bucket::of(rate, start);
        let mut taken = |now| (0..10).filter(|_| bucket.take(rate, now)).count();
        assert_eq!(taken(start), 3);
        assert_eq!(taken(start + Duration::from_millis(400)), 0);
        assert_eq!(taken(start + Duration::from_millis(1_500)), 3);
        assert_eq!(taken(start + Duration::from_secs(900)), 3);
        // A clock that is read on two threads may seem to go back.
        assert_eq!(taken(start), 0);
        assert!(!bucket.is_full(rate, start + Duration::from_secs(901)));
        assert!(bucket.is_full(rate, start + Duration::from_secs(902)));
    }
}
