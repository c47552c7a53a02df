//! What is known of an invocation beside its guest, and the report that is made of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{FunctionError, Outcome, Report};
use crate::sandbox::guest::trap::Bounds;
use crate::sandbox::reach::grants::Granted;
use crate::sandbox::reach::outbound::FunctionLessons;
use crate::sandbox::vitals::Vitals;

/// An invocation that has begun.
pub(in crate::sandbox) struct Record {
    pub(super) vitals: Arc<Vitals>,
    pub(super) bounds: Bounds,
    pub(super) started: Instant,
    pub(super) deadline: Instant,
    pub(super) granted: Option<Arc<Granted>>,
    /// What is to be learned of the requests of its function, where that is wanted.
    pub(super) lessons: Option<FunctionLessons>,
    /// Why its sandbox does not start from a state of its function, where its function is sources.
    pub(super) not_kept: Option<String>,
    /// Whether its sandbox was made of a snapshot.
    pub(super) is_restored: bool,
    /// How long loading took, where this invocation had to do it.
    pub(super) loading: Option<Duration>,
    /// How long its sandbox took to be prepared, where this is its first invocation.
    pub(super) preparation: Option<Duration>,
}

impl Record {
    /// What is told of an invocation that ended so, after so long, setting up among it.
    pub(super) fn report(
        &self,
        outcome: Outcome,
        set_up: Option<Duration>,
        elapsed: Duration,
    ) -> Report {
        if let Some(news) = self.lessons.as_ref().and_then(FunctionLessons::news) {
            self.vitals.write_log_lines(&news);
        }
        if let Some(reason) = &self.not_kept {
            self.vitals
                .write_log_lines(&format!("Not started from a kept state: {reason}"));
        }
        let mask = self.granted.as_ref().and_then(|granted| granted.mask());
        let log = self.vitals.take_log(mask);
        let readying = sum(self.loading, set_up);
        let timed_out = matches!(outcome, Outcome::Failed(FunctionError::TimedOut { .. }));
        Report {
            // As AWS has it: what ran into its timeout took exactly that long.
            duration: match timed_out {
                true => self.bounds.timeout,
                false => elapsed.saturating_sub(set_up.unwrap_or_default()),
            },
            init_duration: readying.filter(|_| !self.is_restored),
            restore_duration: readying.filter(|_| self.is_restored),
            preparation: self.preparation,
            memory_bytes_peak: self.vitals.budget().peak_bytes(),
            log,
            ..Report::of(outcome)
        }
    }
}

fn sum(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}
