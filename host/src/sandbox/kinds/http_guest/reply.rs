//! The response of a guest on its way: first its head, then its body, piece by piece as it is written.
//!
//! ```text
//! Head ──▶ Body ──▶ Ended
//!   └───────┴─────▶ Failed
//! ```
//!
//! A guest waits while two pieces of its body are unread, and a piece is read when there is room for it.
//! So a slow caller slows its guest down, and costs the host no memory.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt as _;
use tokio::sync::oneshot;
use tokio::task::coop::unconstrained;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use super::failure;
use super::gateway_event::Gateway;
use super::gateway_reply;
use super::head::Head;
use crate::invoker::ResponseSink;
use crate::limits::{RESPONSE_BYTES_MAX, STREAM_BYTES_MAX};
use crate::sandbox::bindings::sparkler::function::types::FunctionError;
use crate::sandbox::kinds::call::Answer;
use crate::sandbox::reach::response::within;

const NO_RESPONSE: &str = "The guest ended without setting a response.";
const BODY_ABORTED: &str = "The guest broke off the body of its response: it dropped the body before it was \
                            finished, or wrote less than its content-length.";

/// What a guest sets as its response.
type Given = Result<Response<HyperOutgoingBody>, ErrorCode>;

/// Where a response goes, and so its form.
pub(super) enum Form {
    /// To a caller that reads along.
    Streamed(ResponseSink),
    /// Into the answer, in the same form.
    Whole,
    /// Into the answer, as an object.
    Gateway(Gateway),
}

/// A response on its way.
pub(super) struct Reply {
    stage: Stage,
    form: Form,
    /// The head of what becomes an object.
    head: Option<Head>,
    /// What is there and not on its way to the caller: all of it, where nobody reads along.
    kept: Kept,
    /// How many bytes there were.
    bytes: usize,
}

enum Stage {
    Head(oneshot::Receiver<Given>),
    Body(HyperOutgoingBody),
    Ended,
    Failed(FunctionError),
}

#[derive(Default)]
struct Kept {
    answer: Vec<u8>,
    /// The piece that is passed on next.
    piece: Bytes,
}

impl Reply {
    /// The response whose head comes from there.
    pub(super) fn new(head: oneshot::Receiver<Given>, form: Form) -> Self {
        Self {
            stage: Stage::Head(head),
            form,
            head: None,
            kept: Kept::default(),
            bytes: 0,
        }
    }

    /// Passes the response on until it has ended. Dropping the future loses nothing: whoever goes on
    /// begins where it was.
    ///
    /// # Errors
    /// Where it is larger than it may be.
    pub(super) async fn pass_on(&mut self) -> wasmtime::Result<()> {
        loop {
            self.push().await;
            if !self.step().await? {
                return Ok(());
            }
        }
    }

    /// Passes on what is there of the response of a guest that has ended. What it did not end itself ends
    /// here.
    ///
    /// # Errors
    /// Where it is larger than it may be.
    pub(super) async fn finish(&mut self) -> wasmtime::Result<()> {
        loop {
            self.push().await;
            let Poll::Ready(goes_on) = self.step_at_once() else {
                self.end();
                return Ok(());
            };
            if !goes_on? {
                return Ok(());
            }
        }
    }

    /// The answer: what did not go to a caller that reads along.
    pub(super) fn into_answer(self) -> Answer {
        if let Stage::Failed(error) = self.stage {
            return Err(error);
        }
        Ok(match (self.form, self.head) {
            (Form::Gateway(gateway), Some(head)) => {
                gateway_reply::rendered(gateway, &head, self.kept.answer)
            }
            _ => self.kept.answer,
        })
    }

    /// Pushes the piece that waits, as there is room.
    async fn push(&mut self) {
        let Form::Streamed(sink) = &self.form else {
            return;
        };
        let piece = &mut self.kept.piece;
        while !piece.is_empty() {
            let room = sink.room().await;
            sink.push(&piece.split_to(room.min(piece.len())));
        }
    }

    /// Takes what the guest gives next; says whether more may follow.
    async fn step(&mut self) -> wasmtime::Result<bool> {
        match &mut self.stage {
            Stage::Head(head) => match head.await {
                Ok(given) => self.begin(given)?,
                Err(_) => self.fail("Http.NoResponse", NO_RESPONSE.into()),
            },
            Stage::Body(body) => match body.frame().await {
                // What is no data is trailers, for which no caller has a place.
                Some(Ok(frame)) => {
                    if let Ok(piece) = frame.into_data() {
                        self.take(piece)?;
                    }
                }
                Some(Err(_)) => self.fail("Http.BodyAborted", BODY_ABORTED.into()),
                None => self.stage = Stage::Ended,
            },
            Stage::Ended | Stage::Failed(_) => return Ok(false),
        }
        Ok(true)
    }

    /// The same without waiting. A guest that has ended gives nothing more, so what is not there now never
    /// comes; a task's budget must not make it look as if something were missing.
    fn step_at_once(&mut self) -> Poll<wasmtime::Result<bool>> {
        let step = pin!(unconstrained(self.step()));
        step.poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Ends what a guest left open: the engine's server ends its body there too.
    fn end(&mut self) {
        match self.stage {
            Stage::Head(_) => self.fail("Http.NoResponse", NO_RESPONSE.into()),
            Stage::Body(_) => self.stage = Stage::Ended,
            Stage::Ended | Stage::Failed(_) => {}
        }
    }

    fn begin(&mut self, given: Given) -> wasmtime::Result<()> {
        let (parts, body) = match given {
            Ok(response) => response.into_parts(),
            Err(code) => {
                self.fail(
                    "Http.ErrorCode",
                    format!("The guest answered with the error {code:?}."),
                );
                return Ok(());
            }
        };
        let begun = Head::of(parts).and_then(|head| {
            let prelude = head.prelude()?;
            Ok((head, prelude))
        });
        match begun {
            Err(reason) => self.fail("Http.InvalidResponse", reason),
            Ok((head, prelude)) => {
                self.stage = Stage::Body(body);
                match self.form {
                    Form::Streamed(_) | Form::Whole => self.take(prelude.into())?,
                    Form::Gateway(_) => self.head = Some(head),
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, piece: Bytes) -> wasmtime::Result<()> {
        self.bytes += piece.len();
        match self.form {
            Form::Streamed(_) => {
                within(self.bytes, STREAM_BYTES_MAX)?;
                self.kept.piece = piece;
            }
            Form::Whole | Form::Gateway(_) => {
                within(self.bytes, RESPONSE_BYTES_MAX)?;
                self.kept.answer.extend_from_slice(&piece);
            }
        }
        Ok(())
    }

    fn fail(&mut self, error_type: &str, message: String) {
        self.stage = Stage::Failed(failure(error_type, message));
    }
}
