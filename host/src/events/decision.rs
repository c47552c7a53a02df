//! What happens to an event after an attempt: pure decisions, without a clock or a lock.
//!
//! ```text
//!              ┌──── not run: again in 1 s … 5 min ────┐
//!              ▼                                       │
//! accepted ─▶ waiting ──────▶ attempt ─────────────────┤
//!              ▲                 │ │                   │
//!              │                 │ └─ function error, retries left: again in 1 min, 2 min
//!              │                 │
//!              │  success ───────┼───▶ gone, or delivering where OnSuccess names a target
//!              │  failure ───────┼───▶ delivering, where OnFailure or a dead-letter queue is named
//!              │                 └───▶ dead, where there is none
//!           redrive
//!              │      delivering ──▶ gone when all targets have it, dead when one cannot be reached
//!              └────── dead ──▶ gone: purged, or after 14 days
//! ```
//!
//! A failure is the last retry that failed, an event that would be too old at its next attempt, or a
//! function that may not run at all. An event is never in two of these states, on disk as here.

use std::time::Duration;

use super::event::Condition;
use crate::domain::attachments::EventInvoke;
use crate::domain::times::milliseconds;
use crate::turns::{BACKOFF_MAX, backoff_ms};

/// Retries after function errors where the owner says nothing, as AWS documents it.
const RETRIES_MAX: u32 = 2;

/// Age of an event where the owner says nothing, as AWS documents it.
const AGE_SECONDS_MAX: u32 = 21_600;

/// How long an event waits after its first and its second function error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryDelays(pub [Duration; 2]);

impl Default for RetryDelays {
    /// One minute and two, as AWS documents it.
    fn default() -> Self {
        Self([Duration::from_secs(60), Duration::from_secs(120)])
    }
}

impl RetryDelays {
    /// The longest that any event waits, whatever it waits for.
    pub(super) fn wait_ms_max(self) -> u64 {
        let [first, second] = self.0;
        milliseconds(first.max(second).max(BACKOFF_MAX))
    }

    /// After the `runs`th run.
    fn after(self, runs: u32) -> u64 {
        milliseconds(self.0[usize::from(runs > 1)])
    }
}

/// What the owner of a function says about its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) retries_max: u32,
    pub(super) age_ms_max: u64,
    pub(super) delays: RetryDelays,
}

impl Policy {
    pub(super) fn of(config: Option<&EventInvoke>, delays: RetryDelays) -> Self {
        let retries = config.and_then(|config| config.retries_max);
        let age = config.and_then(|config| config.age_seconds_max);
        Self {
            retries_max: retries.unwrap_or(RETRIES_MAX),
            age_ms_max: u64::from(age.unwrap_or(AGE_SECONDS_MAX)) * 1_000,
            delays,
        }
    }

    /// Whether an event that was accepted then is too old at `at_ms`.
    pub(super) fn is_too_old(&self, accepted_ms: u64, at_ms: u64) -> bool {
        at_ms.saturating_sub(accepted_ms) > self.age_ms_max
    }
}

/// What an event does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It has ended.
    End(Condition),
    /// It runs again at `due_ms`.
    Again {
        /// Unix time.
        due_ms: u64,
    },
}

/// After the `runs`th run of the function, at `now_ms`.
pub(super) fn after_run(
    policy: &Policy,
    accepted_ms: u64,
    runs: u32,
    failed: bool,
    now_ms: u64,
) -> Next {
    if !failed {
        return Next::End(Condition::Success);
    }
    if runs > policy.retries_max {
        return Next::End(Condition::RetriesExhausted);
    }
    again(policy, accepted_ms, now_ms + policy.delays.after(runs))
}

/// After the `tries`th attempt in a row that did not run: throttled, or failed by the host.
pub(super) fn after_refusal(policy: &Policy, accepted_ms: u64, tries: u32, now_ms: u64) -> Next {
    again(policy, accepted_ms, now_ms + backoff_ms(tries))
}

/// An event that would be too old at its next attempt, or as old as it may be, ends now.
fn again(policy: &Policy, accepted_ms: u64, due_ms: u64) -> Next {
    match due_ms.saturating_sub(accepted_ms) >= policy.age_ms_max {
        true => Next::End(Condition::EventAgeExceeded),
        false => Next::Again { due_ms },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn policy(retries: Option<u32>, age_seconds: Option<u32>) -> Policy {
        let config = EventInvoke {
            last_modified: UNIX_EPOCH,
            retries_max: retries,
            age_seconds_max: age_seconds,
            on_success: None,
            on_failure: None,
        };
        Policy::of(Some(&config), RetryDelays::default())
    }

    #[test]
    fn a_failing_function_runs_three_times_a_minute_and_then_two_apart() {
        let policy = Policy::of(None, RetryDelays::default());
        let after = |runs| after_run(&policy, 0, runs, true, 1_000);
        assert_eq!(after(1), Next::Again { due_ms: 61_000 });
        assert_eq!(after(2), Next::Again { due_ms: 121_000 });
        assert_eq!(after(3), Next::End(Condition::RetriesExhausted));
    }

    #[test]
    fn a_function_that_returns_ends_its_event_whatever_went_before() {
        let policy = policy(Some(0), Some(60));
        for runs in 1..4 {
            let next = after_run(&policy, 0, runs, false, 10_000_000);
            assert_eq!(next, Next::End(Condition::Success));
        }
    }

    #[test]
    fn the_owner_chooses_how_often_it_is_run_again() {
        let ends = |retries| {
            let policy = policy(Some(retries), None);
            (1..5).find(|runs| {
                after_run(&policy, 0, *runs, true, 0) == Next::End(Condition::RetriesExhausted)
            })
        };
        assert_eq!((ends(0), ends(1), ends(2)), (Some(1), Some(2), Some(3)));
    }

    #[test]
    fn an_event_that_would_be_too_old_at_its_next_attempt_ends_now() {
        let policy = policy(None, Some(60));
        let end = Next::End(Condition::EventAgeExceeded);
        // A minute after the first run is a minute of age, however quick that was.
        assert_eq!(after_run(&policy, 0, 1, true, 0), end);
        assert_eq!(after_refusal(&policy, 0, 1, 59_000), end);
        let again = Next::Again { due_ms: 59_999 };
        assert_eq!(after_refusal(&policy, 0, 1, 58_999), again);
        assert!(!policy.is_too_old(0, 60_000));
        assert!(policy.is_too_old(0, 60_001));
    }

    #[test]
    fn refusals_use_up_no_retries() {
        let policy = policy(Some(0), None);
        let next = after_refusal(&policy, 0, 12, 0);
        assert_eq!(next, Next::Again { due_ms: 300_000 });
    }
}
