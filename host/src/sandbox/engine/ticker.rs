//! The clock of the deadlines: a thread of its own, so that it ticks however busy the others are.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use wasmtime::Engine;

use crate::limits;

/// Ticks without a guest before the clock is left to sleep: to wake it costs as much as a call, and most
/// calls come soon after another.
const IDLE_TICKS: u32 = 50;

/// Advances the engine's epoch while guests run; sleeps once none has for a while.
pub(in crate::sandbox) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    running: AtomicUsize,
    asleep: AtomicBool,
    stopped: AtomicBool,
}

/// Held while a guest runs: the clock ticks as long as there is one of these.
pub(in crate::sandbox) struct Ticking {
    shared: Arc<Shared>,
}

impl Ticker {
    /// Starts the clock of `engine`.
    pub(in crate::sandbox) fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            running: AtomicUsize::new(0),
            asleep: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        });
        let (for_thread, engine) = (Arc::clone(&shared), engine.weak());
        let thread = thread::Builder::new()
            .name("sparkler-ticker".into())
            .spawn(move || {
                let mut idle_ticks = 0;
                while !for_thread.stopped.load(Ordering::Acquire) {
                    idle_ticks = match for_thread.is_idle() {
                        true => idle_ticks + 1,
                        false => 0,
                    };
                    if idle_ticks > IDLE_TICKS {
                        for_thread.sleep_while_idle();
                        idle_ticks = 0;
                        continue;
                    }
                    thread::sleep(limits::TICK);
                    match engine.upgrade() {
                        Some(engine) => engine.increment_epoch(),
                        None => break,
                    }
                }
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Keeps the clock ticking until the answer is dropped.
    pub(in crate::sandbox) fn hold(&self) -> Ticking {
        self.count_one_more();
        Ticking {
            shared: Arc::clone(&self.shared),
        }
    }

    fn count_one_more(&self) {
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        if self.shared.asleep.load(Ordering::SeqCst)
            && let Some(thread) = &self.thread
        {
            thread.thread().unpark();
        }
    }
}

impl Shared {
    fn is_idle(&self) -> bool {
        self.running.load(Ordering::Relaxed) == 0
    }

    /// Parks the thread while no guest runs. `hold` counts first and looks at `asleep` then, this
    /// side the other way round, so that one of the two always sees the other.
    fn sleep_while_idle(&self) {
        self.asleep.store(true, Ordering::SeqCst);
        while self.running.load(Ordering::SeqCst) == 0 && !self.stopped.load(Ordering::Acquire) {
            thread::park();
        }
        self.asleep.store(false, Ordering::SeqCst);
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.shared.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic of the clock has been reported by its own hook; there is nothing to add.
            let _ = thread.join();
        }
    }
}
