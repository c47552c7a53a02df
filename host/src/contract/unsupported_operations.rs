//! Operations on what this host lacks: layers, event source mappings, code signing, capacity providers
//! and durable executions.
//!
//! Tools list and read these on every run, so lists are there and empty, and each single one is not
//! found. What would make one is refused with what the host lacks: nothing is accepted that would then
//! have no effect.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawPathParams, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter};
use http::{StatusCode, Uri};
use serde_json::json;

use super::api::Api;
use super::error::WireError;
use super::functions::PathName;
use super::{Operations as _, answer, methods, query};

/// How an operation is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reply {
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

use Reply::{CodeSigningConfigNotFound, EmptyList, EmptyListOfFunction, Gone, NotFound, Refused};

const MAPPINGS: &str = "Event source mappings are not supported by this host: it does not poll other services. Invoke the \
     function from where the events are.";
const LAYERS: &str =
    "Layers are not supported by this host: a component brings all of its code with it.";
const SIGNING: &str =
    "Code signing is not supported by this host: it does not check signatures of code.";
const CAPACITY: &str =
    "Capacity providers are not supported by this host: every function runs in the host itself.";
const DURABLE: &str =
    "Durable executions are not supported by this host: an invocation ends with its call.";

/// Paths, methods and answers, in the order of the services that they stand for.
const OPERATIONS: &[(&str, &[(MethodFilter, Reply)])] = &[
    (
        "/2015-03-31/event-source-mappings",
        &[
            (MethodFilter::GET, EmptyList("EventSourceMappings")),
            (MethodFilter::POST, Refused(MAPPINGS)),
        ],
    ),
    (
        "/2015-03-31/event-source-mappings/{UUID}",
        &[
            (MethodFilter::GET, NotFound),
            (MethodFilter::PUT, NotFound),
            (MethodFilter::DELETE, NotFound),
        ],
    ),
    (
        "/2018-10-31/layers",
        &[(MethodFilter::GET, EmptyList("Layers"))],
    ),
    (
        "/2018-10-31/layers/{LayerName}/versions",
        &[
            (MethodFilter::GET, EmptyList("LayerVersions")),
            (MethodFilter::POST, Refused(LAYERS)),
        ],
    ),
    (
        "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}",
        &[(MethodFilter::GET, NotFound), (MethodFilter::DELETE, Gone)],
    ),
    (
        "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy",
        &[
            (MethodFilter::GET, NotFound),
            (MethodFilter::POST, Refused(LAYERS)),
        ],
    ),
    (
        "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy/{StatementId}",
        &[(MethodFilter::DELETE, NotFound)],
    ),
    (
        "/2020-04-22/code-signing-configs",
        &[
            (MethodFilter::GET, EmptyList("CodeSigningConfigs")),
            (MethodFilter::POST, Refused(SIGNING)),
        ],
    ),
    (
        "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}",
        &[
            (MethodFilter::GET, CodeSigningConfigNotFound),
            (MethodFilter::PUT, CodeSigningConfigNotFound),
            (MethodFilter::DELETE, CodeSigningConfigNotFound),
        ],
    ),
    (
        "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}/functions",
        &[(MethodFilter::GET, CodeSigningConfigNotFound)],
    ),
    (
        "/2025-11-30/capacity-providers",
        &[
            (MethodFilter::GET, EmptyList("CapacityProviders")),
            (MethodFilter::POST, Refused(CAPACITY)),
        ],
    ),
    (
        "/2025-11-30/capacity-providers/{CapacityProviderName}",
        &[
            (MethodFilter::GET, NotFound),
            (MethodFilter::PUT, NotFound),
            (MethodFilter::DELETE, NotFound),
        ],
    ),
    (
        "/2025-11-30/capacity-providers/{CapacityProviderName}/function-versions",
        &[(MethodFilter::GET, NotFound)],
    ),
    (
        "/2025-11-30/functions/{FunctionName}/function-scaling-config",
        &[
            (MethodFilter::GET, Refused(CAPACITY)),
            (MethodFilter::PUT, Refused(CAPACITY)),
        ],
    ),
    (
        "/2025-12-01/functions/{FunctionName}/durable-executions",
        &[(MethodFilter::GET, EmptyListOfFunction("DurableExecutions"))],
    ),
    (
        "/2025-12-01/durable-executions/{DurableExecutionArn}",
        &[(MethodFilter::GET, NotFound)],
    ),
    (
        "/2025-12-01/durable-executions/{DurableExecutionArn}/history",
        &[(MethodFilter::GET, NotFound)],
    ),
    (
        "/2025-12-01/durable-executions/{DurableExecutionArn}/state",
        &[(MethodFilter::GET, NotFound)],
    ),
    (
        "/2025-12-01/durable-executions/{DurableExecutionArn}/checkpoint",
        &[(MethodFilter::POST, Refused(DURABLE))],
    ),
    (
        "/2025-12-01/durable-executions/{DurableExecutionArn}/stop",
        &[(MethodFilter::POST, NotFound)],
    ),
    (
        "/2025-12-01/durable-execution-callbacks/{CallbackId}/fail",
        &[(MethodFilter::POST, NotFound)],
    ),
    (
        "/2025-12-01/durable-execution-callbacks/{CallbackId}/heartbeat",
        &[(MethodFilter::POST, NotFound)],
    ),
    (
        "/2025-12-01/durable-execution-callbacks/{CallbackId}/succeed",
        &[(MethodFilter::POST, NotFound)],
    ),
];

/// The routes of these operations.
pub(super) fn routes<G: Send + Sync + 'static>() -> Router<Arc<Api<G>>> {
    let mut router = Router::new();
    for (path, operations) in OPERATIONS {
        let mut all: MethodRouter<Arc<Api<G>>> = methods();
        for (method, reply) in *operations {
            let reply = *reply;
            let handler = move |State(api): State<Arc<Api<G>>>, params: RawPathParams, uri: Uri| {
                let response = answered(&api, reply, &params, &uri);
                std::future::ready(response)
            };
            all = all.on(*method, handler);
        }
        router = router.operation(path, all);
    }
    router
}

fn answered<G>(api: &Api<G>, reply: Reply, params: &RawPathParams, uri: &Uri) -> Response {
    let named = params.iter().next().map_or("", |(_, value)| value);
    rendered(api, reply, named, uri).unwrap_or_else(WireError::into_response)
}

fn rendered<G>(api: &Api<G>, reply: Reply, named: &str, uri: &Uri) -> Result<Response, WireError> {
    match reply {
        // GetLayerVersionByArn has the path of ListLayers.
        EmptyList(_) if query::value(uri, "find").as_deref() == Some("LayerVersion") => {
            Err(not_found())
        }
        EmptyList(list) => empty(list),
        EmptyListOfFunction(list) => {
            let reference = PathName::new(named).qualified(uri, &api.account)?;
            let missing = || reference.not_found(&api.account, reference.qualifier.as_ref());
            let name = reference.function().ok_or_else(missing)?;
            let record = api.catalog.get(name).ok_or_else(missing)?;
            match record.has(reference.qualifier.as_ref()) {
                true => empty(list),
                false => Err(missing()),
            }
        }
        NotFound => Err(not_found()),
        CodeSigningConfigNotFound => Err(WireError::not_found(format!(
            "The Lambda code signing configuration {named} can not be found."
        ))),
        Gone => Ok(answer::empty(StatusCode::NO_CONTENT)),
        Refused(text) => Err(WireError::invalid_parameter(text)),
    }
}

fn empty(list: &str) -> Result<Response, WireError> {
    answer::json(StatusCode::OK, &json!({ list: [] }))
}

fn not_found() -> WireError {
    WireError::not_found("The resource you requested does not exist.")
}
