//! The time that an initialization has had: all that has passed, but for what it wanted a processor and the machine
//! had none for it. A guest that sleeps has its time, one that is kept waiting has not.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::time::{Instant, timeout};

/// Something was not over in its time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Overdue {
    /// What has passed since it began.
    pub(super) passed: Duration,
    /// Processor time that it has used.
    pub(super) used: Duration,
    /// Whether it had all of its time; else the machine was too busy to give it that until the deadline.
    pub(super) had_its_time: bool,
}

/// Does `work`, which is done on this thread, until it has had `duration_max`, or until `deadline`.
pub(super) async fn within<T>(
    duration_max: Duration,
    deadline: Instant,
    work: impl Future<Output = T>,
) -> Result<T, Overdue> {
    let mut work = pin!(work);
    let (kept_waiting, used) = (Cell::new(Duration::ZERO), Cell::new(Duration::ZERO));
    let mut metered = pin!(poll_fn(|context| {
        let (began, begun_at) = (Instant::now(), thread_time());
        let polled = work.as_mut().poll(context);
        let worked = thread_time().saturating_sub(begun_at);
        let waited = began.elapsed().saturating_sub(worked);
        used.set(used.get() + worked);
        kept_waiting.set(kept_waiting.get() + waited);
        polled
    }));
    let started = Instant::now();
    loop {
        let passed = started.elapsed();
        let had = passed.saturating_sub(kept_waiting.get());
        let (had_its_time, is_late) = (had >= duration_max, Instant::now() >= deadline);
        if had_its_time || is_late {
            return Err(Overdue {
                passed,
                used: used.get(),
                had_its_time,
            });
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let left = left.min(duration_max.saturating_sub(had));
        if let Ok(done) = timeout(left, metered.as_mut()).await {
            return Ok(done);
        }
    }
}

/// Processor time of this thread.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    fn far() -> Instant {
        Instant::now() + Duration::from_secs(3_600)
    }

    async fn spin() {
        loop {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_spins_or_sleeps_has_its_time_and_no_more() {
        assert_eq!(within(SHORT, far(), async { 7 }).await.ok(), Some(7));
        let overdue = within(SHORT, far(), spin()).await.expect_err("it spins");
        assert!(
            overdue.had_its_time && overdue.used > Duration::ZERO,
            "{overdue:?}"
        );
        let sleeping = std::future::pending::<()>();
        let overdue = within(SHORT, far(), sleeping).await.expect_err("it sleeps");
        assert!(
            overdue.had_its_time && overdue.passed >= SHORT,
            "{overdue:?}"
        );
    }

    #[tokio::test]
    async fn what_is_kept_waiting_goes_on_until_the_deadline() {
        // A thread that is made to stand still uses no processor, as one that the machine has none for.
        let kept_waiting = async {
            loop {
                std::thread::sleep(SHORT);
                tokio::task::yield_now().await;
            }
        };
        let deadline = Instant::now() + 40 * SHORT;
        let overdue = within(10 * SHORT, deadline, kept_waiting).await;
        let overdue = overdue.expect_err("it does not end");
        assert!(!overdue.had_its_time, "{overdue:?}");
    }
}
