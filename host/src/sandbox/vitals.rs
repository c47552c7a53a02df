//! What is known of a guest from outside while it runs: its log, its memory, its last words.
//!
//! A guest that does not give up its thread in time is answered for without it, so these live beside
//! the sandbox and not in it.

pub(in crate::sandbox) mod log_mask;
mod log_tail;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;

use crate::domain::{FunctionError, Lock, LogListener};
use log_mask::LogMask;
use log_tail::LogTail;

/// Shared between a sandbox and whoever waits for it.
#[derive(Default)]
pub(super) struct Vitals {
    log: Lock<LogTail>,
    /// Is told of the log while it is written.
    listener: Lock<Option<LogListener>>,
    memory_bytes: AtomicU64,
    memory_refused: AtomicBool,
    host_memory_refused: AtomicBool,
    last_words: Lock<Option<FunctionError>>,
    /// Set when the guest has used up a slice of time without an answer.
    pub(super) ticked: AtomicBool,
    /// Set when nobody waits any more: the guest ends at its next tick.
    pub(super) abandoned: AtomicBool,
}

impl Vitals {
    /// Forgets what an earlier invocation said and did, or the setting up of a sandbox that was
    /// prepared. Its memory is still there, and still counts.
    pub(super) fn begin(&self) {
        drop(self.take_log(None));
        drop(self.take_reported_failure());
        for flag in [
            &self.memory_refused,
            &self.host_memory_refused,
            &self.ticked,
            &self.abandoned,
        ] {
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
        if log.is_within_line() {
            log.write(b"\n");
        }
        log.write(lines.as_bytes());
        drop(log);
        self.tell(lines.as_bytes());
    }

    /// Takes the log out, without what `mask` hides; nobody is told of what is written after it.
    pub(super) fn take_log(&self, mask: Option<&LogMask>) -> Bytes {
        drop(self.listener.lock().take());
        std::mem::take(&mut *self.log.lock()).into_bytes(mask)
    }

    /// Memory never shrinks while a guest lives, so what it has is the most it had.
    pub(super) fn memory_bytes(&self) -> u64 {
        self.memory_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn set_memory_bytes(&self, bytes: u64) {
        self.memory_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn memory_refused(&self) -> bool {
        self.memory_refused.load(Ordering::Relaxed)
    }

    /// What happened last is what a guest most likely ends of: this takes its last words back, and
    /// they take this back.
    pub(super) fn refuse_memory(&self) {
        *self.last_words.lock() = None;
        self.memory_refused.store(true, Ordering::Relaxed);
    }

    pub(super) fn host_memory_refused(&self) -> bool {
        self.host_memory_refused.load(Ordering::Relaxed)
    }

    pub(super) fn refuse_host_memory(&self) {
        self.host_memory_refused.store(true, Ordering::Relaxed);
    }

    pub(super) fn report_failure(&self, error: FunctionError) {
        self.memory_refused.store(false, Ordering::Relaxed);
        *self.last_words.lock() = Some(error);
    }

    pub(super) fn take_reported_failure(&self) -> Option<FunctionError> {
        self.last_words.lock().take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_invocation_said_and_did_is_forgotten_and_its_memory_is_not() {
        let vitals = Vitals::default();
        vitals.write_log(b"words");
        vitals.set_memory_bytes(65_536);
        vitals.report_failure(FunctionError::Exited { status: 1 });
        vitals.memory_refused.store(true, Ordering::Relaxed);
        vitals.refuse_host_memory();
        vitals.ticked.store(true, Ordering::Relaxed);
        vitals.abandoned.store(true, Ordering::Relaxed);
        vitals.begin();
        assert_eq!(vitals.take_log(None), "");
        assert_eq!(vitals.take_reported_failure(), None);
        assert!(!vitals.memory_refused() && !vitals.host_memory_refused());
        assert!(!vitals.ticked.load(Ordering::Relaxed));
        assert!(!vitals.abandoned.load(Ordering::Relaxed));
        assert_eq!(vitals.memory_bytes(), 65_536);
    }
}
