//! Things that wait, shared between threads, and the task that lets go of those that have waited for too long.

use std::hash::Hash;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use super::{Bounds, Waiting};
use crate::domain::Lock;

/// Things that wait. No lock is held while one is dropped.
pub(in crate::sandbox) struct Swept<K, T> {
    waiting: Lock<State<K, T>>,
    interval: Duration,
    elsewhere: Handle,
}

struct State<K, T> {
    waiting: Waiting<K, T>,
    /// Whether a task looks after them; there is none while there are none.
    is_swept: bool,
}

impl<K, T> Swept<K, T>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Send + 'static,
{
    /// None yet. Those that come are looked after in this interval, by tasks of `elsewhere`.
    pub(in crate::sandbox) fn new(bounds: Bounds, interval: Duration, elsewhere: Handle) -> Self {
        Self {
            waiting: Lock::new(State {
                waiting: Waiting::new(bounds),
                is_swept: false,
            }),
            interval,
            elsewhere,
        }
    }

    /// Keeps a thing of this owner.
    pub(in crate::sandbox) fn put(self: &Arc<Self>, owner: K, thing: T) {
        let mut state = self.waiting.lock();
        let gives_way = state.waiting.put(owner, thing, Instant::now());
        let was_swept = std::mem::replace(&mut state.is_swept, true);
        drop(state);
        drop(gives_way);
        if !was_swept {
            self.elsewhere
                .spawn(sweep(Arc::downgrade(self), self.interval));
        }
    }

    /// What comes of looking at those that wait; what is taken out is dropped by who takes it.
    pub(in crate::sandbox) fn with<R>(&self, look: impl FnOnce(&mut Waiting<K, T>) -> R) -> R {
        look(&mut self.waiting.lock().waiting)
    }

    /// Drops those that have waited for too long; `false` where none is left to look after.
    fn drop_late(&self) -> bool {
        let mut state = self.waiting.lock();
        let late = state.waiting.take_late(Instant::now());
        state.is_swept = !state.waiting.is_empty();
        let is_swept = state.is_swept;
        drop(state);
        drop(late);
        is_swept
    }
}

async fn sweep<K, T>(waiting: Weak<Swept<K, T>>, interval: Duration)
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Send + 'static,
{
    loop {
        sleep(interval).await;
        match waiting.upgrade() {
            Some(waiting) if waiting.drop_late() => {}
            Some(_) | None => return,
        }
    }
}
