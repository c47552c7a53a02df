//! Code that runs before anybody has called: initializations for snapshots, and of provisioned sandboxes.
//!
//! They count like invocations, so that an account runs no more at once than it may, whatever runs it. They wait, and
//! refuse nobody for having waited.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Admission, Gate};
use crate::domain::FunctionName;

/// What an initialization may take of what there is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Initializing<'a> {
    /// What all functions share, or else what is set aside for its function and runs nothing.
    Function(&'a FunctionName),
    /// What all functions share and nothing else: it can be done without.
    Surplus,
}

impl Gate {
    /// Lets an initialization begin, if there is room. Also once the gate is closed: it is no call that anybody waits for.
    pub(crate) fn initialize(&self, what: Initializing<'_>) -> Option<Admission> {
        let shared = &self.shared;
        let apart = match (shared.take_shared(), what) {
            (true, _) => None,
            (false, Initializing::Function(name)) => {
                let places = shared.reservations.ask_ahead(name)?;
                shared.running_apart.fetch_add(1, Ordering::SeqCst);
                Some(places)
            }
            (false, Initializing::Surplus) => return None,
        };
        // After it is counted, so that no call is overlooked by whoever waits for all of them.
        shared.initializing.fetch_add(1, Ordering::SeqCst);
        Some(Admission {
            shared: Arc::clone(shared),
            apart,
            is_provisioned: false,
            is_initialization: true,
        })
    }

    /// Waits until there may be room for what found none, and takes the time off its `patience`; `false` once there is
    /// none left of that.
    pub(crate) async fn wait_to_initialize(
        &self,
        what: Initializing<'_>,
        patience: &mut Duration,
    ) -> bool {
        let began = Instant::now();
        let has_room = timeout(*patience, self.room_to_initialize(what)).await;
        *patience = patience.saturating_sub(began.elapsed());
        has_room.is_ok()
    }

    async fn room_to_initialize(&self, what: Initializing<'_>) {
        let _waiting = Waiting::among(&self.shared.waiting);
        loop {
            let mut left = pin!(self.shared.left.notified());
            // Registered before it is tried, so that nobody who leaves is missed.
            left.as_mut().enable();
            if self.initialize(what).is_some() {
                return;
            }
            left.await;
        }
    }
}

/// One that waits for somebody to leave.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn among(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
