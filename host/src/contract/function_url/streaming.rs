//! A response that begins before its function has ended, in the invoke mode `RESPONSE_STREAM`.
//!
//! What goes wrong before the head of the response is known is an answer like any other. What goes wrong
//! later cuts the connection, so that nobody takes a part for the whole.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::TRAILER;
use http_body::Frame;

use super::head::{self, Malformed, Takes};
use super::stream_reply::{self, Beginning};
use crate::contract::streamed_response::{Progress, Streamed};
use crate::domain::{Outcome, Refusal};
use crate::invoker::{Completion, Piece};

/// Why there is no response.
pub(super) enum NoResponse {
    /// The function did not run.
    Refused(Refusal),
    /// It failed before the response began.
    Failed,
    /// What it began with is no response.
    Malformed(Malformed),
}

/// The response that an invocation gives, as soon as its head is known. One that has no body, such as that
/// of a HEAD request, is given when the function has ended.
pub(super) async fn response(mut streamed: Streamed, takes: Takes) -> Result<Response, NoResponse> {
    let mut beginning = Beginning::default();
    let begun = loop {
        match streamed.next().await {
            Progress::Wrote(Piece::Head(head)) => break Ok((*head, Bytes::new())),
            Progress::Wrote(Piece::Bytes(bytes)) => beginning.add(&bytes),
            Progress::Ended(ended) => return at_once(ended, beginning, takes),
        }
        if beginning.is_decided() {
            break stream_reply::begun(beginning.into_bytes());
        }
    };
    match begun {
        Ok((mut head, first)) if takes.body && !head::is_bodiless(&head) => {
            if !takes.trailers {
                head.headers.remove(TRAILER);
            }
            let rest = Rest {
                ready: data(first).into_iter().collect(),
                streamed,
                stage: Stage::Running,
            };
            Ok(head::begun(head, Body::new(rest)))
        }
        Ok((head, _)) => {
            run_to_end(streamed).await;
            Ok(head::begun(head, Body::empty()))
        }
        Err(malformed) => {
            run_to_end(streamed).await;
            Err(NoResponse::Malformed(malformed))
        }
    }
}

/// The response of a function that ended before the head was known.
fn at_once(
    ended: Result<Completion, Refusal>,
    mut beginning: Beginning,
    takes: Takes,
) -> Result<Response, NoResponse> {
    let completion = ended.map_err(NoResponse::Refused)?;
    match completion.report.outcome {
        Outcome::Failed(_) => Err(NoResponse::Failed),
        Outcome::Web(response) => Ok(head::given(*response, takes)),
        Outcome::Returned(rest) => {
            beginning.add(&rest);
            let whole = stream_reply::streamed(beginning.into_bytes());
            whole.map_err(NoResponse::Malformed)
        }
    }
}

/// Reads what nobody wants, since the function is not to be ended for that.
async fn run_to_end(mut streamed: Streamed) {
    while let Progress::Wrote(_) = streamed.next().await {}
}

/// What follows the head.
struct Rest {
    /// What is sent next.
    ready: VecDeque<Frame<Bytes>>,
    streamed: Streamed,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The function runs.
    Running,
    /// It has failed, and the connection is about to be cut.
    Failed,
    /// Nothing follows.
    Over,
}

impl http_body::Body for Rest {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(frame)));
            }
            match self.stage {
                Stage::Running => {}
                Stage::Over => return Poll::Ready(None),
                Stage::Failed => {
                    self.stage = Stage::Over;
                    return Poll::Ready(Some(Err(io::Error::other(
                        "the function failed after its response had begun",
                    ))));
                }
            }
            match ready!(self.streamed.poll_next(context)) {
                Progress::Wrote(piece) => self.ready.extend(data(piece.into_bytes())),
                Progress::Ended(ended) => self.end(ended),
            }
            if self.stage == Stage::Failed {
                // The server sends what it has while nothing more is ready, and drops it at an error.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }
}

impl Rest {
    fn end(&mut self, ended: Result<Completion, Refusal>) {
        match ended.map(|completion| completion.report.outcome.into_answer()) {
            Ok(Ok(rest)) => {
                self.stage = Stage::Over;
                self.ready.extend(data(rest));
                let trailers = self.streamed.take_trailers();
                self.ready.extend(trailers.map(Frame::trailers));
            }
            Ok(Err(_)) | Err(_) => self.stage = Stage::Failed,
        }
    }
}

/// The frame of these bytes; an empty one is none.
fn data(bytes: Bytes) -> Option<Frame<Bytes>> {
    (!bytes.is_empty()).then(|| Frame::data(bytes))
}
