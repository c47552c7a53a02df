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
        let (end, ended) = watch::channel(());
        let cores = thread::available_parallelism()?.get();
        let runtimes = (0..cores).map(|_| start_thread(ended.clone()));
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

fn start_thread(mut ended: watch::Receiver<()>) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name("sparkler-serve".into())
        .spawn(move || {
            // Nothing is ever sent: it ends with the sender.
            runtime.block_on(async { while ended.changed().await.is_ok() {} });
            runtime.shutdown_background();
        })?;
    Ok(handle)
}
