//! A turn that is being taken: it is settled once, and always given back.

use std::hash::Hash;
use std::sync::Arc;

use super::event::EventId;
use super::log::{DeliveryId, Lease};
use super::queues::{Held, Queues, State};
use crate::domain::FunctionName;
use crate::turns::{Turn, Went, backoff_ms};

/// A turn that is being taken. Where it is dropped without having been settled, as by a panic, it
/// comes again.
pub(super) struct Taking<W, K: Clone + Eq + Hash + Ord> {
    queues: Arc<Queues>,
    held: fn(&mut State) -> &mut Held<K>,
    work: W,
    pub(super) turn: Turn<K>,
    /// Its room was given back already.
    rests: bool,
    settled: Option<(Went, Option<Turn<K>>)>,
}

impl Taking<EventId, FunctionName> {
    pub(super) fn event(queues: &Arc<Queues>, turn: Turn<FunctionName>) -> Self {
        Self::new(queues, |state| &mut state.events, EventId(turn.id), turn)
    }
}

impl Taking<DeliveryId, Arc<str>> {
    pub(super) fn message(queues: &Arc<Queues>, turn: Turn<Arc<str>>) -> Self {
        let work = DeliveryId::of(turn.id);
        Self::new(queues, |state| &mut state.messages, work, turn)
    }
}

impl<W: Copy, K: Clone + Eq + Hash + Ord> Taking<W, K> {
    fn new(
        queues: &Arc<Queues>,
        held: fn(&mut State) -> &mut Held<K>,
        work: W,
        turn: Turn<K>,
    ) -> Self {
        Self {
            queues: Arc::clone(queues),
            held,
            work,
            turn,
            rests: false,
            settled: None,
        }
    }

    /// The right to it, as it is now.
    pub(super) fn lease(&self) -> Lease<W> {
        let (held, id) = (self.held, self.turn.id);
        Lease {
            work: self.work,
            token: self.queues.look(|state| held(state).token(id)),
        }
    }
}

impl<W, K: Clone + Eq + Hash + Ord> Taking<W, K> {
    /// Gives its room back before it is settled: a lane that was refused is paused before the log can
    /// hand the same out again.
    pub(super) fn rest(&mut self, went: Went) {
        let (held, lane) = (self.held, &self.turn.lane);
        self.queues
            .end_turn(|state, now_ms| held(state).ended(lane, went, now_ms));
        self.rests = true;
    }

    /// Its lease has ended.
    pub(super) fn done(&mut self, went: Went) {
        self.settled = Some((went, None));
    }

    /// Something of the host failed: it comes again, later each time.
    pub(super) fn failed(&mut self) {
        let tries = self.turn.tries.saturating_add(1);
        let turn = Turn {
            due_ms: self.queues.now_ms() + backoff_ms(tries),
            tries,
            ..self.turn.clone()
        };
        self.settled = Some((Went::Failed, Some(turn)));
    }
}

impl<W, K: Clone + Eq + Hash + Ord> Drop for Taking<W, K> {
    fn drop(&mut self) {
        if self.settled.is_none() {
            self.failed();
        }
        let Some((went, again)) = self.settled.take() else {
            return;
        };
        let (held, turn, rests) = (self.held, &self.turn, self.rests);
        self.queues.end_turn(|state, now_ms| {
            let held = held(state);
            match again {
                Some(turn) => held.again(turn),
                None => held.let_go(turn.id),
            }
            if !rests {
                held.ended(&turn.lane, went, now_ms);
            }
        });
    }
}
