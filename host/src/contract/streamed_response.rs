//! A streamed invocation on its way to the caller: what the function writes, and how it ended.
//!
//! The function runs in a task of its own, so that its deadline is kept while a slow caller holds the
//! connection up. Dropping this end says that nobody reads any more, which ends the function.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::task::JoinHandle;

use crate::domain::{Invocation, Refusal, VersionId, WebTrailers};
use crate::invoker::{
    Completion, How, Invoker, Piece, Resolved, ResponseSource, RunGuest, response_pipe,
};

/// An invocation that runs.
pub(super) struct Streamed {
    source: ResponseSource,
    run: JoinHandle<Result<Completion, Refusal>>,
    /// Set when it has ended, until that was told.
    ended: Option<Result<Completion, Refusal>>,
}

/// What there is to tell of it.
pub(super) enum Progress {
    /// It wrote this.
    Wrote(Piece),
    /// It has ended, and everything that it wrote was told before.
    Ended(Result<Completion, Refusal>),
}

impl Streamed {
    /// Runs `invocation`, and holds `held` until it has ended.
    pub(super) fn begin<G: RunGuest>(
        invoker: Arc<Invoker<G>>,
        resolved: Resolved,
        invocation: Invocation,
        held: impl Send + 'static,
    ) -> Self {
        let (sink, source) = response_pipe();
        let run = tokio::spawn(async move {
            let completion = invoker.run(resolved, invocation, How::streamed(sink)).await;
            drop(held);
            completion
        });
        Self::new(source, run)
    }

    /// The invocation that `run` runs and that writes to where `source` reads.
    fn new(source: ResponseSource, run: JoinHandle<Result<Completion, Refusal>>) -> Self {
        Self {
            source,
            run,
            ended: None,
        }
    }

    /// What comes next. Not to be asked for after the end.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Progress> {
        if let Poll::Ready(piece) = self.source.poll_next(context) {
            return Poll::Ready(Progress::Wrote(piece));
        }
        if let Some(ended) = self.ended.take() {
            return Poll::Ready(Progress::Ended(ended));
        }
        let ended = ready!(Pin::new(&mut self.run).poll(context));
        let ended = ended.unwrap_or(Err(Refusal::Internal));
        // What it wrote between the two looks is older than its end.
        match self.source.poll_next(context) {
            Poll::Ready(piece) => {
                self.ended = Some(ended);
                Poll::Ready(Progress::Wrote(piece))
            }
            Poll::Pending => Poll::Ready(Progress::Ended(ended)),
        }
    }

    /// What comes next.
    pub(super) async fn next(&mut self) -> Progress {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    /// What follows the last byte of a response for HTTP, once its function has ended.
    pub(super) fn take_trailers(&mut self) -> Option<WebTrailers> {
        self.source.take_trailers()
    }

    /// The version that runs, once it has begun.
    pub(super) fn executed(&self) -> Option<VersionId> {
        self.source.executed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::Waker;

    #[tokio::test]
    async fn all_that_was_written_is_told_before_the_end() {
        let (sink, source) = response_pipe();
        let run = tokio::spawn(async move {
            sink.push(b"first");
            tokio::task::yield_now().await;
            sink.push(b"last");
            Err(Refusal::ShuttingDown)
        });
        let mut streamed = Streamed::new(source, run);
        let mut told = Vec::new();
        let ended = loop {
            match streamed.next().await {
                Progress::Wrote(piece) => told.extend(piece.into_bytes()),
                Progress::Ended(ended) => break ended,
            }
        };
        assert_eq!(told, b"firstlast");
        assert_eq!(ended.err(), Some(Refusal::ShuttingDown));
    }

    #[tokio::test]
    async fn what_is_written_is_told_while_it_runs() {
        let (sink, source) = response_pipe();
        let run = tokio::spawn(std::future::pending());
        let mut streamed = Streamed::new(source, run);
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(streamed.next()).poll(&mut context).is_pending());
        sink.push(b"first");
        match streamed.next().await {
            Progress::Wrote(piece) => assert_eq!(piece.into_bytes(), "first"),
            Progress::Ended(_) => panic!("it runs"),
        }
    }

    #[tokio::test]
    async fn a_run_that_panics_has_ended_too() {
        let (_sink, source) = response_pipe();
        let run = tokio::spawn(async { panic!("as a test") });
        match Streamed::new(source, run).next().await {
            Progress::Ended(ended) => assert_eq!(ended.err(), Some(Refusal::Internal)),
            Progress::Wrote(piece) => panic!("{piece:?}"),
        }
    }
}
