//! What logs of one process keep in memory: who waits and who has leased what, and how much room is left.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::pool::{Pool, Taken, Waiting};
use super::{
    AcceptError, Counts, DeliveryId, Handed, HolderId, Joining, Lease, Leased, LogBounds, LogError,
};
use crate::domain::FunctionName;
use crate::events::event::{AccountRoom, Event, EventId};
use crate::limits::EVENT_LEASE_DURATION;

/// An event that waits, as the index knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Indexed {
    pub(super) id: EventId,
    pub(super) account: Arc<str>,
    pub(super) function: FunctionName,
    pub(super) due_ms: u64,
    pub(super) bytes: u64,
}

/// A message that is to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Posted {
    pub(super) part: u8,
    pub(super) target: Arc<str>,
}

/// What a lease is of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    Run(EventId),
    Delivery(DeliveryId),
}

/// What waits, what is leased, and what is on its way. A value: no lock, no waiting.
#[derive(Debug)]
pub(super) struct Index {
    bounds: LogBounds,
    runs: Pool<FunctionName>,
    deliveries: Pool<Arc<str>>,
    /// Events with messages on their way.
    delivering: HashMap<EventId, Delivering>,
    holders: HashMap<HolderId, Holder>,
    events: u64,
    /// Of each account that has any.
    of_accounts: HashMap<Arc<str>, OfAccount>,
    bytes: u64,
}

#[derive(Debug)]
struct Delivering {
    account: Arc<str>,
    function: FunctionName,
    messages: usize,
    bytes: u64,
}

/// What an account has of the room.
#[derive(Clone, Copy, Debug, Default)]
struct OfAccount {
    events: u64,
    bytes: u64,
}

#[derive(Debug)]
struct Holder {
    account: Arc<str>,
    /// When what it holds lapses, where another wants it.
    until: Duration,
    wake: Arc<Notify>,
}

impl Index {
    pub(super) fn new(bounds: LogBounds) -> Self {
        Self {
            bounds,
            runs: Pool::default(),
            deliveries: Pool::default(),
            delivering: HashMap::new(),
            holders: HashMap::new(),
            events: 0,
            of_accounts: HashMap::new(),
            bytes: 0,
        }
    }

    /// Room for so many more events of an account, within what that may have.
    pub(super) fn reserve(
        &mut self,
        account: &Arc<str>,
        (events, bytes): (u64, u64),
        room: AccountRoom,
    ) -> Result<(), AcceptError> {
        let own = self.of_accounts.get(account).copied().unwrap_or_default();
        let own_bytes_max = self.bounds.bytes_max / room.shares.max(1);
        let fits = self.events + events <= self.bounds.events_max
            && self.bytes.saturating_add(bytes) <= self.bounds.bytes_max;
        if !fits {
            return Err(AcceptError::Full {
                events: self.events,
                bytes: self.bytes,
            });
        }
        let fits_account = own.events + events <= room.events_max
            && own.bytes.saturating_add(bytes) <= own_bytes_max;
        if !fits_account {
            return Err(AcceptError::AccountFull {
                events: own.events,
                events_max: room.events_max,
                bytes: own.bytes,
                bytes_max: own_bytes_max,
            });
        }
        self.occupy(account, events, bytes);
        Ok(())
    }

    /// Takes room for events that need not ask, since something accepted depends on them.
    pub(super) fn occupy(&mut self, account: &Arc<str>, events: u64, bytes: u64) {
        let own = self.of_accounts.entry(Arc::clone(account)).or_default();
        own.events += events;
        own.bytes += bytes;
        self.events += events;
        self.bytes += bytes;
    }

    /// Gives room back.
    pub(super) fn release(&mut self, account: &Arc<str>, events: u64, bytes: u64) {
        if let Some(own) = self.of_accounts.get_mut(account) {
            own.events -= events;
            own.bytes -= bytes;
            if own.events == 0 {
                self.of_accounts.remove(account);
            }
        }
        self.events -= events;
        self.bytes -= bytes;
    }

    /// An event that has room waits for its turn.
    pub(super) fn admit(&mut self, event: Indexed) {
        let waiting = Waiting {
            id: event.id.0,
            due_ms: event.due_ms,
            tries: 0,
            bytes: event.bytes,
        };
        self.runs.insert(&event.account, event.function, waiting);
        self.wake(&event.account);
    }

    /// An event that has room has messages that are to be delivered from `due_ms` on.
    pub(super) fn post(&mut self, event: Indexed, posted: Vec<Posted>) {
        let delivering = Delivering {
            account: Arc::clone(&event.account),
            function: event.function,
            messages: posted.len(),
            bytes: event.bytes,
        };
        self.delivering.insert(event.id, delivering);
        for Posted { part, target } in posted {
            let delivery = DeliveryId {
                event: event.id,
                part,
            };
            let waiting = Waiting {
                id: delivery.number(),
                due_ms: event.due_ms,
                tries: 0,
                bytes: 0,
            };
            self.deliveries.insert(&event.account, target, waiting);
        }
        self.wake(&event.account);
    }

    pub(super) fn join(&mut self, host: &Joining, now: Duration) {
        self.remove(host.holder);
        self.runs.hasten(&host.account, host.due_ms_max);
        self.deliveries.hasten(&host.account, host.due_ms_max);
        let holder = Holder {
            account: Arc::clone(&host.account),
            until: now + EVENT_LEASE_DURATION,
            wake: Arc::new(Notify::new()),
        };
        self.holders.insert(host.holder, holder);
        let (events_max, messages_max) =
            (host.events_per_function_max, host.messages_per_target_max);
        self.runs.seat(host.holder, &host.account, events_max);
        self.deliveries
            .seat(host.holder, &host.account, messages_max);
    }

    pub(super) fn lease(
        &mut self,
        holder: HolderId,
        now_ms: u64,
        now: Duration,
    ) -> Result<Handed, LogError> {
        self.extend(holder, now)?;
        self.lapse(now);
        let events = self.runs.take(holder, now_ms);
        let messages = self.deliveries.take(holder, now_ms);
        let wakes = [self.runs.wake_ms(holder), self.deliveries.wake_ms(holder)];
        Ok(Handed {
            events: events
                .into_iter()
                .map(|taken| leased(taken, EventId))
                .collect(),
            messages: messages
                .into_iter()
                .map(|taken| leased(taken, DeliveryId::of))
                .collect(),
            wake_ms: wakes.into_iter().flatten().min(),
        })
    }

    pub(super) fn extend(&mut self, holder: HolderId, now: Duration) -> Result<(), LogError> {
        let known = self.holders.get_mut(&holder).ok_or(LogError::Lapsed)?;
        known.until = now + EVENT_LEASE_DURATION;
        Ok(())
    }

    pub(super) fn leave(&mut self, holder: HolderId) {
        self.runs.close(holder);
        self.deliveries.close(holder);
        if let Some(account) = self
            .holders
            .get(&holder)
            .map(|holder| holder.account.clone())
        {
            self.wake(&account);
        }
    }

    /// What wakes a holder; `None` where it has lapsed.
    pub(super) fn waker(&self, holder: HolderId) -> Option<Arc<Notify>> {
        let known = self.holders.get(&holder)?;
        Some(Arc::clone(&known.wake))
    }

    /// The lease's work is being done.
    pub(super) fn begin<W: Into<Work>>(&mut self, lease: Lease<W>) -> Result<(), LogError> {
        match self.checked(lease)? {
            Work::Run(id) => self.runs.begin(id.0),
            Work::Delivery(id) => self.deliveries.begin(id.number()),
        }
        Ok(())
    }

    /// The lease's end is about to be written: it does not lapse before [`Index::unsettled`] or the end.
    pub(super) fn settling<W: Into<Work>>(&mut self, lease: Lease<W>) -> Result<(), LogError> {
        let work = self.checked(lease)?;
        self.set_settling(work, true);
        Ok(())
    }

    /// The lease's end could not be written.
    pub(super) fn unsettled(&mut self, work: impl Into<Work>) {
        self.set_settling(work.into(), false);
    }

    /// What was leased waits again.
    pub(super) fn again(&mut self, work: impl Into<Work>, due_ms: u64, tries: u32) {
        match work.into() {
            Work::Run(id) => self.runs.give_back(id.0, due_ms, tries),
            Work::Delivery(id) => self.deliveries.give_back(id.number(), due_ms, tries),
        }
        // Not only the one that held it: another may have room sooner.
        for holder in self.holders.values() {
            holder.wake.notify_one();
        }
    }

    /// A leased event has ended, with these messages, which take so many more bytes.
    pub(super) fn end(&mut self, id: EventId, posted: Vec<Posted>, more_bytes: u64, at_ms: u64) {
        let Some(((account, function), waiting)) = self.runs.remove(id.0) else {
            return;
        };
        if posted.is_empty() {
            self.release(&account, 1, waiting.bytes);
            return;
        }
        self.occupy(&account, 0, more_bytes);
        let event = Indexed {
            id,
            account,
            function,
            due_ms: at_ms,
            bytes: waiting.bytes + more_bytes,
        };
        self.post(event, posted);
    }

    /// A leased message is delivered or given up.
    pub(super) fn told(&mut self, id: DeliveryId) {
        self.deliveries.remove(id.number());
        let Some(delivering) = self.delivering.get_mut(&id.event) else {
            return;
        };
        delivering.messages -= 1;
        if delivering.messages == 0
            && let Some(delivering) = self.delivering.remove(&id.event)
        {
            self.release(&delivering.account, 1, delivering.bytes);
        }
    }

    /// All but the dead, which the index does not know.
    pub(super) fn counts(
        &self,
        account: &Arc<str>,
        function: Option<&FunctionName>,
        now_ms: u64,
    ) -> Counts {
        let [running, waiting, retrying] = self.runs.counts(account, function, now_ms);
        let delivering = self.delivering.values().filter(|delivering| {
            delivering.account == *account
                && function.is_none_or(|name| delivering.function == *name)
        });
        Counts {
            running,
            waiting,
            retrying,
            delivering: delivering.count() as u64,
            dead: 0,
        }
    }

    fn checked<W: Into<Work>>(&self, lease: Lease<W>) -> Result<Work, LogError> {
        let work = lease.work.into();
        let is_held = match work {
            Work::Run(id) => self.runs.holds(id.0, lease.token),
            Work::Delivery(id) => self.deliveries.holds(id.number(), lease.token),
        };
        match is_held {
            true => Ok(work),
            false => Err(LogError::Lapsed),
        }
    }

    fn set_settling(&mut self, work: Work, is_settling: bool) {
        match work {
            Work::Run(id) => self.runs.set_settling(id.0, is_settling),
            Work::Delivery(id) => self.deliveries.set_settling(id.number(), is_settling),
        }
    }

    /// Takes back what is held by holders that were not heard of.
    fn lapse(&mut self, now: Duration) {
        let lapsed = self.holders.iter().filter(|(_, known)| known.until < now);
        let lapsed: Vec<HolderId> = lapsed.map(|(holder, _)| *holder).collect();
        for holder in lapsed {
            self.remove(holder);
        }
    }

    fn remove(&mut self, holder: HolderId) {
        self.runs.unseat(holder);
        self.deliveries.unseat(holder);
        if let Some(known) = self.holders.remove(&holder) {
            // It waits in vain: it has to join again.
            known.wake.notify_one();
            self.wake(&known.account);
        }
    }

    fn wake(&self, account: &Arc<str>) {
        for holder in self.holders.values() {
            if holder.account == *account {
                holder.wake.notify_one();
            }
        }
    }
}

impl Indexed {
    /// An event as it was accepted.
    pub(super) fn of(event: &Event) -> Self {
        Self {
            id: event.id,
            account: Arc::clone(&event.account),
            function: event.new.function.clone(),
            due_ms: event.accepted_ms,
            bytes: event.bytes(),
        }
    }
}

impl From<EventId> for Work {
    fn from(id: EventId) -> Self {
        Self::Run(id)
    }
}

impl From<DeliveryId> for Work {
    fn from(id: DeliveryId) -> Self {
        Self::Delivery(id)
    }
}

fn leased<W, K>(taken: Taken<K>, work: fn(u64) -> W) -> Leased<W, K> {
    let Taken {
        lane,
        waiting,
        token,
    } = taken;
    let work = work(waiting.id);
    Leased {
        lease: Lease { work, token },
        lane,
        due_ms: waiting.due_ms,
        tries: waiting.tries,
    }
}
