//! The clocks of a guest: the time of day, and a monotonic one that begins with the guest.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::{Instant, sleep_until};
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

use super::guest_state::GuestState;

/// What both clocks count in.
const RESOLUTION: Duration = Duration::from_nanos(1);

impl wall_clock::Host for GuestState {
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

impl monotonic_clock::Host for GuestState {
    fn now(&mut self) -> wasmtime::Result<monotonic_clock::Instant> {
        Ok(nanoseconds(self.clock_start.elapsed()))
    }

    fn resolution(&mut self) -> wasmtime::Result<monotonic_clock::Duration> {
        Ok(nanoseconds(RESOLUTION))
    }

    fn subscribe_instant(
        &mut self,
        when: monotonic_clock::Instant,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        let until = self.clock_start.checked_add(Duration::from_nanos(when));
        alarm(self, until)
    }

    fn subscribe_duration(
        &mut self,
        duration: monotonic_clock::Duration,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        let until = Instant::now().checked_add(Duration::from_nanos(duration));
        alarm(self, until)
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Something to wait for that is ready at `until`; never, where the clock cannot tell a time so late.
fn alarm(
    state: &mut GuestState,
    until: Option<Instant>,
) -> wasmtime::Result<Resource<DynPollable>> {
    let alarm = state.table.push(Alarm { until })?;
    subscribe(&mut state.table, alarm)
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
