//! Calls that block, on threads that may.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// A call that runs elsewhere. One that has not begun when this is dropped never does.
pub(super) struct Job<T>(JoinHandle<io::Result<T>>);

impl<T: Send + 'static> Job<T> {
    pub(super) fn start(
        elsewhere: &Handle,
        call: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Self {
        Self(elsewhere.spawn_blocking(call))
    }

    /// Its result, if it has ended.
    pub(super) fn ended(&mut self) -> Option<io::Result<T>> {
        match Pin::new(self).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }
}

impl<T> Future for Job<T> {
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = Pin::new(&mut self.0).poll(context);
        ended.map(|joined| joined.unwrap_or_else(|_| Err(io::Error::other("the call broke down"))))
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
