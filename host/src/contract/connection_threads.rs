//! The threads that serve connections: one for each core, each with a runtime of its own.
//!
//! A connection stays on the thread that it was given. So a request is read, its function called and its
//! answer written where its memory is at hand, and no thread is woken for another one's work, which costs
//! more than a call. A guest that takes long leaves such a thread by itself, before others wait for it.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;

/// How much nicer than those that serve the others are: a caller's thread goes first, and yet somebody waits for them.
const NICENESS: i32 = 5;

/// The threads. They end soon after this is dropped, with everything that still runs on them.
pub(crate) struct ConnectionThreads {
    runtimes: Vec<Handle>,
    next: AtomicUsize,
    /// Dropping it ends the threads.
    _end: watch::Sender<()>,
}

impl ConnectionThreads {
    /// Starts as many threads as there are cores.
    ///
    /// # Errors
    /// Where the system gives no thread, or a thread no queue of events.
    pub(crate) fn start() -> io::Result<Self> {
        Self::of("sparkler-serve", 0)
    }

    /// The same under another name, for what of connections is not to delay those that are served.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub(super) fn behind_others(name: &'static str) -> io::Result<Self> {
        Self::of(name, NICENESS)
    }

    fn of(name: &'static str, niceness: i32) -> io::Result<Self> {
        let (end, ended) = watch::channel(());
        let cores = thread::available_parallelism()?.get();
        let runtimes = (0..cores).map(|_| start_thread(name, niceness, ended.clone()));
        Ok(Self {
            runtimes: runtimes.collect::<io::Result<_>>()?,
            next: AtomicUsize::new(0),
            _end: end,
        })
    }

    /// Where the next connection is to be served: each in turn.
    pub(super) fn next(&self) -> &Handle {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        &self.runtimes[turn % self.runtimes.len()]
    }
}

fn start_thread(
    name: &'static str,
    niceness: i32,
    mut ended: watch::Receiver<()>,
) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new().name(name.into()).spawn(move || {
        if niceness != 0 {
            // On Linux this is the priority of the calling thread. A refusal costs only speed.
            let _ = rustix::process::setpriority_process(None, niceness);
        }
        // Nothing is ever sent: it ends with the sender.
        runtime.block_on(async { while ended.changed().await.is_ok() {} });
        runtime.shutdown_background();
    })?;
    Ok(handle)
}
