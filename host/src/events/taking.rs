//! A turn that is being taken: it is settled once, and always given back.

use std::hash::Hash;
use std::sync::Arc;

use super::decision::backoff_ms;
use super::lanes::{Lanes, Turn, Went};
use super::queues::{Queues, State};
use crate::domain::FunctionName;

/// A turn that is being taken. Where it is dropped without having been settled, as by a panic, it
/// comes again.
pub(super) struct Taking<K: Clone + Eq + Hash + Ord> {
    queues: Arc<Queues>,
    lanes: fn(&mut State) -> &mut Lanes<K>,
    pub(super) turn: Turn<K>,
    settled: Option<(Went, Option<Turn<K>>)>,
}

impl Taking<FunctionName> {
    pub(super) fn run(queues: &Arc<Queues>, turn: Turn<FunctionName>) -> Self {
        Self {
            queues: Arc::clone(queues),
            lanes: |state| &mut state.runs,
            turn,
            settled: None,
        }
    }
}

impl Taking<String> {
    pub(super) fn delivery(queues: &Arc<Queues>, turn: Turn<String>) -> Self {
        Self {
            queues: Arc::clone(queues),
            lanes: |state| &mut state.deliveries,
            turn,
            settled: None,
        }
    }
}

impl<K: Clone + Eq + Hash + Ord> Taking<K> {
    /// It is done, and does not come again.
    pub(super) fn done(&mut self, went: Went) {
        self.settled = Some((went, None));
    }

    /// It comes again.
    pub(super) fn again(&mut self, went: Went, due_ms: u64, tries: u32) {
        let turn = Turn {
            due_ms,
            tries,
            ..self.turn.clone()
        };
        self.settled = Some((went, Some(turn)));
    }

    /// Something of the host failed: it comes again, later each time.
    pub(super) fn failed(&mut self) {
        let tries = self.turn.tries.saturating_add(1);
        let due_ms = self.queues.now_ms() + backoff_ms(tries);
        self.again(Went::Failed, due_ms, tries);
    }
}

impl<K: Clone + Eq + Hash + Ord> Drop for Taking<K> {
    fn drop(&mut self) {
        if self.settled.is_none() {
            self.failed();
        }
        let Some((went, again)) = self.settled.take() else {
            return;
        };
        let (lanes, lane) = (self.lanes, &self.turn.lane);
        self.queues.end_turn(|state, now_ms| {
            let lanes = lanes(state);
            if let Some(turn) = again {
                lanes.insert(turn);
            }
            lanes.ended(lane, went, now_ms);
        });
    }
}
