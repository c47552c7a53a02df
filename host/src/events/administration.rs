//! Looking at events, and what a person can do with dead ones: run them again, or remove them.

use std::sync::Arc;

use super::Events;
use super::event::{AccountRoom, EventId};
use super::log::{AcceptError, Administer, Counts, Filter, Listed, LogError, Moved, State};
use crate::domain::times::milliseconds;
use crate::domain::{FunctionName, Growing, Refusal};
use crate::invoker::RunGuest;
use crate::limits::EVENT_PAGE_ITEMS_MAX;

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
    pub state: Option<State>,
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

impl<G: RunGuest> Events<G> {
    /// A page of at most [`EVENT_PAGE_ITEMS_MAX`] events.
    ///
    /// # Errors
    /// [`Refusal::Internal`] where they cannot be read.
    pub async fn list(&self, selection: &Selection) -> Result<Listing, Refusal> {
        let (log, account) = (&self.shared.log, Arc::clone(&self.shared.account_id));
        let (function, now_ms) = (selection.function.clone(), self.shared.clock.now_ms());
        let counts = log.counts(account, function, now_ms).await;
        let counts = counts.map_err(unreadable)?;
        let filter = self.filter(selection);
        let mut events = log
            .list(filter, EVENT_PAGE_ITEMS_MAX + 1)
            .await
            .map_err(unreadable)?;
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
        let at_ms = self.shared.clock.now_ms();
        let expires_ms = at_ms + milliseconds(REDELIVERY_DURATION);
        let redrive = Administer::Redrive {
            at_ms,
            expires_ms,
            room: AccountRoom::of(self.shared.quotas.get()),
        };
        self.administer(selection, redrive).await
    }

    /// Removes dead events.
    ///
    /// # Errors
    /// [`Refusal::Internal`] where it could not be written.
    pub async fn purge(&self, selection: &Selection) -> Result<Moved, Refusal> {
        self.administer(selection, Administer::Purge).await
    }

    async fn administer(&self, selection: &Selection, what: Administer) -> Result<Moved, Refusal> {
        let moved = self.shared.log.administer(self.filter(selection), what);
        moved.await.map_err(refusal)
    }

    fn filter(&self, selection: &Selection) -> Filter {
        let Selection {
            function,
            id,
            state,
            after,
        } = selection;
        Filter {
            function: function.clone(),
            id: id.clone(),
            state: *state,
            after: *after,
            ..self.shared.all()
        }
    }
}

/// Why an event is not accepted, to whoever brought it. The log has told of what failed.
pub(super) fn refusal(error: AcceptError) -> Refusal {
    match error {
        AcceptError::Full { events, bytes } => Refusal::TooManyEvents { events, bytes },
        AcceptError::AccountFull {
            events,
            events_max,
            bytes,
            bytes_max,
        } => Refusal::TooManyEventsOfAccount {
            events,
            events_max,
            bytes,
            bytes_max,
        },
        AcceptError::NoRoom(reason) => Refusal::NoRoom(Growing::Events, reason),
        AcceptError::Failed(_) => Refusal::Internal,
    }
}

fn unreadable(error: LogError) -> Refusal {
    tracing::error!(%error, "events could not be read");
    Refusal::Internal
}
