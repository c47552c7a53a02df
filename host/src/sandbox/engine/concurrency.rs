//! What bounds the initializations of an account's functions: the same gate that counts their invocations.

use std::sync::OnceLock;

use crate::invoker::{Admission, Gate, Initializing};
use crate::limits::INITIALIZATION_WAIT_MAX;

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

    /// Has an initialization begin: `in_turn` takes its turn, then begins at this gate, and gives `None` where that is
    /// [`Full`]. It is waited for room without the turn, which others could use meanwhile, and then again begun in one.
    /// `None` where there was no room in all the time that there is for that: none for what can be done without.
    pub(in crate::sandbox) async fn begin_in_turn<T, E, F>(
        &self,
        what: Initializing<'_>,
        in_turn: impl Fn() -> F,
    ) -> Result<Option<T>, E>
    where
        F: Future<Output = Result<Option<T>, E>>,
    {
        let mut patience = INITIALIZATION_WAIT_MAX;
        loop {
            if let Some(begun) = in_turn().await? {
                return Ok(Some(begun));
            }
            let (Initializing::Function(_), Some(gate)) = (what, self.0.get()) else {
                return Ok(None);
            };
            if !gate.wait_to_initialize(what, &mut patience).await {
                return Ok(None);
            }
        }
    }
}
