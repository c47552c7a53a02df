//! Operations on what this host lacks: layers, event source mappings, code signing, capacity providers
//! and durable executions.
//!
//! Tools list and read these on every run, so lists are there and empty, and each single one is not
//! found. What would make one is refused with what the host lacks: nothing is accepted that would then
//! have no effect.

use axum::response::{IntoResponse as _, NoContent, Response};
use http::Uri;
use serde_json::json;

use super::answer::Json;
use super::api::Api;
use super::error::WireError;
use super::path_names::{PathName, PathNames};

/// How an operation is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// A list of this name without entries.
    EmptyList(&'static str),
    /// [`Reply::EmptyList`] for functions that exist.
    EmptyListOfFunction(&'static str),
    /// There is no such thing; AWS's general words for it.
    NotFound,
    /// The same in the words for code signing configs, which name the one in the path.
    CodeSigningConfigNotFound,
    /// What is to be gone is gone.
    Gone,
    /// It would make or change something that the host lacks.
    Refused(&'static str),
}

pub(super) const MAPPINGS: &str = "Event source mappings are not supported by this host: it does not poll other services. Invoke the \
     function from where the events are.";
pub(super) const LAYERS: &str =
    "Layers are not supported by this host: a component brings all of its code with it.";
pub(super) const SIGNING: &str =
    "Code signing is not supported by this host: it does not check signatures of code.";
pub(super) const CAPACITY: &str =
    "Capacity providers are not supported by this host: every function runs in the host itself.";
pub(super) const DURABLE: &str =
    "Durable executions are not supported by this host: an invocation ends with its call.";

/// Answers a request for one of these operations.
///
/// # Errors
/// For most of them: see [`Reply`].
pub(super) fn answered<G>(
    api: &Api<G>,
    reply: Reply,
    names: &PathNames,
    uri: &Uri,
) -> Result<Response, WireError> {
    let named = names.first().unwrap_or_default();
    match reply {
        Reply::EmptyList(list) => Ok(empty(list)),
        Reply::EmptyListOfFunction(list) => {
            let reference = PathName::new(named).qualified(uri, &api.account)?;
            let missing = || reference.not_found(&api.account, reference.qualifier.as_ref());
            let name = reference.function().ok_or_else(missing)?;
            let record = api.catalog.get(name).ok_or_else(missing)?;
            match record.has(reference.qualifier.as_ref()) {
                true => Ok(empty(list)),
                false => Err(missing()),
            }
        }
        Reply::NotFound => Err(WireError::not_found(
            "The resource you requested does not exist.",
        )),
        Reply::CodeSigningConfigNotFound => Err(WireError::not_found(format!(
            "The Lambda code signing configuration {named} can not be found."
        ))),
        Reply::Gone => Ok(NoContent.into_response()),
        Reply::Refused(text) => Err(WireError::invalid_parameter(text)),
    }
}

fn empty(list: &str) -> Response {
    Json::of(json!({ list: [] })).into_response()
}
