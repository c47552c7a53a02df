//! A few places for many who wait for one: see [`Fair`] for who is next.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::fair::{Fair, Lane, Level};
use crate::domain::Lock;

/// How often those who have a place are looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Places, and those who wait for one.
#[derive(Debug)]
pub(crate) struct Places {
    state: Lock<State>,
    /// How often one had to leave before it was done.
    lost: AtomicU64,
}

#[derive(Debug)]
struct State {
    fair: Fair,
    told: HashMap<u64, oneshot::Sender<()>>,
}

/// A place, or the wish for one; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    id: u64,
}

/// How many there are of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlaceFigures {
    /// Who wait for a place.
    pub waiting: usize,
    /// Who have one.
    pub served: usize,
    /// How often one lost its place before it was done.
    pub lost: u64,
}

impl Places {
    /// Places on these levels, of which one lane has at most `per_lane_max`.
    pub(crate) fn new(levels: Vec<Level>, per_lane_max: usize) -> Arc<Self> {
        Arc::new(Self {
            state: Lock::new(State {
                fair: Fair::new(levels, per_lane_max),
                told: HashMap::new(),
            }),
            lost: AtomicU64::new(0),
        })
    }

    /// So many places for whatever time they are needed, in turns.
    pub(crate) fn without_levels(at_once: usize, per_lane_max: usize) -> Arc<Self> {
        let time = Duration::ZERO;
        Self::new(vec![Level { at_once, time }], per_lane_max)
    }

    /// Waits for a place for what is expected to take so long.
    pub(crate) async fn take(self: &Arc<Self>, lane: &Lane, expected: Duration) -> Place {
        let (tell, told) = oneshot::channel();
        let place = {
            let mut state = self.state.lock();
            let id = state.fair.ask(lane.clone(), expected);
            state.told.insert(id, tell);
            state.serve();
            let places = Arc::clone(self);
            Place { places, id }
        };
        // What tells it is kept for as long as it waits.
        let _ = told.await;
        place
    }

    pub(crate) fn figures(&self) -> PlaceFigures {
        let state = self.state.lock();
        PlaceFigures {
            waiting: state.fair.waiting(),
            served: state.fair.served(),
            lost: self.lost.load(Ordering::Relaxed),
        }
    }
}

impl State {
    fn serve(&mut self) {
        while let Some(id) = self.fair.serve() {
            if let Some(tell) = self.told.remove(&id) {
                // Whoever has left meanwhile is about to give the place back.
                let _ = tell.send(());
            }
        }
    }
}

impl Place {
    /// Does `work` in this place, which has used so much of its time. `Err` where the place had to be left before
    /// it was done, with what to expect of it the next time; the work was dropped then.
    pub(crate) async fn hold<T>(
        self,
        used: impl Fn() -> Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, Duration> {
        let mut work = pin!(work);
        loop {
            if let Ok(done) = timeout(LOOK_INTERVAL, work.as_mut()).await {
                return Ok(done);
            }
            let used = used();
            let mut state = self.places.state.lock();
            if !state.fair.may_go_on(self.id, used) {
                self.places.lost.fetch_add(1, Ordering::Relaxed);
                return Err(state.fair.expected_after(used));
            }
            // It may have risen, and made room.
            state.serve();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.places.state.lock();
        state.told.remove(&self.id);
        state.fair.leave(self.id);
        state.serve();
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn lane(name: &str) -> Lane {
        Lane {
            owner: "a".into(),
            name: name.into(),
        }
    }

    fn levels() -> Vec<Level> {
        let level = |at_once, time| Level { at_once, time };
        vec![level(2, SECOND), level(1, SECOND * 10)]
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_ends_makes_place_for_what_does_and_is_tried_again() {
        let places = Places::new(levels(), 1);
        let tries = Arc::new(Semaphore::new(0));
        let spinning = ["1", "2", "3"].map(|name| {
            let (places, tries) = (Arc::clone(&places), Arc::clone(&tries));
            tokio::spawn(async move {
                let mut expected = SECOND;
                loop {
                    let place = places.take(&lane(name), expected).await;
                    tries.add_permits(1);
                    let started = tokio::time::Instant::now();
                    let never = std::future::pending::<()>();
                    expected = match place.hold(|| started.elapsed(), never).await {
                        Ok(()) => return,
                        Err(expected) => expected,
                    };
                }
            })
        });
        tries.acquire_many(2).await.expect("open").forget();
        let short = places.take(&lane("short"), SECOND / 10).await;
        assert_eq!(short.hold(|| Duration::ZERO, async { 7 }).await, Ok(7));
        // All three have had a try.
        tries.acquire().await.expect("open").forget();
        let figures = places.figures();
        assert!(figures.lost >= 1 && figures.served == 2, "{figures:?}");
        spinning.iter().for_each(|task| task.abort());
        for task in spinning {
            assert!(task.await.is_err());
        }
        let figures = places.figures();
        assert_eq!((figures.waiting, figures.served), (0, 0));
    }

    #[tokio::test]
    async fn whoever_leaves_while_it_waits_takes_nothing_along() {
        let places = Places::without_levels(1, 1);
        let held = places.take(&lane("held"), SECOND).await;
        let waiting = tokio::spawn({
            let places = Arc::clone(&places);
            async move { drop(places.take(&lane("leaves"), SECOND).await) }
        });
        while places.figures().waiting == 0 {
            tokio::task::yield_now().await;
        }
        waiting.abort();
        assert!(waiting.await.is_err());
        assert_eq!(places.figures().waiting, 0);
        drop(held);
        let next = places.take(&lane("next"), SECOND).await;
        drop(next);
        assert_eq!(places.figures().served, 0);
    }
}
