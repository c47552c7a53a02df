//! What a person can do with dead events.

use std::sync::Arc;

use super::SqliteEventLog;
use super::change::Change;
use super::memory::Memory;
use super::store::Store;
use crate::events::event::{AccountRoom, EventId};
use crate::events::log::index::{Indexed, Posted};
use crate::events::log::{AcceptError, Filter, Listed, LogError, Moved, State};
use crate::limits::DEAD_EVENTS_PER_CALL_MAX;

impl SqliteEventLog {
    /// They wait again; of those that have messages, only these go out again.
    pub(super) async fn redrive(
        &self,
        filter: Filter,
        at_ms: u64,
        expires_ms: u64,
        room: AccountRoom,
    ) -> Result<Moved, AcceptError> {
        let account = Arc::clone(&filter.account);
        let read = self
            .read(move |store| Page::of(store.list(&dead(filter), PAGE_MAX)?).with_messages(store));
        let Page { items, has_more } = read.await?;
        let bytes = items.iter().map(|(event, _)| event.bytes).sum();
        let more = (items.len() as u64, bytes);
        let room = self.memory.reserve(&account, more, room)?;
        let changes = items
            .iter()
            .map(|(event, messages)| match messages.is_empty() {
                true => Change::Revive {
                    id: event.id,
                    at_ms,
                },
                false => Change::Redeliver {
                    id: event.id,
                    expires_ms,
                },
            });
        let (changes, events) = (changes.collect(), items.len());
        let store = self.store.clone();
        let written = self.writer.commit(changes, move |written| {
            if written.is_ok() {
                let memory = room.keep();
                for (event, messages) in items {
                    bring_back(&memory, &store, indexed(event, &account, at_ms), messages);
                }
            }
        });
        written.await?;
        Ok(Moved { events, has_more })
    }

    /// They are removed.
    pub(super) async fn purge(&self, filter: Filter) -> Result<Moved, AcceptError> {
        let read = self.read(move |store| Ok(Page::of(store.list(&dead(filter), PAGE_MAX)?)));
        let Page { items, has_more } = read.await?;
        let ids = items.into_iter().map(|event| event.id).collect();
        self.remove(ids, has_more).await
    }

    /// Those of an account that died before are removed.
    pub(super) async fn purge_older(
        &self,
        account: Arc<str>,
        than_ms: u64,
    ) -> Result<Moved, AcceptError> {
        let read =
            self.read(move |store| Ok(Page::of(store.dead_before(&account, than_ms, PAGE_MAX)?)));
        let Page { items, has_more } = read.await?;
        self.remove(items, has_more).await
    }

    async fn remove(&self, ids: Vec<EventId>, has_more: bool) -> Result<Moved, AcceptError> {
        let events = ids.len();
        let changes = ids.into_iter().map(Change::Purge).collect();
        self.writer.commit(changes, |_| {}).await?;
        Ok(Moved { events, has_more })
    }
}

/// One more than a call does, which tells whether more are left.
const PAGE_MAX: usize = DEAD_EVENTS_PER_CALL_MAX + 1;

/// What one call does.
struct Page<T> {
    items: Vec<T>,
    has_more: bool,
}

impl<T> Page<T> {
    fn of(mut items: Vec<T>) -> Self {
        let has_more = items.len() > DEAD_EVENTS_PER_CALL_MAX;
        items.truncate(DEAD_EVENTS_PER_CALL_MAX);
        Self { items, has_more }
    }
}

impl Page<Listed> {
    fn with_messages(self, store: &Store) -> Result<Page<(Listed, Vec<Posted>)>, LogError> {
        let items = self.items.into_iter().map(|event| {
            let messages = store.messages(event.id)?;
            Ok((event, messages))
        });
        Ok(Page {
            items: items.collect::<Result<_, LogError>>()?,
            has_more: self.has_more,
        })
    }
}

fn dead(filter: Filter) -> Filter {
    Filter {
        state: Some(State::Dead),
        ..filter
    }
}

fn indexed(event: Listed, account: &Arc<str>, due_ms: u64) -> Indexed {
    Indexed {
        id: event.id,
        account: Arc::clone(account),
        function: event.function,
        due_ms,
        bytes: event.bytes,
    }
}

/// An event that has room is there again, unless it made room for another that died, after it was read.
/// What cannot be looked up is taken to be there: its turn finds out.
fn bring_back(memory: &Memory, store: &Store, event: Indexed, messages: Vec<Posted>) {
    if !store.is_alive(event.id).unwrap_or(true) {
        return memory.index().release(&event.account, 1, event.bytes);
    }
    match messages.is_empty() {
        true => memory.index().admit(event),
        false => memory.index().post(event, messages),
    }
}
