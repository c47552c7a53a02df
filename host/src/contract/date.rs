//! The `Date` of answers after the clock was set back.
//!
//! The server below this one keeps the date that it wrote last until the clock has passed it. Once the clock was set
//! back, it would go on saying when it was, by years if need be; and clients correct their own clocks by that. So the
//! clock is looked at each second, and while it is behind the latest time that it has shown, answers get their date
//! here. In all other time that costs them nothing.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use axum::response::Response;
use http::HeaderValue;
use http::header::DATE;
use tokio::time::{MissedTickBehavior, interval};

use crate::domain::times;

/// How long answers may have a date that is wrong.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The date of answers.
pub(crate) struct AnswerDate<C = fn() -> SystemTime> {
    clock: C,
    /// The latest time that the clock has shown, in seconds.
    latest: AtomicU64,
    is_behind: AtomicBool,
}

impl Default for AnswerDate {
    fn default() -> Self {
        Self::by(SystemTime::now)
    }
}

impl<C: Fn() -> SystemTime> AnswerDate<C> {
    pub(super) fn by(clock: C) -> Self {
        Self {
            clock,
            latest: AtomicU64::new(0),
            is_behind: AtomicBool::new(false),
        }
    }

    /// Looks at the clock for as long as it is polled.
    pub(super) async fn follow(&self) -> Infallible {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            self.look();
        }
    }

    fn look(&self) {
        self.saw((self.clock)());
    }

    /// Notes what the clock shows.
    pub(super) fn saw(&self, now: SystemTime) {
        let now = times::unix_ms(now) / 1_000;
        let latest = self.latest.fetch_max(now, Ordering::Relaxed);
        self.is_behind.store(now < latest, Ordering::Relaxed);
    }

    /// Dates an answer, where the server below would do so wrongly.
    pub(super) fn correct(&self, answer: &mut Response) {
        if self.is_behind.load(Ordering::Relaxed) {
            self.date(answer);
        }
    }

    #[cold]
    fn date(&self, answer: &mut Response) {
        if let Ok(date) = HeaderValue::try_from(times::http_date((self.clock)())) {
            answer.headers_mut().insert(DATE, date);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::UNIX_EPOCH;

    /// 1994-11-06 08:49:37.
    const THEN: u64 = 784_111_777;
    const YEAR: u64 = 365 * 24 * 60 * 60;

    fn dated<C: Fn() -> SystemTime>(date: &AnswerDate<C>) -> Option<String> {
        let mut answer = Response::default();
        date.correct(&mut answer);
        let date = answer.headers().get(DATE);
        date.map(|date| date.to_str().expect("ASCII").to_owned())
    }

    #[test]
    fn answers_have_the_date_of_a_clock_that_was_set_back_until_it_has_caught_up() {
        let now = Arc::new(AtomicU64::new(THEN + 30 * YEAR));
        let clock = Arc::clone(&now);
        let date =
            AnswerDate::by(move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed)));
        let at = |seconds| {
            now.store(seconds, Ordering::Relaxed);
            date.look();
            dated(&date)
        };
        assert_eq!(at(THEN + 30 * YEAR), None);
        let then = Some("Sun, 06 Nov 1994 08:49:37 GMT".to_owned());
        assert_eq!(at(THEN), then);
        let next = Some("Sun, 06 Nov 1994 08:49:38 GMT".to_owned());
        assert_eq!(at(THEN + 1), next);
        assert_eq!(at(THEN + 30 * YEAR), None);
        assert_eq!(at(THEN + 40 * YEAR), None);
        assert!(at(THEN + 40 * YEAR - 2).is_some(), "a small step counts");
    }

    #[tokio::test(start_paused = true)]
    async fn the_clock_is_looked_at_each_second() {
        let looks = AtomicU64::new(0);
        let date = AnswerDate::by(|| {
            looks.fetch_add(1, Ordering::Relaxed);
            UNIX_EPOCH
        });
        let followed = tokio::time::timeout(10 * LOOK_EVERY, date.follow());
        assert!(followed.await.is_err(), "it has no end");
        assert!((10..=11).contains(&looks.load(Ordering::Relaxed)));
    }
}
