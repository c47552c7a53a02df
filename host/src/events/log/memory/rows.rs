//! The events themselves: what a database would hold.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::dead::Dead;
use crate::domain::FunctionName;
use crate::events::event::{Arrival, Event, EventId};
use crate::events::log::index::{Indexed, Posted};
use crate::events::log::{Administer, DeliveryId, Ending, Filter, Listed, LogBounds, State};
use crate::events::message::Message;

/// All events by their numbers.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: BTreeMap<EventId, Row>,
    dead: Dead,
    last: u64,
}

#[derive(Debug)]
struct Row {
    event: Arc<Event>,
    state: State,
    due_ms: u64,
    /// Of the payload and of all messages that it ever had.
    bytes: u64,
    messages: BTreeMap<u8, Outgoing>,
    ending: Option<Ending>,
}

#[derive(Debug)]
struct Outgoing {
    message: Arc<Message>,
    is_given_up: bool,
}

/// What becomes of a dead event that is brought back.
pub(super) enum Redriven {
    Waits(Indexed),
    Delivers(Indexed, Vec<Posted>),
}

impl Row {
    fn ended_ms(&self) -> u64 {
        self.ending.as_ref().map_or(0, |ending| ending.at_ms)
    }

    fn posted(&self) -> Vec<Posted> {
        let messages = self.messages.iter();
        messages
            .map(|(part, out)| Posted {
                part: *part,
                target: Arc::clone(out.message.head.target.arn()),
            })
            .collect()
    }

    fn indexed(&self, due_ms: u64) -> Indexed {
        Indexed {
            due_ms,
            bytes: self.bytes,
            ..Indexed::of(&self.event)
        }
    }

    fn is_meant(&self, filter: &Filter) -> bool {
        let event = &self.event;
        let is_named =
            |id: &String| *id == event.id.to_string() || *id == event.new.request_id.to_string();
        event.account == filter.account
            && filter
                .function
                .as_ref()
                .is_none_or(|name| *name == event.new.function)
            && filter.state.is_none_or(|state| state == self.state)
            && filter.id.as_ref().is_none_or(is_named)
    }

    fn listed(&self) -> Listed {
        let (event, ending) = (&self.event, self.ending.as_ref());
        Listed {
            id: event.id,
            state: self.state,
            function: event.new.function.clone(),
            qualifier: event.new.qualifier.as_ref().map(ToString::to_string),
            request_id: event.new.request_id.to_string(),
            accepted_ms: event.accepted_ms,
            due_ms: self.due_ms,
            runs: ending.map_or(event.runs, |ending| ending.runs),
            bytes: self.bytes,
            condition: ending.map(|ending| ending.condition.name().to_owned()),
            reason: ending.map(|ending| ending.reason.clone()),
            ended_ms: ending.map(|ending| ending.at_ms),
        }
    }
}

impl Rows {
    pub(super) fn add(&mut self, arrival: Arrival) -> Arc<Event> {
        self.last += 1;
        let event = Arc::new(arrival.numbered(EventId(self.last)));
        let row = Row {
            event: Arc::clone(&event),
            state: State::Waiting,
            due_ms: event.accepted_ms,
            bytes: event.bytes(),
            messages: BTreeMap::new(),
            ending: None,
        };
        self.rows.insert(event.id, row);
        event
    }

    pub(super) fn event(&self, id: EventId) -> Option<Arc<Event>> {
        self.rows.get(&id).map(|row| Arc::clone(&row.event))
    }

    pub(super) fn message(&self, id: DeliveryId) -> Option<Arc<Message>> {
        let out = self.rows.get(&id.event)?.messages.get(&id.part)?;
        Some(Arc::clone(&out.message))
    }

    pub(super) fn bytes(&self, id: EventId) -> u64 {
        self.rows.get(&id).map_or(0, |row| row.bytes)
    }

    pub(super) fn remove(&mut self, id: EventId) {
        if let Some(row) = self.rows.remove(&id) {
            let ended = (row.ended_ms(), id);
            self.dead.remove(&row.event.account, ended, row.bytes);
        }
    }

    pub(super) fn retry(&mut self, id: EventId, runs: u32, due_ms: u64) {
        if let Some(row) = self.rows.get_mut(&id) {
            let event = Event::clone(&row.event);
            row.event = Arc::new(Event { runs, ..event });
            row.due_ms = due_ms;
        }
    }

    pub(super) fn deliver(
        &mut self,
        id: EventId,
        ending: Ending,
        messages: Vec<Message>,
    ) -> Vec<Posted> {
        let Some(row) = self.rows.get_mut(&id) else {
            return Vec::new();
        };
        row.state = State::Delivering;
        row.ending = Some(ending);
        for message in &messages {
            row.bytes += message.body.len() as u64;
        }
        let outgoing = messages.into_iter().map(|message| Outgoing {
            message: Arc::new(message),
            is_given_up: false,
        });
        row.messages = (0..).zip(outgoing).collect();
        row.posted()
    }

    pub(super) fn die(&mut self, id: EventId, ending: Ending) {
        if let Some(row) = self.rows.get_mut(&id) {
            row.state = State::Dead;
            let ended = (ending.at_ms, id);
            self.dead.add(&row.event.account, ended, row.bytes);
            row.ending = Some(ending);
        }
    }

    pub(super) fn delivered(&mut self, id: DeliveryId) {
        if let Some(row) = self.rows.get_mut(&id.event) {
            row.messages.remove(&id.part);
            match row.messages.is_empty() {
                true => self.remove(id.event),
                false => self.die_without_messages(id.event),
            }
        }
    }

    pub(super) fn give_up(&mut self, id: DeliveryId, reason: String, at_ms: u64) {
        if let Some(row) = self.rows.get_mut(&id.event) {
            if let Some(out) = row.messages.get_mut(&id.part) {
                out.is_given_up = true;
            }
            if let Some(ending) = &mut row.ending {
                ending.reason = reason;
                ending.at_ms = at_ms;
            }
            self.die_without_messages(id.event);
        }
    }

    /// An event that still has messages, of which none is on its way any more, is dead.
    fn die_without_messages(&mut self, id: EventId) {
        if let Some(row) = self.rows.get_mut(&id)
            && row.messages.values().all(|out| out.is_given_up)
        {
            row.state = State::Dead;
            let ended = (row.ended_ms(), id);
            self.dead.add(&row.event.account, ended, row.bytes);
        }
    }

    pub(super) fn make_room_for_the_dead(&mut self, bounds: &LogBounds) {
        while let Some(id) = self.dead.to_go(bounds) {
            self.remove(id);
        }
    }

    pub(super) fn redrive(&mut self, id: EventId, at_ms: u64, expires_ms: u64) -> Option<Redriven> {
        let row = self.rows.get_mut(&id)?;
        let ended = (row.ended_ms(), id);
        self.dead.remove(&row.event.account, ended, row.bytes);
        if !row.messages.is_empty() {
            row.state = State::Delivering;
            for out in row.messages.values_mut() {
                let message = Message::clone(&out.message);
                out.is_given_up = false;
                out.message = Arc::new(Message {
                    expires_ms,
                    ..message
                });
            }
            return Some(Redriven::Delivers(row.indexed(at_ms), row.posted()));
        }
        let event = Event::clone(&row.event);
        row.event = Arc::new(event.revived(at_ms));
        row.state = State::Waiting;
        row.due_ms = at_ms;
        row.ending = None;
        Some(Redriven::Waits(row.indexed(at_ms)))
    }

    pub(super) fn list(&self, filter: &Filter, limit: usize) -> Vec<Listed> {
        let behind = (Bound::Excluded(EventId(filter.after)), Bound::Unbounded);
        let rows = self.rows.range(behind).map(|(_, row)| row);
        let meant = rows.filter(|row| row.is_meant(filter));
        meant.take(limit).map(Row::listed).collect()
    }

    /// The dead that are meant, the oldest first where they are too old.
    pub(super) fn dead_ids(&self, filter: &Filter, what: Administer, limit: usize) -> Vec<EventId> {
        let filter = Filter {
            state: Some(State::Dead),
            ..filter.clone()
        };
        let is_meant = |id: &EventId| self.rows.get(id).is_some_and(|row| row.is_meant(&filter));
        match what {
            Administer::PurgeOlder { than_ms } => {
                let dead = self.dead.of(&filter.account);
                let older = dead.take_while(|(at_ms, _)| *at_ms < than_ms);
                let ids = older.map(|(_, id)| id).filter(is_meant);
                ids.take(limit).collect()
            }
            Administer::Redrive { .. } | Administer::Purge => {
                let mut ids: Vec<EventId> =
                    self.dead.of(&filter.account).map(|(_, id)| id).collect();
                ids.sort_unstable();
                ids.retain(|id| id.0 > filter.after);
                ids.into_iter().filter(is_meant).take(limit).collect()
            }
        }
    }

    pub(super) fn dead(&self, account: &Arc<str>, function: Option<&FunctionName>) -> u64 {
        let is_meant = |row: &&Row| function.is_none_or(|name| row.event.new.function == *name);
        let dead = self.dead.of(account);
        let rows = dead.filter_map(|(_, id)| self.rows.get(&id));
        rows.filter(is_meant).count() as u64
    }
}
