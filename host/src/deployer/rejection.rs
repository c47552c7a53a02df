//! Why code was not made ready, and who can do something about it.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::tasks::internal;
use crate::domain::FunctionName;
use crate::domain::Refusal;
use crate::domain::lifecycle::Failure;

/// Why code was not made ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct Rejection {
    /// A sentence for whoever can do something about it.
    pub reason: String,
    /// Who that is.
    pub fault: Fault,
}

/// Whose fault it is that code was not made ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// The code's: the person who deployed it is told the reason.
    Code,
    /// The machine's, which has too little to give at this time: the person who deployed it is told the reason, too,
    /// since it may well be made ready another time.
    Machine,
    /// The host's: the reason is for its log, since it may name what is none of a caller's business, and
    /// the same code may well be made ready another time.
    Host,
}

impl Rejection {
    /// The code cannot be run here; `reason` says what to do.
    pub fn of_code(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            fault: Fault::Code,
        }
    }

    /// The machine has not enough to give at this time; `reason` says of what.
    pub fn of_machine(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            fault: Fault::Machine,
        }
    }

    /// The host could not do its part.
    pub fn of_host(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            fault: Fault::Host,
        }
    }
}

/// What whoever deploys is told, before anything has changed.
pub(super) fn refused(Rejection { reason, fault }: Rejection) -> Refusal {
    match fault {
        Fault::Code => Refusal::InvalidParameter(reason),
        Fault::Machine => Refusal::Busy(reason),
        Fault::Host => internal(reason),
    }
}

/// What a function is shown to have failed of; what the host did wrong is only in its log.
pub(super) fn failure(name: &FunctionName, rejection: Rejection) -> Failure {
    let Rejection { reason, fault } = rejection;
    match fault {
        Fault::Code => Failure::of_code(reason),
        Fault::Machine => Failure::of_host(reason),
        Fault::Host => {
            tracing::error!(function = %name, reason, "the host could not make a function ready");
            Failure::of_host("The host could not make the function ready; its log says why.".into())
        }
    }
}

/// A function whose code cannot be had any more.
pub(super) fn unreadable(name: &FunctionName, error: impl Display) -> Failure {
    tracing::error!(function = %name, %error, "the stored code of a function could not be read back");
    Failure::of_host(
        "The stored code could not be read back; the host's log says why. Deploy it again.".into(),
    )
}
