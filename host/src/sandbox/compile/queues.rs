//! Whose turn it is to be checked, compiled or initialized.
//!
//! A component can be small and still take its compiler minutes, and an initialization runs a stranger's code. So
//! nobody has a place for as long as it likes: see [`Places`]. One that has to leave its place is ended with its
//! process, and begun anew when its turn comes; so what was ended takes no memory. What was checked waits in its process
//! while there is room for those that wait, and is begun anew otherwise. What one may use in all is bounded by the limits
//! of its process, each time that it is begun.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::compiling::{Step, Stop};
use super::meter::Meter;
use crate::deployer::{DeployFigures, Lane, Rejection};
use crate::limits;
use crate::turns::{Level, Places};

/// Places for each step.
pub(super) struct Queues {
    pub(super) checks: Queue,
    pub(super) compilations: Queue,
    pub(super) initializations: Queue,
    killed: AtomicU64,
}

/// Places for one step.
pub(super) struct Queue {
    places: Arc<Places>,
    bytes_per_second: u64,
    /// Whether time counts that the step spends waiting, as code of strangers may.
    counts_waiting: bool,
}

impl Default for Queues {
    fn default() -> Self {
        Self {
            checks: Queue::new(&limits::CHECK_LEVELS, 32 * MEGABYTE, false),
            compilations: Queue::new(&limits::COMPILE_LEVELS, MEGABYTE, false),
            initializations: Queue::new(&limits::INITIALIZE_LEVELS, MEGABYTE, true),
            killed: AtomicU64::new(0),
        }
    }
}

const MEGABYTE: u64 = 1024 * 1024;

impl Queue {
    /// Of one function one at a time.
    fn new(levels: &[(usize, Duration)], bytes_per_second: u64, counts_waiting: bool) -> Self {
        let levels = levels.iter().copied();
        let levels = levels.map(|(at_once, time)| Level { at_once, time });
        Self {
            places: Places::new(levels.collect(), 1),
            bytes_per_second,
            counts_waiting,
        }
    }

    /// What is to be expected of so much, as far as its size tells.
    fn expected(&self, bytes: u64) -> Duration {
        Duration::from_millis(bytes.saturating_mul(1_000) / self.bytes_per_second)
    }
}

impl Queues {
    /// Does `step`, for a component of so many bytes, when its turn comes: again where it had to leave its place, and
    /// once more where the system has killed its process.
    pub(super) async fn in_turn<'a, T>(
        &self,
        queue: &Queue,
        lane: &Lane,
        bytes: u64,
        step: impl Fn(Meter) -> Step<'a, T>,
    ) -> Result<T, Rejection> {
        let mut expected = queue.expected(bytes);
        let mut was_killed = false;
        loop {
            let place = queue.places.take(lane, expected).await;
            let meter = Meter::start();
            let counted = || match queue.counts_waiting {
                true => meter.passed(),
                false => meter.used(),
            };
            match place.hold(counted, step(meter.clone())).await {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(Stop::Rejected(rejection))) => return Err(rejection),
                Ok(Err(Stop::Killed(what))) if was_killed => return Err(killed_twice(&what)),
                Ok(Err(Stop::Killed(what))) => {
                    tracing::warn!(function = %lane.name, what, "a deploy is begun once more");
                    self.killed.fetch_add(1, Ordering::Relaxed);
                    was_killed = true;
                }
                Err(beyond) => {
                    let function = &lane.name;
                    tracing::info!(%function, ?beyond, "a deploy makes place for shorter ones");
                    expected = beyond;
                }
            }
        }
    }

    pub(super) fn figures(&self) -> DeployFigures {
        let stages = [
            ("check", &self.checks),
            ("compile", &self.compilations),
            ("initialize", &self.initializations),
        ];
        DeployFigures {
            stages: stages
                .map(|(name, queue)| (name, queue.places.figures()))
                .into(),
            killed: self.killed.load(Ordering::Relaxed),
        }
    }
}

fn killed_twice(what: &str) -> Rejection {
    Rejection::of_machine(format!(
        "{what} It was begun once more, and killed again. Most likely the machine has too little memory; the \
         system's log says so where it was for that. Deploy it again when there is more."
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::deployer::Fault;

    fn lane() -> Lane {
        Lane {
            owner: "somebody".into(),
            name: "greet".into(),
        }
    }

    /// The result of a step that is killed so many times, how often it was begun, and the figures.
    async fn killed(times: usize) -> (Result<&'static str, Rejection>, usize, u64) {
        let (queues, lane) = (Queues::default(), lane());
        let begun = Arc::new(AtomicUsize::new(0));
        let result = queues.in_turn(&queues.compilations, &lane, 1, |_| {
            let count = begun.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move {
                match count < times {
                    true => Err(Stop::Killed("It was killed.".into())),
                    false => Ok("done"),
                }
            })
        });
        let result = result.await;
        (
            result,
            begun.load(Ordering::Relaxed),
            queues.figures().killed,
        )
    }

    #[tokio::test]
    async fn what_the_system_kills_is_tried_once_more_and_then_told_as_killed() {
        assert_eq!(killed(0).await, (Ok("done"), 1, 0));
        assert_eq!(killed(1).await, (Ok("done"), 2, 1));
        let (result, begun, _) = killed(2).await;
        let rejection = result.expect_err("killed");
        assert_eq!((rejection.fault, begun), (Fault::Machine, 2));
        assert!(rejection.reason.contains("killed again"), "{rejection}");
    }

    #[tokio::test]
    async fn a_rejection_is_told_at_once() {
        let queues = Queues::default();
        let rejected = || Stop::from(Rejection::of_code("It is empty."));
        let result: Result<(), _> = queues
            .in_turn(&queues.checks, &lane(), 1, |_| {
                Box::pin(async move { Err(rejected()) })
            })
            .await;
        assert_eq!(result, Err(Rejection::of_code("It is empty.")));
    }
}
