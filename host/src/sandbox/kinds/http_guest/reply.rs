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
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt as _;
use tokio::sync::oneshot;
use tokio::task::coop::unconstrained;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use super::gateway_event::Gateway;
use super::{failure, gateway_reply, head};
use crate::domain::{WebBody, WebHead, WebResponse, WebTrailers};
use crate::invoker::ResponseSink;
use crate::sandbox::bindings::sparkler::function::types::FunctionError;
use crate::sandbox::kinds::answer::{Answer, Returned};
use crate::sandbox::memory::budget::Budget;
use crate::sandbox::reach::output::Output;

const NO_RESPONSE: &str = "The guest ended without setting a response.";
const BODY_ABORTED: &str = "The guest broke off the body of its response: it dropped the body before it was \
                            finished, or wrote less than its content-length.";

/// What a guest sets as its response.
type Given = Result<Response<HyperOutgoingBody>, ErrorCode>;

/// A response on its way.
pub(super) struct Reply {
    stage: Stage,
    /// The gateway that takes it as an object, where it is an answer to an event.
    gateway: Option<Gateway>,
    /// The head of what nobody reads along.
    head: Option<WebHead>,
    output: Output,
    /// The piece that is passed on next.
    piece: Bytes,
    /// The trailers of what nobody reads along. The engine has bounded them as it does headers.
    trailers: Option<WebTrailers>,
}

enum Stage {
    Head(oneshot::Receiver<Given>),
    Body(HyperOutgoingBody),
    Ended,
    Failed(FunctionError),
}

impl Reply {
    /// The response whose head comes from there, for whoever reads along or waits for it.
    pub(super) fn new(
        head: oneshot::Receiver<Given>,
        sink: Option<ResponseSink>,
        gateway: Option<Gateway>,
        budget: &Arc<Budget>,
    ) -> Self {
        Self {
            stage: Stage::Head(head),
            gateway,
            head: None,
            output: Output::new(sink, budget),
            piece: Bytes::new(),
            trailers: None,
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
    pub(super) fn into_answer(mut self) -> Answer {
        if let Stage::Failed(error) = self.stage {
            return Err(error);
        }
        let bytes = self.output.take_kept();
        let Some(head) = self.head else {
            return Ok(bytes.into());
        };
        Ok(match self.gateway {
            Some(gateway) => gateway_reply::rendered(gateway, &head, bytes).into(),
            None => Returned::Web(Box::new(WebResponse {
                head,
                body: WebBody {
                    bytes: bytes.into(),
                    trailers: self.trailers,
                },
            })),
        })
    }

    /// Pushes the piece that waits, as there is room.
    async fn push(&mut self) {
        let Some(sink) = self.output.sink() else {
            return;
        };
        let piece = &mut self.piece;
        while !piece.is_empty() {
            let room = sink.room().await;
            sink.push(&piece.split_to(room.min(piece.len())));
        }
    }

    /// Takes what the guest gives next; says whether more may follow.
    async fn step(&mut self) -> wasmtime::Result<bool> {
        match &mut self.stage {
            Stage::Head(head) => match head.await {
                Ok(given) => self.begin(given),
                Err(_) => self.fail("Http.NoResponse", NO_RESPONSE.into()),
            },
            Stage::Body(body) => match body.frame().await {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(piece) => self.take(piece)?,
                    Err(frame) => self.take_trailers(frame.into_trailers().unwrap_or_default()),
                },
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

    fn begin(&mut self, given: Given) {
        let (parts, body) = match given {
            Ok(response) => response.into_parts(),
            Err(code) => {
                self.fail(
                    "Http.ErrorCode",
                    format!("The guest answered with the error {code:?}."),
                );
                return;
            }
        };
        match head::of(parts) {
            Err(reason) => self.fail("Http.InvalidResponse", reason),
            Ok(head) => {
                self.stage = Stage::Body(body);
                match self.output.sink() {
                    Some(sink) => sink.begin(head),
                    None => self.head = Some(head),
                }
            }
        }
    }

    fn take(&mut self, piece: Bytes) -> wasmtime::Result<()> {
        self.output.count(piece.len())?;
        match self.output.sink() {
            Some(_) => self.piece = piece,
            None => self.output.keep(&piece)?,
        }
        Ok(())
    }

    fn take_trailers(&mut self, trailers: WebTrailers) {
        match self.output.sink() {
            Some(sink) => sink.set_trailers(trailers),
            None => self.trailers = Some(trailers),
        }
    }

    fn fail(&mut self, error_type: &str, message: String) {
        self.stage = Stage::Failed(failure(error_type, message));
    }
}
