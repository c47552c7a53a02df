//! A log that misbehaves as a distant one may: it is late, refuses what it did or did not do, hands out
//! again what it handed out, and lets leases lapse.

use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::domain::dice::Dice;
use crate::limits::EVENT_LEASE_DURATION;

/// How often something goes wrong, of a hundred times.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// What is asked is done, or not, and the answer is that it failed.
    pub(crate) refusals: u64,
    /// What others hold lapses.
    pub(crate) lapses: u64,
    /// What was handed out is handed out again.
    pub(crate) repeats: u64,
    /// Others get on in between.
    pub(crate) delays: u64,
}

/// The time by which the leases of a log lapse, for whoever wants to let it pass.
#[derive(Clone, Default)]
pub(crate) struct LeaseTime(Arc<Mutex<Duration>>);

impl LeaseTime {
    /// A clock that shows it.
    pub(crate) fn clock(&self) -> LogClock {
        let time = Arc::clone(&self.0);
        LogClock::new(move || *time.lock().expect("the time"))
    }

    fn pass(&self, duration: Duration) {
        *self.0.lock().expect("the time") += duration;
    }
}

/// A log in front of another.
pub(crate) struct FaultyEventLog {
    inner: Arc<dyn EventLog>,
    faults: Faults,
    time: LeaseTime,
    state: Mutex<State>,
}

struct State {
    /// What decides whether something goes wrong.
    dice: Dice,
    numbers: Vec<EventId>,
    lapses: usize,
}

impl FaultyEventLog {
    /// `inner` lets its leases lapse by `time`. The same `seed` lets the same go wrong.
    pub(crate) fn new(
        inner: Arc<dyn EventLog>,
        faults: Faults,
        time: LeaseTime,
        seed: u64,
    ) -> Self {
        let state = Mutex::new(State {
            dice: Dice::of(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            numbers: Vec::new(),
            lapses: 0,
        });
        Self {
            inner,
            faults,
            time,
            state,
        }
    }

    /// The numbers that it gave.
    pub(crate) fn numbers(&self) -> Vec<EventId> {
        self.state.lock().expect("the state").numbers.clone()
    }

    /// How often leases lapsed.
    pub(crate) fn lapses(&self) -> usize {
        self.state.lock().expect("the state").lapses
    }

    fn happens(&self, of_hundred: u64) -> bool {
        let mut state = self.state.lock().expect("the state");
        (state.dice.below(100) as u64) < of_hundred
    }

    async fn delay(&self) {
        while self.happens(self.faults.delays) {
            tokio::task::yield_now().await;
        }
    }

    /// Does something late, or not at all; tells of what was done, or of a failure.
    async fn unsure<T, E>(
        &self,
        does: Answer<'_, Result<T, E>>,
        refused: impl FnOnce() -> E,
    ) -> Result<T, E> {
        self.delay().await;
        if self.happens(self.faults.refusals) {
            return Err(refused());
        }
        let done = does.await;
        self.delay().await;
        match self.happens(self.faults.refusals) {
            true => Err(refused()),
            false => done,
        }
    }

    async fn late<T>(&self, does: Answer<'_, T>) -> T {
        self.delay().await;
        let done = does.await;
        self.delay().await;
        done
    }
}

fn refused() -> LogError {
    LogError::Failed("it is not known whether it was done".into())
}

impl EventLog for FaultyEventLog {
    fn accept(&self, arrival: Arrival) -> Answer<'_, Result<EventId, AcceptError>> {
        let accept = Box::pin(async move {
            let id = self.inner.accept(arrival).await?;
            self.state.lock().expect("the state").numbers.push(id);
            Ok(id)
        });
        Box::pin(self.unsure(accept, || refused().into()))
    }

    fn join(&self, host: Joining) -> Answer<'_, Result<(), LogError>> {
        Box::pin(self.unsure(self.inner.join(host), refused))
    }

    fn lease(&self, holder: HolderId, now_ms: u64) -> Answer<'_, Result<Handed, LogError>> {
        let lease = Box::pin(async move {
            if self.happens(self.faults.lapses) {
                self.state.lock().expect("the state").lapses += 1;
                self.time
                    .pass(EVENT_LEASE_DURATION + Duration::from_millis(1));
            }
            let mut handed = self.inner.lease(holder, now_ms).await?;
            if self.happens(self.faults.repeats) {
                handed.events.extend(handed.events.clone());
                handed.messages.extend(handed.messages.clone());
            }
            Ok(handed)
        });
        // What was handed out and did not arrive comes again when its lease lapses: that is not told apart
        // from a failure before.
        Box::pin(self.late(lease))
    }

    fn woken(&self, holder: HolderId) -> Answer<'_, ()> {
        self.inner.woken(holder)
    }

    fn extend(&self, holder: HolderId) -> Answer<'_, Result<(), LogError>> {
        Box::pin(self.unsure(self.inner.extend(holder), refused))
    }

    fn leave(&self, holder: HolderId) -> Answer<'_, Result<(), LogError>> {
        Box::pin(self.unsure(self.inner.leave(holder), refused))
    }

    fn event(&self, lease: Lease<EventId>) -> Answer<'_, Result<Arc<Event>, LogError>> {
        Box::pin(self.unsure(self.inner.event(lease), refused))
    }

    fn message(&self, lease: Lease<DeliveryId>) -> Answer<'_, Result<Arc<Message>, LogError>> {
        Box::pin(self.unsure(self.inner.message(lease), refused))
    }

    fn settle(&self, lease: Lease<EventId>, next: Settle) -> Answer<'_, Result<(), LogError>> {
        let settle = Box::pin(async move { self.inner.settle(lease, next).await });
        Box::pin(self.unsure(settle, refused))
    }

    fn told(&self, lease: Lease<DeliveryId>, how: Told) -> Answer<'_, Result<(), LogError>> {
        let told = Box::pin(async move { self.inner.told(lease, how).await });
        Box::pin(self.unsure(told, refused))
    }

    fn list(&self, filter: Filter, limit: usize) -> Answer<'_, Result<Vec<Listed>, LogError>> {
        Box::pin(self.late(self.inner.list(filter, limit)))
    }

    fn counts(
        &self,
        account: Arc<str>,
        function: Option<FunctionName>,
        now_ms: u64,
    ) -> Answer<'_, Result<Counts, LogError>> {
        Box::pin(self.late(self.inner.counts(account, function, now_ms)))
    }

    fn administer(
        &self,
        filter: Filter,
        what: Administer,
    ) -> Answer<'_, Result<Moved, AcceptError>> {
        Box::pin(self.late(self.inner.administer(filter, what)))
    }
}
