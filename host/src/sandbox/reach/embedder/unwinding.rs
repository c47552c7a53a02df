//! Panics of an embedder's functions: they end the guest that called, and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// What `work` gives, or an error where it panics.
pub(super) fn caught<T>(work: impl FnOnce() -> wasmtime::Result<T>) -> wasmtime::Result<T> {
    // What it may leave half done is the embedder's own; of the host it has a copy of the caller.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(panicked()))
}

/// The same of a future.
pub(super) struct Caught<F>(pub(super) Pin<Box<F>>);

impl<T, F: Future<Output = wasmtime::Result<T>>> Future for Caught<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let polled = catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context)));
        polled.unwrap_or_else(|_| Poll::Ready(Err(panicked())))
    }
}

fn panicked() -> wasmtime::Error {
    wasmtime::Error::msg("it panicked")
}
