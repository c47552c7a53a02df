//! A connection while a response comes through it.
//!
//! Three may end that, and the first does: the response's last byte, which leaves a connection to keep;
//! a guest that does not read on; the end of the invocation.

use tokio::sync::OwnedSemaphorePermit;

use super::allowance::Place;
use super::client::Client;
use super::connect::Connection;
use super::pool::Pool;
use crate::domain::{Lock, Origin};

/// Holds a connection until it is given back or closed.
pub(super) struct Lease(Lock<Option<Held>>);

/// A connection, whom it is to be kept for, and the places that its request takes.
pub(super) struct Held {
    pub(super) connection: Connection,
    pub(super) pool: Pool,
    pub(super) client: Client,
    pub(super) origin: Origin,
    pub(super) places: (Place, OwnedSemaphorePermit),
}

impl Lease {
    pub(super) fn new(held: Held) -> Self {
        Self(Lock::new(Some(held)))
    }

    /// Keeps the connection for another request, where it is good for one; `false` where it had ended
    /// before.
    pub(super) fn give_back(&self) -> bool {
        let Some(held) = self.take() else {
            return false;
        };
        drop(held.places);
        if held.connection.is_reusable() {
            held.pool.put(held.client, held.origin, held.connection);
        }
        true
    }

    /// Closes the connection, unless it was given back.
    pub(super) fn close(&self) {
        drop(self.take());
    }

    fn take(&self) -> Option<Held> {
        self.0.lock().take()
    }
}
