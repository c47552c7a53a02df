//! What is known of a guest from outside while it runs: its log, its memory, its last words.
//!
//! A guest that does not give up its thread in time is answered for without it, so these live beside
//! the sandbox and not in it.

pub(in crate::sandbox) mod log_mask;
mod log_tail;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use crate::domain::{FunctionError, Lock, LogListener};
use crate::sandbox::memory::budget::Budget;
use crate::sandbox::memory::charge::Charge;
use log_mask::LogMask;
use log_tail::LogTail;

/// Shared between a sandbox and whoever waits for it.
pub(super) struct Vitals {
    /// All that the guest holds.
    budget: Arc<Budget>,
    log: Lock<Log>,
    /// Is told of the log while it is written.
    listener: Lock<Option<LogListener>>,
    last_words: Lock<Option<LastWords>>,
    /// What the guest has turned to that is not the same for all sandboxes of its function.
    turned_to: Lock<Option<&'static str>>,
    /// Set when the guest has used up a slice of time without an answer, or is known to: it runs elsewhere then.
    pub(super) ticked: AtomicBool,
    /// Set when nobody waits any more: the guest ends at its next tick.
    pub(super) abandoned: AtomicBool,
}

/// What is kept of the log, and what it costs. It is bounded, so there is always room for it.
struct Log {
    tail: LogTail,
    charge: Charge,
}

struct LastWords {
    error: FunctionError,
    _charge: Charge,
}

impl Log {
    fn write(&mut self, bytes: &[u8]) {
        self.tail.write(bytes);
        let held = self.tail.held_bytes();
        if held != self.charge.bytes() {
            self.charge.set_regardless(held);
        }
    }
}

impl Vitals {
    /// Those of a guest that has this to spend.
    pub(super) fn new(budget: Arc<Budget>) -> Self {
        Self {
            log: Lock::new(Log {
                tail: LogTail::default(),
                charge: Charge::none(&budget),
            }),
            budget,
            listener: Lock::default(),
            last_words: Lock::default(),
            turned_to: Lock::default(),
            ticked: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
        }
    }

    /// Notes that the guest has turned to what is not the same for all sandboxes of its function. The first counts.
    pub(super) fn note_turn_to(&self, what: &'static str) {
        self.turned_to.lock().get_or_insert(what);
    }

    /// What it has turned to of that.
    #[cfg(feature = "compiler")]
    pub(super) fn turned_to(&self) -> Option<&'static str> {
        *self.turned_to.lock()
    }

    /// Forgets what an earlier invocation said and did, or the setting up of a sandbox that was
    /// prepared. Its memory is still there, and still counts.
    pub(super) fn begin(&self) {
        drop(self.take_log(None));
        drop(self.take_reported_failure());
        self.budget.begin();
        for flag in [&self.ticked, &self.abandoned] {
            flag.store(false, Ordering::Relaxed);
        }
    }

    pub(super) fn write_log(&self, bytes: &[u8]) {
        self.log.lock().write(bytes);
        self.tell(bytes);
    }

    /// Has somebody told of what is written from now on, until the log is taken.
    pub(super) fn listen(&self, listener: Option<LogListener>) {
        *self.listener.lock() = listener;
    }

    /// Outside of the lock: a listener may take its time, and may panic.
    fn tell(&self, bytes: &[u8]) {
        let listener = self.listener.lock().clone();
        if let Some(listener) = listener {
            listener.hear(bytes);
        }
    }

    /// Writes whole lines, after the end of the line that the guest may have left open.
    pub(super) fn write_log_lines(&self, lines: &str) {
        let mut log = self.log.lock();
        if log.tail.is_within_line() {
            log.write(b"\n");
        }
        log.write(lines.as_bytes());
        drop(log);
        self.tell(lines.as_bytes());
    }

    /// Takes the log out, without what `mask` hides; nobody is told of what is written after it.
    pub(super) fn take_log(&self, mask: Option<&LogMask>) -> Bytes {
        drop(self.listener.lock().take());
        let mut log = self.log.lock();
        let tail = std::mem::take(&mut log.tail);
        log.charge.set_regardless(0);
        drop(log);
        tail.into_bytes(mask)
    }

    /// All that the guest holds.
    pub(super) fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// What happened last is what a guest most likely ends of: where memory was refused before its last words, it went
    /// on after that.
    pub(super) fn report_failure(&self, error: FunctionError) {
        self.budget.forget_refusal();
        let mut charge = Charge::none(&self.budget);
        charge.set_regardless(error.text_bytes());
        *self.last_words.lock() = Some(LastWords {
            error,
            _charge: charge,
        });
    }

    pub(super) fn take_reported_failure(&self) -> Option<FunctionError> {
        self.last_words.lock().take().map(|words| words.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::INVOCATION_LOG_BYTES_MAX;
    use crate::sandbox::memory::budget::tests::budget_of;

    #[test]
    fn what_an_earlier_invocation_said_and_did_is_forgotten_and_its_memory_is_not() {
        let vitals = Vitals::new(budget_of(100_000));
        vitals.write_log(b"words");
        vitals.budget().take(65_536).expect("there is room");
        vitals.report_failure(FunctionError::Exited { status: 1 });
        vitals.budget().take(65_536).expect_err("there is no room");
        vitals.ticked.store(true, Ordering::Relaxed);
        vitals.abandoned.store(true, Ordering::Relaxed);
        vitals.begin();
        assert_eq!(vitals.take_log(None), "");
        assert_eq!(vitals.take_reported_failure(), None);
        assert!(!vitals.budget().is_spent() && !vitals.budget().is_host_spent());
        assert!(!vitals.ticked.load(Ordering::Relaxed));
        assert!(!vitals.abandoned.load(Ordering::Relaxed));
        assert_eq!(vitals.budget().peak_bytes(), 65_536);
    }

    #[test]
    fn a_log_and_last_words_count_while_they_are_kept() {
        let budget = budget_of(0);
        let vitals = Vitals::new(Arc::clone(&budget));
        let error = |text: &str| FunctionError::Handler {
            error_type: String::new(),
            message: text.into(),
            stack_trace: vec![text.into()],
        };
        vitals.report_failure(error("0123456789"));
        vitals.report_failure(error("0123456789"));
        assert_eq!(budget.held_bytes(), 20);
        vitals.take_reported_failure();
        for _ in 0..3 {
            vitals.write_log(&vec![b'x'; INVOCATION_LOG_BYTES_MAX]);
        }
        let held = budget.held_bytes();
        assert_eq!(held, INVOCATION_LOG_BYTES_MAX as u64);
        drop(vitals.take_log(None));
        assert_eq!(budget.held_bytes(), 0);
    }
}
