//! Runs a future to its end where nothing else runs.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{self, Poll, Wake, Waker};

/// Polls `future` until it is done.
///
/// # Panics
///
/// If the future waits and has not woken itself: there is no other thread and no reactor, so
/// nothing could wake it later, and going on would be a hang until the deadline.
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let bell = Arc::new(Bell(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&bell));
    let mut task = task::Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut task) {
            return output;
        }
        assert!(
            bell.0.swap(false, Ordering::Relaxed),
            "the handler awaits something that nothing in its sandbox can wake. The SDK's executor \
             only drives futures that are ready or wake themselves: for timers and input of WASI, \
             make the handler a plain `fn` that calls `wstd::runtime::block_on`"
        );
    }
}

/// Rings when the future asks to be polled again.
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn, ready};

    use super::*;

    #[test]
    fn a_ready_future_is_done_at_once() {
        assert_eq!(block_on(async { ready(20).await + 1 }), 21);
    }

    #[test]
    fn a_future_that_wakes_itself_is_polled_again() {
        let mut polls = 0;
        let output = block_on(poll_fn(|task| {
            polls += 1;
            task.waker().wake_by_ref();
            if polls == 3 {
                Poll::Ready("done")
            } else {
                Poll::Pending
            }
        }));
        assert_eq!((output, polls), ("done", 3));
    }

    #[test]
    #[should_panic(expected = "nothing in its sandbox can wake")]
    fn a_future_that_nothing_can_wake_is_a_panic() {
        block_on(pending::<()>());
    }
}
