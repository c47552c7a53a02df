//! `wasi:clocks`: the time of day, and a monotonic clock that begins with the guest.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::{Instant, sleep_until};
use wasmtime::component::{Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

use super::names::Provided;
use super::part::{Called, Calls, InSnapshot, Part, Reaches};
use super::shared::Shared;

/// What both clocks count in.
const RESOLUTION: Duration = Duration::from_nanos(1);

/// When the monotonic clock of a guest stood at its beginning.
pub(in crate::sandbox) struct Clocks {
    start: Instant,
}

impl Part for Clocks {
    type Host = ();
    const TITLE: &'static str = "clocks";
    const PROVIDED: &'static [Provided] = &[
        Provided::wasi("wasi:clocks/monotonic-clock"),
        Provided::wasi("wasi:clocks/wall-clock"),
    ];
    const NEEDED: Option<&'static str> = None;
    const IN_SNAPSHOT: InSnapshot = InSnapshot::There;

    fn new((): &(), _: &Shared) -> Self {
        Self {
            start: Instant::now(),
        }
    }

    fn link<T: Reaches<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        wall_clock::add_to_linker::<T, Calls<Self>>(linker, T::called)?;
        monotonic_clock::add_to_linker::<T, Calls<Self>>(linker, T::called)
    }
}

impl Clocks {
    /// Has the monotonic clock begin at `elapsed`, so that it goes on after what a guest read of it while
    /// it was initialized.
    pub(in crate::sandbox) fn start_after(&mut self, elapsed: Duration) {
        self.start = self.start.checked_sub(elapsed).unwrap_or(self.start);
    }
}

impl wall_clock::Host for Called<'_, Clocks> {
    fn now(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        // A machine whose clock stands before 1970 has no better answer.
        Ok(datetime(
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
        ))
    }

    fn resolution(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        Ok(datetime(RESOLUTION))
    }
}

fn datetime(since_epoch: Duration) -> wall_clock::Datetime {
    wall_clock::Datetime {
        seconds: since_epoch.as_secs(),
        nanoseconds: since_epoch.subsec_nanos(),
    }
}

impl monotonic_clock::Host for Called<'_, Clocks> {
    fn now(&mut self) -> wasmtime::Result<monotonic_clock::Instant> {
        Ok(nanoseconds(self.part.start.elapsed()))
    }

    fn resolution(&mut self) -> wasmtime::Result<monotonic_clock::Duration> {
        Ok(nanoseconds(RESOLUTION))
    }

    fn subscribe_instant(
        &mut self,
        when: monotonic_clock::Instant,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        let until = self.part.start.checked_add(Duration::from_nanos(when));
        alarm(self.shared.table.lend(), until)
    }

    fn subscribe_duration(
        &mut self,
        duration: monotonic_clock::Duration,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        let until = Instant::now().checked_add(Duration::from_nanos(duration));
        alarm(self.shared.table.lend(), until)
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Something to wait for that is ready at `until`; never, where the clock cannot tell a time so late.
fn alarm(
    table: &mut ResourceTable,
    until: Option<Instant>,
) -> wasmtime::Result<Resource<DynPollable>> {
    let alarm = table.push(Alarm { until })?;
    subscribe(table, alarm)
}

struct Alarm {
    until: Option<Instant>,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Alarm {
    async fn ready(&mut self) {
        match self.until {
            // At once: guests ask whether it is ready now, and one that asks in a loop is interrupted by
            // the ticks.
            Some(until) if until <= Instant::now() => {}
            Some(until) => sleep_until(until).await,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Waker};

    fn is_ready(until: Option<Instant>) -> bool {
        let mut alarm = Alarm { until };
        let mut context = Context::from_waker(Waker::noop());
        pin!(alarm.ready()).poll(&mut context).is_ready()
    }

    #[tokio::test]
    async fn an_alarm_is_ready_as_soon_as_its_time_has_come() {
        let now = Instant::now();
        assert!(is_ready(Some(now)));
        assert!(!is_ready(Some(now + Duration::from_secs(60))));
        assert!(!is_ready(None));
    }
}
