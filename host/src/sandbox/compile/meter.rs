//! How much processor time a compilation has used.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Tells how much one attempt has used. A clone tells of the same.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    started: Instant,
    /// The process that does it; 0 where none has begun, or where it is done in this one.
    process: Arc<AtomicU32>,
}

impl Meter {
    /// Nothing is used yet.
    pub(super) fn start() -> Self {
        Self {
            started: Instant::now(),
            process: Arc::default(),
        }
    }

    /// From now on tells of this process.
    #[cfg_attr(
        not(feature = "compiler"),
        expect(dead_code, reason = "without a compiler there is no process")
    )]
    pub(super) fn watch(&self, process: Option<u32>) {
        self.process.store(process.unwrap_or(0), Ordering::Relaxed);
    }

    /// Processor time of the process, over all its threads. None where it is done in this process, which cannot be
    /// told apart; where the system does not tell, what has passed.
    pub(super) fn used(&self) -> Duration {
        match self.process.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            process => processor_time(process).unwrap_or_else(|| self.elapsed()),
        }
    }

    /// What has passed since it began, where it is done in a process that can be ended.
    pub(super) fn passed(&self) -> Duration {
        match self.process.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            _ => self.elapsed(),
        }
    }

    /// What has passed since it began.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// Also of one that has ended, as long as nobody has waited for it.
fn processor_time(process: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    processor_time_in(&stat)
}

/// The times in user and in kernel mode, which are the 14th and the 15th field. The second is the name of the program in
/// brackets, which may hold anything.
fn processor_time_in(stat: &str) -> Option<Duration> {
    /// Hundredths of a second, as Linux shows them on every machine.
    const TICK: Duration = Duration::from_millis(10);
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut times = behind_name.split_ascii_whitespace().skip(11);
    let mut ticks = || times.next()?.parse::<u32>().ok();
    Some(TICK.saturating_mul(ticks()?) + TICK.saturating_mul(ticks()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_times_of_a_process_are_added_whatever_it_is_called() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 1 0 0 0 250 50 9 9 20 0 1 0 12 13 14";
        assert_eq!(processor_time_in(stat), Some(Duration::from_secs(3)));
        assert_eq!(processor_time_in("7 (a) S 1"), None);
    }

    #[test]
    fn a_process_that_works_is_seen_to() {
        let meter = Meter::start();
        assert_eq!(meter.used(), Duration::ZERO);
        meter.watch(Some(std::process::id()));
        let before = meter.used();
        while meter.used() == before {
            std::hint::black_box(0);
        }
    }
}
