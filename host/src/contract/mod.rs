//! AWS Lambda's HTTP contract: the only folder that knows HTTP.
//!
//! A handler verifies, converts and sends on. What is read and what is rendered are pure functions,
//! each beside its tests; this file holds the one table of routes. Paths are matched after the API's
//! templates, each with and without a slash at its end, as older clients send it; names are decoded
//! once. What is no operation of this host is answered as AWS answers an unknown one.

mod answer;
mod body;
mod client_context;
mod cloudwatch;
mod constraint;
mod error;
mod event_json;
mod event_stream;
mod function_error;
mod functions;
mod invoke;
mod invoke_headers;
mod invoke_reply;
mod invoke_stream;
mod package_address;
mod page;
mod progressing;
mod query;
mod reference;
mod run_to_end;
pub mod server;
mod spelling;
mod streamed_response;
mod trace_header;
mod unread_body;
mod web_page;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, map_response};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, any};
use http::{HeaderMap, StatusCode};

pub use body::BodyMemory;
pub use package_address::DownloadKey;

use crate::catalog::Catalog;
use crate::deployer::{CompileGuest, Deployer};
use crate::domain::{Account, Digest};
use crate::invoker::{Invoker, RunGuest};
use crate::logs::LogKeeper;
use error::WireError;
use functions::{create, delete, list, show, update};
use wire::configuration::Renderer;

/// What the operations of the API work on.
pub struct Api<G> {
    /// Whose functions these are.
    pub account: Account,
    /// Which functions there are.
    pub catalog: Arc<Catalog>,
    /// Runs them.
    pub invoker: Arc<Invoker<G>>,
    /// Creates, changes and deletes them.
    pub deployer: Arc<Deployer<G>>,
    /// Keeps what functions wrote.
    pub logs: Arc<LogKeeper>,
    /// Stands for the version of the engine, in the runtime's version that answers show.
    pub engine: Digest,
    /// Signs the addresses of packages.
    pub downloads: DownloadKey,
    /// The memory that request bodies share.
    pub bodies: BodyMemory,
}

impl<G> Api<G> {
    fn renderer(&self) -> Renderer<'_> {
        Renderer {
            account: &self.account,
            engine: self.engine,
        }
    }
}

/// All routes of the host.
pub fn router<G: RunGuest + CompileGuest>(api: Api<G>) -> Router {
    let invoke = any(unknown_operation_identified).post(invoke::invoke::<G>);
    let stream = any(unknown_operation_identified).post(invoke_stream::invoke::<G>);
    let control = Router::new()
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
            package_address::PATH,
            methods().get(package_address::download::<G>),
        )
        .fallback(unknown_operation)
        .layer(from_fn(web_page::refused))
        // Says nothing that a web page may not know.
        .operation("/health", methods().get(health))
        .layer(map_response(answer::identified));
    // Invoke names its answers after its invocations and looks for web pages itself, so it is spared
    // the layers.
    Router::new()
        .operation("/2015-03-31/functions/{FunctionName}/invocations", invoke)
        .operation(
            "/2021-11-15/functions/{FunctionName}/response-streaming-invocations",
            stream,
        )
        .merge(control)
        .with_state(Arc::new(api))
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

async fn unknown_operation_identified(headers: HeaderMap) -> Response {
    let error = web_page::refuse(&headers).err();
    let error = error.unwrap_or_else(WireError::unknown_operation);
    answer::identified(error.into_response()).await
}
