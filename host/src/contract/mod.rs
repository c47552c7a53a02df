//! AWS Lambda's HTTP contract: the only folder that knows HTTP.
//!
//! A handler verifies, converts and sends on. What is read and what is rendered are pure functions,
//! each beside its tests; this file holds the one table of routes, and `door` what comes before it. Paths are matched after the API's
//! templates, each with and without a slash at its end, as older clients send it; names are decoded
//! once. What is no operation of this host is answered as AWS answers an unknown one.

mod aliases;
mod answer;
mod api;
mod body;
mod client_context;
mod code_signing;
mod cloudwatch;
mod concurrency;
mod connection_threads;
mod constraint;
mod door;
mod download_key;
mod error;
mod event_administration;
mod event_invoke_config;
mod event_json;
mod event_stream;
mod function_url;
mod functions;
mod headers;
mod invoke;
mod invoke_async;
mod invoke_headers;
mod invoke_reply;
mod invoke_stream;
mod invoking_path;
mod metrics;
mod origin;
mod package_download;
mod page;
mod policy;
mod progressing;
mod query;
mod recursion;
mod reference;
mod run_to_end;
mod runtime_management;
pub mod server;
mod spelling;
#[cfg(feature = "measure")]
#[doc(hidden)]
pub mod stages;
mod streamed_response;
mod tags;
mod trace_header;
mod unread_body;
mod unsupported_operations;
mod web_page;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, map_response};
use axum::response::Response;
use axum::routing::{MethodRouter, any};
use http::StatusCode;

pub use api::Api;
pub use body::{BodyMemory, RequestBody};
pub use connection_threads::ConnectionThreads;
pub use door::{Door, door};
pub use download_key::DownloadKey;

use crate::deployer::CompileGuest;
use crate::invoker::{PrepareGuest, RunGuest};
use concurrency::{account, provisioned, reserved};
use error::WireError;
use functions::{create, delete, list, publish, show, update, url_config, versions};

/// Everything that the host answers, for a server of one's own. Functions are told who is connected
/// where the server adds [`ConnectInfo`](axum::extract::ConnectInfo) to the requests.
pub fn router<G: RunGuest + CompileGuest + PrepareGuest>(api: Api<G>) -> Router {
    Router::new().fallback_service(door(api))
}

/// All routes of the API, but for those that invoke: the [door](door::Door) leads to them itself.
fn routes<G: RunGuest + CompileGuest + PrepareGuest>(api: Arc<Api<G>>) -> Router {
    Router::new()
        .operation(
            "/sparkler/events",
            methods()
                .get(event_administration::list::<G>)
                .delete(event_administration::purge::<G>),
        )
        .operation(
            "/sparkler/events/redrive",
            methods().post(event_administration::redrive::<G>),
        )
        .operation(
            "/2015-03-31/functions",
            methods().get(list::list::<G>).post(create::create::<G>),
        )
        .operation(
            "/2015-03-31/functions/{FunctionName}",
            methods()
                .get(show::function::<G>)
                .delete(delete::delete::<G>),
        )
        .operation(
            "/2015-03-31/functions/{FunctionName}/code",
            methods().put(update::code::<G>),
        )
        .operation(
            "/2015-03-31/functions/{FunctionName}/configuration",
            methods()
                .get(show::function_configuration::<G>)
                .put(update::configuration::<G>),
        )
        // The root has no slash to add: CloudWatch Logs names its operations in a header.
        .route("/", methods().post(cloudwatch::call::<G>))
        .operation(
            "/2015-03-31/functions/{FunctionName}/versions",
            methods()
                .get(versions::list::<G>)
                .post(publish::publish::<G>),
        )
        .operation(
            "/2015-03-31/functions/{FunctionName}/aliases",
            methods()
                .get(aliases::list::list::<G>)
                .post(aliases::create::create::<G>),
        )
        .operation(
            "/2015-03-31/functions/{FunctionName}/aliases/{Name}",
            methods()
                .get(aliases::show::show::<G>)
                .put(aliases::update::update::<G>)
                .delete(aliases::delete::delete::<G>),
        )
        .operation(
            "/2021-10-31/functions/{FunctionName}/url",
            methods()
                .get(url_config::show::<G>)
                .post(url_config::create::<G>)
                .put(url_config::update::<G>)
                .delete(url_config::delete::<G>),
        )
        .operation(
            "/2021-10-31/functions/{FunctionName}/urls",
            methods().get(url_config::list::<G>),
        )
        .operation(
            "/2019-09-25/functions/{FunctionName}/event-invoke-config",
            methods()
                .get(event_invoke_config::get::<G>)
                .put(event_invoke_config::put::<G>)
                .post(event_invoke_config::update::<G>)
                .delete(event_invoke_config::delete::<G>),
        )
        .operation(
            "/2019-09-25/functions/{FunctionName}/event-invoke-config/list",
            methods().get(event_invoke_config::list::<G>),
        )
        .operation(
            "/2015-03-31/functions/{FunctionName}/policy",
            methods().get(policy::get::<G>).post(policy::add::<G>),
        )
        .operation(
            "/2015-03-31/functions/{FunctionName}/policy/{StatementId}",
            methods().delete(policy::remove::<G>),
        )
        .operation(
            "/2017-03-31/tags/{Resource}",
            methods()
                .get(tags::list::<G>)
                .post(tags::tag::<G>)
                .delete(tags::untag::<G>),
        )
        .operation(
            "/2024-08-31/functions/{FunctionName}/recursion-config",
            methods().get(recursion::get::<G>).put(recursion::put::<G>),
        )
        .operation(
            "/2021-07-20/functions/{FunctionName}/runtime-management-config",
            methods()
                .get(runtime_management::get::<G>)
                .put(runtime_management::put::<G>),
        )
        .operation(
            "/2020-06-30/functions/{FunctionName}/code-signing-config",
            methods()
                .get(code_signing::get::<G>)
                .put(code_signing::put::<G>)
                .delete(code_signing::delete::<G>),
        )
        .merge(unsupported_operations::routes())
        .operation(
            "/2017-10-31/functions/{FunctionName}/concurrency",
            methods()
                .put(reserved::put::<G>)
                .delete(reserved::delete::<G>),
        )
        .operation(
            "/2019-09-30/functions/{FunctionName}/concurrency",
            methods().get(reserved::get::<G>),
        )
        .operation(
            "/2019-09-30/functions/{FunctionName}/provisioned-concurrency",
            methods()
                .get(provisioned::get::<G>)
                .put(provisioned::put::<G>)
                .delete(provisioned::delete::<G>),
        )
        .operation(
            "/2016-08-19/account-settings",
            methods().get(account::settings::<G>),
        )
        .operation("/metrics", methods().get(metrics::metrics::<G>))
        .operation(
            package_download::PATH,
            methods().get(package_download::download::<G>),
        )
        .fallback(unknown_operation)
        .layer(from_fn(web_page::refused))
        // Says nothing that a web page may not know.
        .operation("/health", methods().get(health))
        .layer(map_response(answer::identified))
        .with_state(api)
}

/// A path without operations yet. Methods that get none are unknown operations, too.
fn methods<G: Send + Sync + 'static>() -> MethodRouter<Arc<Api<G>>> {
    any(unknown_operation)
}

trait Operations<G> {
    /// A route, with and without a slash at its end.
    fn operation(self, path: &str, methods: MethodRouter<Arc<Api<G>>>) -> Self;
}

impl<G: Send + Sync + 'static> Operations<G> for Router<Arc<Api<G>>> {
    fn operation(self, path: &str, methods: MethodRouter<Arc<Api<G>>>) -> Self {
        self.route(path, methods.clone())
            .route(&format!("{path}/"), methods)
    }
}

async fn health() -> Response {
    answer::json_text(StatusCode::OK, r#"{"status":"ok"}"#.into())
}

async fn unknown_operation() -> WireError {
    WireError::unknown_operation()
}
