//! Work that ends even when nobody waits for it any more.
//!
//! A caller that goes away does not stop its function, as in AWS. The work runs in the caller's own
//! task, which is cheapest, and moves to a task of its own only when the caller's is dropped.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::runtime::Handle;

/// `work`, as something to wait for.
pub(super) fn run_to_end<F>(work: F) -> RunToEnd<F>
where
    F: Future + Send + 'static,
{
    RunToEnd {
        work: Some(Box::pin(work)),
    }
}

pub(super) struct RunToEnd<F: Future + Send + 'static> {
    /// `None` once it has ended.
    work: Option<Pin<Box<F>>>,
}

impl<F: Future + Send + 'static> Future for RunToEnd<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let work = self
            .work
            .as_mut()
            .expect("a future is not polled after its end");
        let output = ready!(work.as_mut().poll(context));
        self.work = None;
        Poll::Ready(output)
    }
}

impl<F: Future + Send + 'static> Drop for RunToEnd<F> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take()
            && !std::thread::panicking()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(async move { drop(work.await) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn work_goes_on_when_its_caller_goes_away() {
        let (start, started) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel::<&str>();
        let mut work = run_to_end(async move {
            started.await.expect("it is started");
            end.send("ended").expect("the test waits");
        });
        assert!(futures_pending(&mut work).await);
        drop(work);
        start.send(()).expect("the work still waits");
        assert_eq!(ended.await, Ok("ended"));
    }

    #[tokio::test]
    async fn its_output_reaches_a_caller_that_stays() {
        assert_eq!(run_to_end(async { 7 }).await, 7);
    }

    async fn futures_pending<F: Future + Unpin>(future: &mut F) -> bool {
        std::future::poll_fn(|context| {
            Poll::Ready(Pin::new(&mut *future).poll(context).is_pending())
        })
        .await
    }
}
