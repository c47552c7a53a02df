//! Who may run now: every invocation is counted from before it starts until it has ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::domain::{Refusal, Throttle};

/// Counts running invocations against the bound of the account.
#[derive(Clone)]
pub struct Gate {
    shared: Arc<Shared>,
}

struct Shared {
    running: AtomicUsize,
    running_max: usize,
    closed: AtomicBool,
    left: Notify,
}

/// The right to run one invocation: held while it runs, given back when it is dropped.
pub struct Admission {
    shared: Arc<Shared>,
    is_provisioned: bool,
}

impl Admission {
    /// This admission, as one to the version's provisioned concurrency: its invocation gets a
    /// sandbox that was prepared ahead, where one waits.
    #[must_use]
    pub fn provisioned(mut self) -> Self {
        self.is_provisioned = true;
        self
    }

    /// Whether it is one to provisioned concurrency.
    pub fn is_provisioned(&self) -> bool {
        self.is_provisioned
    }
}

impl Gate {
    /// A gate that lets `running_max` in at once.
    pub fn new(running_max: u32) -> Self {
        Self {
            shared: Arc::new(Shared {
                running: AtomicUsize::new(0),
                running_max: running_max as usize,
                closed: AtomicBool::new(false),
                left: Notify::new(),
            }),
        }
    }

    /// Lets one more in.
    ///
    /// # Errors
    /// [`Refusal::TooManyInvocations`] where as many run as may, [`Refusal::ShuttingDown`] once the
    /// gate is closed.
    pub fn enter(&self) -> Result<Admission, Refusal> {
        let shared = &self.shared;
        shared
            .running
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |running| {
                (running < shared.running_max).then_some(running + 1)
            })
            .map_err(|_| Refusal::TooManyInvocations(Throttle::Account))?;
        let admission = Admission {
            shared: Arc::clone(shared),
            is_provisioned: false,
        };
        // Looked at after it was counted, so that whoever closes the gate waits for it; where it is
        // refused, the admission takes itself back.
        match shared.closed.load(Ordering::SeqCst) {
            true => Err(Refusal::ShuttingDown),
            false => Ok(admission),
        }
    }

    /// How many run now.
    pub fn running(&self) -> usize {
        self.shared.running.load(Ordering::SeqCst)
    }

    /// Lets nobody in any more.
    pub fn close(&self) {
        self.shared.closed.store(true, Ordering::SeqCst);
    }

    /// Closes the gate and waits until nobody is left inside.
    pub async fn close_and_empty(&self) {
        self.close();
        loop {
            let mut left = std::pin::pin!(self.shared.left.notified());
            // Registered before the count is read, so that the last one to leave is not missed.
            left.as_mut().enable();
            if self.running() == 0 {
                return;
            }
            left.await;
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let was_last = self.shared.running.fetch_sub(1, Ordering::SeqCst) == 1;
        if was_last && self.shared.closed.load(Ordering::SeqCst) {
            self.shared.left.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_enter_as_may_run_and_a_place_given_back_is_free_at_once() {
        let gate = Gate::new(2);
        let first = gate.enter().unwrap();
        let _second = gate.enter().unwrap();
        assert_eq!(
            gate.enter().err(),
            Some(Refusal::TooManyInvocations(Throttle::Account))
        );
        drop(first);
        assert!(gate.enter().is_ok());
        assert_eq!(gate.running(), 1);
    }

    #[tokio::test]
    async fn a_closed_gate_refuses_and_waits_for_those_inside() {
        let gate = Gate::new(2);
        let inside = gate.enter().unwrap();
        gate.close();
        assert_eq!(gate.enter().err(), Some(Refusal::ShuttingDown));
        let waiting = tokio::spawn({
            let gate = gate.clone();
            async move { gate.close_and_empty().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(inside);
        waiting.await.unwrap();
    }
}
