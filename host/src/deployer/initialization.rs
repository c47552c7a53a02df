//! What it comes to when a function is initialized ahead of its invocations, for a snapshot.

use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::domain::lifecycle::Failure;
use crate::domain::{Code, Version};

/// An initialization that has ended.
#[derive(Clone, Debug)]
pub struct Initialized {
    /// What became of it.
    pub outcome: InitOutcome,
    /// What the guest wrote meanwhile.
    pub log: String,
    /// How long it took.
    pub duration: Duration,
}

/// What became of an initialization.
#[derive(Clone, Debug)]
pub enum InitOutcome {
    /// The component as its initialization left it, which is a component like any other.
    Taken(Bytes),
    /// There can be no snapshot of this component: the reason, for people.
    Impossible(String),
    /// The function failed.
    Failed(InitFailure),
}

impl Initialized {
    /// Nothing ran, since nothing of it could be kept.
    pub fn impossible(reason: impl Display) -> Self {
        Self {
            outcome: InitOutcome::Impossible(reason.to_string()),
            log: String::new(),
            duration: Duration::ZERO,
        }
    }
}

/// How a function failed while it was initialized.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitFailure {
    /// What kind of failure it is.
    pub cause: InitCause,
    /// A sentence for the person who published it.
    pub reason: String,
}

/// The kinds that the API has a name for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InitCause {
    /// It took too long.
    TimedOut,
    /// It needed more memory than its function may have.
    OutOfMemory,
    /// Anything else: an error of its own, a trap, an exit.
    Failed,
}

impl InitCause {
    /// The API's `StateReasonCode`.
    pub fn code(self) -> &'static str {
        match self {
            Self::TimedOut => "FunctionError.InitTimeout",
            Self::OutOfMemory => "FunctionError.InitResourceExhausted",
            Self::Failed => "FunctionError.RuntimeInitError",
        }
    }
}

impl From<InitFailure> for Failure {
    fn from(failure: InitFailure) -> Self {
        Self {
            reason: failure.reason,
            code: failure.cause.code(),
        }
    }
}

/// The initialization of a version, for its log.
#[derive(Clone, Debug)]
pub struct InitReport {
    /// Which version.
    pub version: Arc<Version>,
    /// When it began.
    pub started: SystemTime,
    /// What it came to, `Taken` without its bytes.
    pub initialized: Initialized,
}

/// Whoever is told of initializations.
pub(super) type InitObserver = Box<dyn Fn(InitReport) + Send + Sync>;

/// The snapshot as code of its own, which is both package and component.
pub(super) fn image_code(version: &Version, image: &Bytes) -> Code {
    let digest = crate::domain::Digest::of(image);
    Code {
        package: digest,
        package_bytes: image.len() as u64,
        component: digest,
        reuse: version.code.reuse,
        interpreter: version.code.interpreter,
    }
}
