//! A response that is read while its function writes it.

use bytes::Bytes;
use tokio::task::JoinHandle;

use crate::domain::{Outcome, Refusal, Report};
use crate::invoker::{Piece, ResponseSource};

/// A response that comes in pieces. Dropping it ends the guest.
pub struct StreamedResponse {
    source: ResponseSource,
    running: Running,
}

enum Running {
    Guest(JoinHandle<Result<Report, Refusal>>),
    Ended(Result<Report, Refusal>),
}

impl StreamedResponse {
    pub(super) fn new(
        source: ResponseSource,
        running: JoinHandle<Result<Report, Refusal>>,
    ) -> Self {
        Self {
            source,
            running: Running::Guest(running),
        }
    }

    /// The next piece; `None` when the function has ended, well or not. A bounded number of bytes waits to be
    /// read; then the function waits.
    pub async fn next(&mut self) -> Option<Bytes> {
        let Running::Guest(guest) = &mut self.running else {
            return self.source.take().map(Piece::into_bytes);
        };
        let ended = tokio::select! {
            biased;
            piece = self.source.next() => return Some(piece.into_bytes()),
            ended = guest => ended,
        };
        let mut ended = ended.unwrap_or(Err(Refusal::Internal));
        // What was written last, then what was not streamed: all of a function that does not stream.
        let mut last = self.source.take().map(Piece::into_bytes);
        if let Ok(report) = &mut ended
            && let Outcome::Returned(rest) = &mut report.outcome
            && last.is_none()
        {
            last = Some(std::mem::take(rest)).filter(|rest| !rest.is_empty());
        }
        self.running = Running::Ended(ended);
        last
    }

    /// What became of the call. Reads and drops what was not read of the response.
    ///
    /// # Errors
    /// As [`Function::invoke`](super::Function::invoke).
    pub async fn report(mut self) -> Result<Report, Refusal> {
        while self.next().await.is_some() {}
        match self.running {
            Running::Ended(ended) => ended,
            Running::Guest(_) => Err(Refusal::Internal),
        }
    }
}
