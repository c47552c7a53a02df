//! Looking at events, and what a person can do with dead ones: run them again, or remove them.

use crate::domain::{FunctionName, Refusal};
use crate::invoker::RunGuest;
use crate::limits::{DEAD_EVENTS_PER_CALL_MAX, EVENT_PAGE_ITEMS_MAX};

use super::Events;
use super::clock::milliseconds;
use super::event::EventId;
use super::queues::{Counts, Posted};
use super::store::{Change, Filter, Listed, Outstanding, StoreError};

/// How long redelivered messages are tried: the age that events have where nobody says otherwise.
const REDELIVERY_DURATION: std::time::Duration = std::time::Duration::from_secs(6 * 3_600);

/// Which events are meant: all, unless it says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Those of one function.
    pub function: Option<FunctionName>,
    /// One, by its number or its request id.
    pub id: Option<String>,
    /// Those in one state.
    pub state: Option<&'static str>,
    /// Those behind this number.
    pub after: u64,
}

/// A page of events.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Of the function, or of all.
    pub counts: Counts,
    /// In the order in which they were accepted.
    pub events: Vec<Listed>,
    /// Where the next page begins, if there is one.
    pub next: Option<EventId>,
}

/// What was done with dead events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// How many.
    pub events: usize,
    /// Whether more are left: a call does a bounded number.
    pub has_more: bool,
}

impl Selection {
    fn filter(&self) -> Filter {
        Filter {
            function: self.function.as_ref().map(|name| name.as_str().to_owned()),
            state: self.state,
            id: self.id.clone(),
            after: self.after,
        }
    }
}

impl<G: RunGuest> Events<G> {
    /// A page of at most [`EVENT_PAGE_ITEMS_MAX`] events.
    ///
    /// # Errors
    /// [`Refusal::Internal`] where they cannot be read.
    pub async fn list(&self, selection: &Selection) -> Result<Listing, Refusal> {
        let function = selection.function.clone();
        let mut counts = self.shared.queues.counts(function.as_ref());
        let (store, filter) = (self.shared.store.clone(), selection.filter());
        let read = blocking(move || {
            let function = function.as_ref().map(FunctionName::as_str);
            let events = store.list(&filter, EVENT_PAGE_ITEMS_MAX + 1)?;
            let delivering = function.map(|name| store.delivering(name)).transpose()?;
            Ok((events, delivering, store.dead(function)?))
        });
        let (mut events, delivering, dead) = read.await?;
        counts.delivering = delivering.unwrap_or(counts.delivering);
        counts.dead = dead;
        let has_more = events.len() > EVENT_PAGE_ITEMS_MAX;
        events.truncate(EVENT_PAGE_ITEMS_MAX);
        let next = events.last().map(|event| event.id).filter(|_| has_more);
        Ok(Listing {
            counts,
            events,
            next,
        })
    }

    /// Lets dead events run again, as if they had just been accepted; of those whose destination could
    /// not be reached, only the messages go out again.
    ///
    /// # Errors
    /// [`Refusal::TooManyEvents`] where they have no room, [`Refusal::Internal`] where it could not be
    /// written.
    pub async fn redrive(&self, selection: &Selection) -> Result<Moved, Refusal> {
        let shared = &self.shared;
        let _alone = shared.administration.lock().await;
        let (dead, has_more) = self.dead(selection).await?;
        let bytes = dead.iter().map(|event| event.bytes).sum();
        shared.queues.has_room(dead.len() as u64, bytes)?;
        let at_ms = shared.clock.now_ms();
        let mut changes = Vec::new();
        let mut revived = Vec::new();
        let mut reposted = Vec::new();
        for event in &dead {
            if event.has_messages {
                let (store, id) = (shared.store.clone(), event.id);
                let messages = blocking(move || store.messages(id)).await?;
                reposted.push((event.id, event.bytes, messages));
                changes.push(Change::Redeliver {
                    id: event.id,
                    expires_ms: at_ms + milliseconds(REDELIVERY_DURATION),
                });
            } else if let Some(function) = FunctionName::parse(&event.function) {
                revived.push((event.id, function, event.bytes));
                changes.push(Change::Revive {
                    id: event.id,
                    at_ms,
                });
            }
        }
        let (queues, store) = (shared.queues.clone(), shared.store.clone());
        // One may have made room for another that died, after it was read here. What cannot be looked
        // up is taken to be there: its turn finds out.
        let is_there = move |id| store.is_alive(id).unwrap_or(true);
        let written = shared.writer.commit(changes, move |written| {
            if written.is_ok() {
                for (id, function, bytes) in revived.into_iter().filter(|(id, ..)| is_there(*id)) {
                    queues.revive(id, function, bytes, at_ms);
                }
                for (id, bytes, messages) in reposted.into_iter().filter(|(id, ..)| is_there(*id)) {
                    queues.repost(id, bytes, messages.into_iter().map(posted).collect());
                }
            }
        });
        written.await.map_err(|_| Refusal::Internal)?;
        Ok(Moved {
            events: dead.len(),
            has_more,
        })
    }

    /// Removes dead events.
    ///
    /// # Errors
    /// [`Refusal::Internal`] where it could not be written.
    pub async fn purge(&self, selection: &Selection) -> Result<Moved, Refusal> {
        let _alone = self.shared.administration.lock().await;
        let (dead, has_more) = self.dead(selection).await?;
        let changes = dead.iter().map(|event| Change::Purge(event.id)).collect();
        let written = self.shared.writer.commit(changes, |_| {});
        written.await.map_err(|_| Refusal::Internal)?;
        Ok(Moved {
            events: dead.len(),
            has_more,
        })
    }

    async fn dead(&self, selection: &Selection) -> Result<(Vec<Listed>, bool), Refusal> {
        let store = self.shared.store.clone();
        let filter = Filter {
            state: Some("dead"),
            ..selection.filter()
        };
        let mut dead = blocking(move || store.list(&filter, DEAD_EVENTS_PER_CALL_MAX + 1)).await?;
        let has_more = dead.len() > DEAD_EVENTS_PER_CALL_MAX;
        dead.truncate(DEAD_EVENTS_PER_CALL_MAX);
        Ok((dead, has_more))
    }
}

/// Their bytes are in those of the event already.
fn posted(message: Outstanding) -> Posted {
    Posted {
        id: message.id,
        target: message.target,
        bytes: 0,
    }
}

/// Reads on a thread that may wait.
pub(super) async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Refusal> {
    let read = tokio::task::spawn_blocking(read).await;
    let read = read.unwrap_or_else(|error| Err(StoreError(error.to_string())));
    read.map_err(|error| {
        tracing::error!(%error, "events could not be read");
        Refusal::Internal
    })
}
