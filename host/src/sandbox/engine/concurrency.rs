//! What bounds the initializations of an account's functions: the same gate that counts their invocations.

use std::sync::OnceLock;
use std::time::Duration;

use crate::invoker::{Admission, Gate, Initializing};

/// The account's gate, once it has one: without, nothing is bounded.
#[derive(Clone, Default)]
pub(in crate::sandbox) struct Concurrency(OnceLock<Gate>);

/// There is no room now.
#[derive(Debug)]
pub(in crate::sandbox) struct Full;

impl Concurrency {
    /// Counts at `gate` from now on. The first stays.
    pub(in crate::sandbox) fn count_at(&self, gate: Gate) {
        let _ = self.0.set(gate);
    }

    /// Lets an initialization begin, for as long as what is given is held.
    pub(in crate::sandbox) fn begin(
        &self,
        what: Initializing<'_>,
    ) -> Result<Option<Admission>, Full> {
        match self.0.get() {
            Some(gate) => gate.initialize(what).map(Some).ok_or(Full),
            None => Ok(None),
        }
    }

    /// As [`Gate::wait_to_initialize`].
    pub(in crate::sandbox) async fn wait(
        &self,
        what: Initializing<'_>,
        patience: &mut Duration,
    ) -> bool {
        match self.0.get() {
            Some(gate) => gate.wait_to_initialize(what, patience).await,
            None => true,
        }
    }
}
