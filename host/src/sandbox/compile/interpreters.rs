//! The interpreters that a host has, and whose turn it is to compile one.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::compiling::failed;
use crate::deployer::Rejection;
use crate::domain::{Digest, Lock};
use crate::runtimes::Runtimes;

/// The interpreters of a host.
pub(super) struct Interpreters {
    runtimes: Runtimes,
    /// Whoever compiles one; others that need it wait for that.
    turns: Lock<HashMap<Digest, Arc<Mutex<()>>>>,
}

impl Interpreters {
    pub(super) fn new(runtimes: Runtimes) -> Self {
        Self {
            runtimes,
            turns: Lock::default(),
        }
    }

    pub(super) fn runtimes(&self) -> &Runtimes {
        &self.runtimes
    }

    /// The turn of whoever compiles one.
    pub(super) fn turn(&self, interpreter: Digest) -> Arc<Mutex<()>> {
        let mut turns = self.turns.lock();
        Arc::clone(turns.entry(interpreter).or_default())
    }

    /// The component of one.
    pub(super) async fn component(&self, interpreter: Digest) -> Result<Bytes, Rejection> {
        let runtimes = self.runtimes.clone();
        let component = spawn_blocking(move || runtimes.component(interpreter)).await;
        let component = component.map_err(failed)?.map_err(unreadable)?;
        component.ok_or_else(|| {
            Rejection::of_host(format!(
                "The interpreter {interpreter} that a function runs on was removed from this host: deploy the function \
                 again, and it has the one that is prepared."
            ))
        })
    }
}

pub(super) fn unreadable(error: impl std::fmt::Display) -> Rejection {
    Rejection::of_host(format!("An interpreter cannot be read: {error}."))
}
