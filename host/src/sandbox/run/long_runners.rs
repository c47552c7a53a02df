//! The threads of the guests that take long: as many as there are cores, at a lower priority than
//! those that serve callers.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// How much nicer than the others: enough that a caller's thread always goes first, not so much that
/// long guests starve under a load of short ones.
const NICENESS: i32 = 10;

/// A runtime for guests that take long. Leaves its threads to themselves when it is dropped, since
/// one may be in a guest until that guest's next tick.
pub(in crate::sandbox) struct LongRunners {
    handle: Handle,
    /// Taken when it is dropped, and never before.
    runtime: Option<Runtime>,
}

impl LongRunners {
    pub(in crate::sandbox) fn start() -> io::Result<Self> {
        let cores = std::thread::available_parallelism()?.get();
        let runtime = Builder::new_multi_thread()
            .worker_threads(cores)
            .thread_name("sparkler-long")
            .enable_time()
            .enable_io()
            .on_thread_start(|| {
                // On Linux this is the priority of the calling thread. A refusal costs only speed.
                let _ = rustix::process::setpriority_process(None, NICENESS);
            })
            .build()?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
        })
    }

    pub(in crate::sandbox) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for LongRunners {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
