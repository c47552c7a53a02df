//! The calls of AWS's Security Token Service: who one is, and to be somebody else for a while.
//!
//! They are asked for in AWS's query protocol: parameters in a form or in the query, answers and errors in XML.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod any_input;
mod assume_role;
mod caller_identity;
mod error;
mod parameters;
mod xml;

use axum::response::Response;

pub(super) use error::refused;
pub(super) use parameters::Parameters;

use error::StsError;
use xml::Element;

use super::operations::Operation;
use super::permission::Asking;
use super::signed::Signer;
use crate::domain::{Account, RequestId};
use crate::identity::Identities;

/// Who asks, and whom.
pub(super) struct Asked<'a> {
    /// The account that calls belong to of which nobody is asked who sends them.
    pub(super) account: &'a Account,
    /// Who is known; `None` where nobody is asked who they are.
    pub(super) identities: Option<&'a Identities>,
    pub(super) signer: Option<&'a Signer>,
    pub(super) asking: Option<&'a Asking<'a>>,
}

/// The answer to the request `id`.
pub(super) fn answered(
    operation: Operation,
    asked: &Asked<'_>,
    parameters: Parameters,
    id: RequestId,
) -> Response {
    let done = match operation {
        Operation::GetCallerIdentity => caller_identity::done(asked),
        Operation::AssumeRole => assume_role::done(asked, parameters),
        other => Err(StsError::invalid_action(format!(
            "{other} is no operation of this service"
        ))),
    };
    match done {
        Ok(members) => xml::answer(operation.name(), members, id),
        Err(error) => error.answer(id),
    }
}

/// What an operation gives.
type Done = Result<Vec<Element>, StsError>;
