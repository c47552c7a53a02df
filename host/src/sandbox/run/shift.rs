//! Where a guest runs. Most end within a fraction of a millisecond, on the thread that serves their
//! caller: no hand-over, no wake-up. One that does not is moved to threads of lower priority, where
//! it can neither delay other callers nor the timers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::guest_run::Ended;
use crate::sandbox::vitals::Vitals;

/// A running guest, wherever it lives.
pub(super) type Guest = Pin<Box<dyn Future<Output = Ended> + Send>>;

/// Runs a guest here first and elsewhere when it takes long.
pub(super) struct Shift<'a> {
    whereabouts: Whereabouts,
    vitals: &'a Vitals,
    deadline: Instant,
    elsewhere: &'a Handle,
}

enum Whereabouts {
    Here(Guest),
    Elsewhere(JoinHandle<Option<Ended>>),
    Gone,
}

/// Why a guest gave no end.
#[derive(Debug)]
pub(super) enum Lost {
    /// A call into the host panicked.
    Panicked,
    /// Its time was up.
    TimedOut,
    /// Nobody reads its response any more.
    Unread,
}

impl<'a> Shift<'a> {
    pub(super) fn new(
        guest: Guest,
        vitals: &'a Vitals,
        deadline: Instant,
        elsewhere: &'a Handle,
    ) -> Self {
        Self {
            whereabouts: Whereabouts::Here(guest),
            vitals,
            deadline,
            elsewhere,
        }
    }

    fn poll_here(&mut self, context: &mut Context<'_>) -> Poll<Result<Ended, Lost>> {
        let Whereabouts::Here(guest) = &mut self.whereabouts else {
            return Poll::Pending;
        };
        let polled = catch_unwind(AssertUnwindSafe(|| guest.as_mut().poll(context)));
        let Ok(polled) = polled else {
            self.whereabouts = Whereabouts::Gone;
            return Poll::Ready(Err(Lost::Panicked));
        };
        if let Poll::Ready(ended) = polled {
            self.whereabouts = Whereabouts::Gone;
            return Poll::Ready(Ok(ended));
        }
        if self.vitals.ticked.load(Ordering::Relaxed) {
            self.move_away();
            return self.poll_elsewhere(context);
        }
        Poll::Pending
    }

    /// Moves the guest to the other threads.
    pub(super) fn move_away(&mut self) {
        self.vitals.ticked.store(true, Ordering::Relaxed);
        if let Whereabouts::Here(guest) =
            std::mem::replace(&mut self.whereabouts, Whereabouts::Gone)
        {
            let deadline = self.deadline;
            let task = self
                .elsewhere
                .spawn(async move { timeout_at(deadline, guest).await.ok() });
            self.whereabouts = Whereabouts::Elsewhere(task);
        }
    }

    fn poll_elsewhere(&mut self, context: &mut Context<'_>) -> Poll<Result<Ended, Lost>> {
        let Whereabouts::Elsewhere(task) = &mut self.whereabouts else {
            return Poll::Pending;
        };
        let Poll::Ready(joined) = Pin::new(task).poll(context) else {
            return Poll::Pending;
        };
        self.whereabouts = Whereabouts::Gone;
        Poll::Ready(match joined {
            Ok(Some(ended)) => Ok(ended),
            Ok(None) => Err(Lost::TimedOut),
            Err(_) => Err(Lost::Panicked),
        })
    }
}

impl Future for Shift<'_> {
    type Output = Result<Ended, Lost>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.whereabouts {
            Whereabouts::Here(_) => self.poll_here(context),
            Whereabouts::Elsewhere(_) => self.poll_elsewhere(context),
            Whereabouts::Gone => Poll::Pending,
        }
    }
}

impl Drop for Shift<'_> {
    /// Nobody waits any more: the guest is dropped where it waits, or stopped at its next tick.
    fn drop(&mut self) {
        self.vitals.abandoned.store(true, Ordering::Relaxed);
        if let Whereabouts::Elsewhere(task) = &self.whereabouts {
            task.abort();
        }
    }
}
