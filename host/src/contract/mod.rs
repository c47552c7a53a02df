//! AWS Lambda's HTTP contract, and with it all that is HTTP on the side of the server.
//!
//! A request comes in at the `door`, which knows by the table of `operations` what it asks for, and passes the
//! steps that all requests have in common. A handler verifies, converts and sends on. What is read and what is
//! rendered are pure functions, each beside its tests. What is no operation of this host is answered as AWS
//! answers an unknown one.

// From the socket to the operation.
pub(crate) mod server;
mod connection_threads;
mod turned_away;
mod speaking;
mod tls;
mod client_certificate;
mod x509;
mod progressing;
mod unread_body;
mod date;
mod door;
mod passage;
mod protocol;
mod forwarded;
mod single_headers;
mod host_names;
mod web_page;
mod signed;
mod refused;
mod refusing;
mod refusal_log;
mod permission;
mod condition_keys;
mod resource;
mod said;
mod presets;
mod invoking_path;
mod accounts;
mod routes;
mod operations;
mod handlers;
mod request_counts;
// What handlers work on, take and give.
mod api;
mod host_api;
mod callers;
mod body;
mod json_body;
mod path_names;
mod reference;
mod resource_policy;
mod spelling;
mod query;
mod page;
mod constraint;
mod wire;
mod headers;
mod answer;
mod aside;
mod error;
mod origin;
// Invocations.
mod invoking;
mod invoke_headers;
mod client_context;
mod event_json;
mod trace_header;
mod invoke;
mod invoke_reply;
mod invoke_async;
mod invoke_stream;
mod event_stream;
mod streamed_response;
mod run_to_end;
mod function_url;
// All other operations.
mod functions;
mod aliases;
mod concurrency;
mod event_invoke_config;
mod policy;
mod tags;
mod recursion;
mod runtime_management;
mod code_signing;
mod unsupported_operations;
mod cloudwatch;
mod sts;
mod event_administration;
mod audit;
mod known_keys;
mod metrics;
mod health;
mod download_key;
mod package_download;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod any_input;
#[cfg(feature = "measure")]
#[doc(hidden)]
pub(crate) mod stages;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;

pub(crate) use accounts::Accounts;
pub(crate) use api::Api;
pub(crate) use callers::{ExpectedAnswers, Peers};
pub(crate) use cloudwatch::LogReads;
pub(crate) use connection_threads::ConnectionThreads;
pub(crate) use date::AnswerDate;
pub use door::Door;
pub(crate) use door::door;
pub(crate) use download_key::DownloadKey;
pub(crate) use forwarded::TrustedProxies;
pub(crate) use host_api::HostApi;
pub(crate) use host_names::HostNames;
pub use operations::{Operation, Preset};
pub(crate) use presets::preset;
pub(crate) use refusal_log::RefusalLog;
pub(crate) use request_counts::RequestCounts;
pub use tls::TlsConfig;
pub(crate) use tls::{Handshakes, Tls};
pub use wire::settings::settings_members;

use crate::deployer::CompileGuest;
use crate::invoker::{PrepareGuest, RunGuest};

/// Everything that the host answers, for a server of one's own. Functions are told who is connected
/// where the server adds [`ConnectInfo`](axum::extract::ConnectInfo) to the requests.
pub(crate) fn router<G: RunGuest + CompileGuest + PrepareGuest>(
    accounts: Arc<Accounts<G>>,
) -> Router {
    Router::new().fallback_service(door(accounts))
}
