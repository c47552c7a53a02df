//! The threads of the guests that take long: as many as there are cores, at a lower priority than
//! those that serve callers.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

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
    threads: usize,
}

/// How long threads wait for each other that all do the same once. One that is in a guest comes at its next tick.
const MEETING_DURATION_MAX: Duration = Duration::from_millis(100);

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
            threads: cores,
        })
    }

    /// What has each of the threads do `work`, where there is any, for as long as there are these threads.
    pub(in crate::sandbox) fn each(
        these: &Arc<Self>,
        work: Option<fn()>,
    ) -> impl Fn() + Send + Sync + use<> {
        let these = Arc::downgrade(these);
        move || {
            if let (Some(these), Some(work)) = (these.upgrade(), work) {
                these.on_each(work);
            }
        }
    }

    /// Has each of the threads do `work` soon, once: nobody else can do it for them.
    fn on_each(&self, work: fn()) {
        let meeting = Arc::new(Meeting::default());
        for _ in 0..self.threads {
            let (meeting, threads) = (Arc::clone(&meeting), self.threads);
            self.handle.spawn(async move {
                work();
                // Or it would take the share of another, too.
                meeting.wait_for(threads);
            });
        }
    }

    pub(in crate::sandbox) fn handle(&self) -> &Handle {
        &self.handle
    }
}

/// Where threads wait until all have come.
#[derive(Default)]
struct Meeting {
    came: Mutex<usize>,
    comes: Condvar,
}

impl Meeting {
    /// Waits until so many are here, or for [`MEETING_DURATION_MAX`].
    fn wait_for(&self, all: usize) {
        let mut came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        *came += 1;
        self.comes.notify_all();
        let waited = self
            .comes
            .wait_timeout_while(came, MEETING_DURATION_MAX, |came| *came < all);
        drop(waited);
    }
}

impl Drop for LongRunners {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::mpsc::{Sender, channel};
    use std::thread::{self, ThreadId};

    use super::*;

    #[test]
    fn each_thread_does_its_share() {
        static DONE: Mutex<Option<Sender<ThreadId>>> = Mutex::new(None);
        let (done, threads) = channel();
        *DONE.lock().expect("not poisoned") = Some(done);
        let runners = LongRunners::start().expect("they start");
        runners.on_each(|| {
            let done = DONE.lock().expect("not poisoned").clone();
            done.expect("it is there")
                .send(thread::current().id())
                .expect("somebody waits");
        });
        let seen: BTreeSet<String> = (0..runners.threads)
            .map(|_| format!("{:?}", threads.recv().expect("all do it")))
            .collect();
        assert_eq!(seen.len(), runners.threads);
    }
}
