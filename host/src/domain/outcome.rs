//! What became of an invocation.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;

use super::web::WebResponse;

/// What the function returned or how it failed. A failure of the host is not an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The function's answer, byte for byte.
    Returned(Bytes),
    /// Its response to a request from the web, where it gave one as HTTP has it.
    Web(Box<WebResponse>),
    /// The function failed, by itself or by being stopped.
    Failed(FunctionError),
}

impl Outcome {
    /// The function's answer, or the body of its response.
    ///
    /// # Errors
    /// How it failed, where it did.
    pub fn answer(&self) -> Result<&Bytes, &FunctionError> {
        match self {
            Self::Returned(answer) => Ok(answer),
            Self::Web(response) => Ok(&response.body.bytes),
            Self::Failed(error) => Err(error),
        }
    }

    /// The same, taken out.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn into_answer(self) -> Result<Bytes, FunctionError> {
        match self {
            Self::Returned(answer) => Ok(answer),
            Self::Web(response) => Ok(response.body.bytes),
            Self::Failed(error) => Err(error),
        }
    }
}

/// How a function failed; its text is a line for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FunctionError {
    /// The handler returned an error.
    #[error("{error_type}: {message}")]
    Handler {
        /// A name that programs can match on.
        error_type: String,
        /// A sentence for people.
        message: String,
        /// Where it happened; may be empty.
        stack_trace: Vec<String>,
    },
    /// The guest was still running at its deadline.
    #[error("it was still running after {timeout:?}")]
    TimedOut {
        /// The configured timeout.
        timeout: Duration,
    },
    /// The guest ended after it was refused more memory than its function may have.
    #[error("it needs more than the {} MB of memory that it may use", limit_bytes / (1024 * 1024))]
    OutOfMemory {
        /// The limit, in bytes.
        limit_bytes: u64,
    },
    /// The guest ended its process instead of answering.
    #[error("it exited with status {status} instead of answering")]
    Exited {
        /// Its exit status.
        status: i32,
    },
    /// The guest broke a rule of its machine or of its host: unreachable code, an access out of
    /// bounds, a full stack, a spent bound.
    #[error("it broke off: {description}")]
    Trapped {
        /// What happened, in one line.
        description: String,
        /// Where, innermost frame first.
        stack_trace: Vec<String>,
    },
    /// The answer was larger than an answer may be.
    #[error("its answer is larger than {limit_bytes} bytes")]
    ResponseTooLarge {
        /// The limit, in bytes.
        limit_bytes: usize,
    },
    /// The guest could not be set up, before any of its handler ran.
    #[error("it could not be set up: {description}")]
    InitFailed {
        /// What happened, in one line.
        description: String,
        /// Where, innermost frame first.
        stack_trace: Vec<String>,
    },
}

impl FunctionError {
    /// What its texts take.
    pub(crate) fn text_bytes(&self) -> usize {
        let (texts, frames): ([&str; 2], &[String]) = match self {
            Self::Handler {
                error_type,
                message,
                stack_trace,
            } => ([error_type, message], stack_trace),
            Self::Trapped {
                description,
                stack_trace,
            }
            | Self::InitFailed {
                description,
                stack_trace,
            } => ([description, ""], stack_trace),
            Self::TimedOut { .. }
            | Self::OutOfMemory { .. }
            | Self::Exited { .. }
            | Self::ResponseTooLarge { .. } => ([""; 2], &[]),
        };
        let frames = frames.iter().map(String::as_str);
        texts.into_iter().chain(frames).map(str::len).sum()
    }

    /// The name that the platform gives to a failure which it detected itself; `None` for an error
    /// that the handler returned, which has a name of its own.
    pub fn platform_type(&self) -> Option<&'static str> {
        match self {
            Self::Handler { .. } => None,
            Self::TimedOut { .. } => Some("Sandbox.Timedout"),
            Self::OutOfMemory { .. } => Some("Runtime.OutOfMemory"),
            Self::Exited { .. } | Self::Trapped { .. } => Some("Runtime.ExitError"),
            Self::ResponseTooLarge { .. } => Some("Function.ResponseSizeTooLarge"),
            Self::InitFailed { .. } => Some("Runtime.InitError"),
        }
    }
}

/// What an invocation cost and said.
#[derive(Clone, Debug)]
pub struct Report {
    /// What became of it.
    pub outcome: Outcome,
    /// What the guest wrote to stdout and stderr: its last
    /// `limits::INVOCATION_LOG_BYTES_MAX` bytes, after a line that
    /// says how much is missing, where it wrote more.
    pub log: Bytes,
    /// From the start of the sandbox to its end.
    pub duration: Duration,
    /// Time that was spent on loading the function, where this invocation had to do it.
    pub init_duration: Option<Duration>,
    /// Time that it took to restore the sandbox from a snapshot; `None` where it started from nothing, or
    /// has served before.
    pub restore_duration: Option<Duration>,
    /// Time that it took to prepare the sandbox ahead of this invocation, the first that it served;
    /// `None` where it was not prepared, or has served before.
    pub preparation: Option<Duration>,
    /// Highest sum of the guest's memories and tables.
    pub memory_bytes_peak: u64,
}

impl Report {
    /// The report of an invocation of which only the outcome is known: it said nothing, took no time and
    /// held no memory.
    pub fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            log: Bytes::new(),
            duration: Duration::ZERO,
            init_duration: None,
            restore_duration: None,
            preparation: None,
            memory_bytes_peak: 0,
        }
    }

    /// What the function returned.
    ///
    /// # Errors
    /// How it failed, where it did.
    pub fn answer(&self) -> Result<&Bytes, FunctionError> {
        self.outcome.answer().map_err(Clone::clone)
    }

    /// What the guest wrote, as text.
    pub fn log_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.log)
    }
}
