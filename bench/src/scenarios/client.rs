//! A client of a server: connections that stay open, many calls at once.

use std::time::Duration;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::sparkler::Server;

const FUNCTIONS: &str = "/2015-03-31/functions";

/// How often it is asked whether something is done.
const PAUSE: Duration = Duration::from_millis(10);

/// Talks to one server. Clones share their connections.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: Http<HttpConnector, Full<Bytes>>,
    base: String,
}

/// A function to create.
#[derive(Clone, Debug)]
pub(crate) struct NewFunction<'a> {
    pub(crate) name: &'a str,
    /// The component in base64.
    pub(crate) code: &'a str,
    pub(crate) timeout_seconds: u32,
}

impl Client {
    pub(crate) fn of(server: &Server) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            http: Http::builder(TokioExecutor::new()).build(connector),
            base: format!("http://{}", server.address),
        }
    }

    /// What the function answers to `event`.
    ///
    /// # Errors
    /// Also when the function failed.
    pub(crate) async fn invoke(&self, function: &str, event: &[u8]) -> anyhow::Result<Bytes> {
        let path = format!("{FUNCTIONS}/{function}/invocations");
        let body = Bytes::copy_from_slice(event);
        let (status, answer, has_failed) = self.call(Method::POST, &path, body).await?;
        if status != StatusCode::OK || has_failed {
            let answer = String::from_utf8_lossy(&answer);
            bail!("{function} was answered with {status}: {answer}");
        }
        Ok(answer)
    }

    /// Creates a function, which is made ready behind the answer.
    pub(crate) async fn create(&self, function: &NewFunction<'_>) -> anyhow::Result<()> {
        let wanted = json!({
            "FunctionName": function.name,
            "Runtime": "provided.al2023",
            "Handler": "handler",
            "Role": "arn:aws:iam::123456789012:role/benchmark",
            "Timeout": function.timeout_seconds,
            "Code": { "ZipFile": function.code },
        });
        let wanted = wanted.to_string();
        self.control(Method::POST, FUNCTIONS, wanted).await?;
        Ok(())
    }

    /// Waits until a function can be called.
    pub(crate) async fn until_active(&self, function: &str) -> anyhow::Result<()> {
        let path = format!("{FUNCTIONS}/{function}/configuration");
        loop {
            let shown = self.control(Method::GET, &path, String::new()).await?;
            match shown["State"].as_str() {
                Some("Active") => return Ok(()),
                Some("Pending") => tokio::time::sleep(PAUSE).await,
                _ => bail!("{function} did not become active: {shown}"),
            }
        }
    }

    /// Waits until so many invocations run.
    pub(crate) async fn until_running(&self, invocations: usize) -> anyhow::Result<()> {
        let is_wanted = |line: &str| {
            let (metric, value) = line.rsplit_once(' ').unwrap_or_default();
            metric.starts_with("sparkler_invocations_running{") && value == invocations.to_string()
        };
        loop {
            let (status, metrics, _) = self.call(Method::GET, "/metrics", Bytes::new()).await?;
            if status != StatusCode::OK {
                bail!("the metrics were answered with {status}");
            }
            if String::from_utf8_lossy(&metrics).lines().any(is_wanted) {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until every event that was accepted has run.
    ///
    /// # Errors
    /// Also when some failed for good.
    pub(crate) async fn until_drained(&self) -> anyhow::Result<()> {
        loop {
            let list = self
                .control(Method::GET, "/sparkler/events", String::new())
                .await?;
            let counts = list["counts"]
                .as_object()
                .context("a list of events counts them")?;
            if counts.get("dead").and_then(Value::as_u64) != Some(0) {
                bail!("some events failed: {list}");
            }
            if counts.values().all(|count| count.as_u64() == Some(0)) {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// A call that is answered in JSON.
    async fn control(&self, method: Method, path: &str, body: String) -> anyhow::Result<Value> {
        let (status, answer, _) = self.call(method, path, body.into()).await?;
        if !status.is_success() {
            let answer = String::from_utf8_lossy(&answer);
            bail!("{path} was answered with {status}: {answer}");
        }
        serde_json::from_slice(&answer).with_context(|| format!("{path} was not answered in JSON"))
    }

    /// The status, the body, and whether a function failed.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> anyhow::Result<(StatusCode, Bytes, bool)> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("content-type", "application/json")
            .body(Full::new(body))?;
        let response = self
            .http
            .request(request)
            .await
            .context("the server did not answer")?;
        let status = response.status();
        let has_failed = response.headers().contains_key("x-amz-function-error");
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, body, has_failed))
    }
}

/// Code as a request carries it.
pub(crate) fn encoded(wasm: &[u8]) -> String {
    BASE64_STANDARD.encode(wasm)
}
