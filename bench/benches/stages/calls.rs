//! Calls of the echo: what is given to each stage, and what must come out.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use anyhow::{Context as _, bail, ensure};
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use sparkler::internals::{
    Completion, Door, EventJson, FunctionArn, Gate, How, Invocation, LogType, Parts as _,
    PrepareGuest as _, RunGuest as _, Sandboxes, Version,
};
use sparkler::stages::Instantiated;
use sparkler::{FunctionName, Host, Outcome, RequestId};

use crate::echo::{self, EVENT};
use crate::web;

/// Where requests come from.
pub(crate) fn caller() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 40_000))
}

/// A host, and its functions' names in full.
#[derive(Clone)]
pub(crate) struct Calls {
    pub(crate) host: Host,
    pub(crate) fresh: Arc<FunctionArn>,
    pub(crate) reused: Arc<FunctionArn>,
    /// The host name of the server for HTTP.
    pub(crate) web: String,
    door: Door<Sandboxes>,
}

impl Calls {
    pub(crate) async fn to(host: Host) -> anyhow::Result<Self> {
        let arn = |name: &str| {
            let name = FunctionName::parse(name).context("a good name")?;
            anyhow::Ok(Arc::new(host.account().function_arn(&name, None)))
        };
        let door = host.door().for_caller(caller());
        Ok(Self {
            fresh: arn(echo::FRESH)?,
            reused: arn(echo::REUSED)?,
            web: web::host_name(&door).await?,
            door,
            host,
        })
    }

    /// A whole invocation: resolve, admit, a sandbox, call, report, reset.
    pub(crate) async fn invoke(&self, target: &FunctionArn) -> anyhow::Result<()> {
        check(self.completion(target).await?.report.outcome)
    }

    /// What comes of one.
    pub(crate) async fn completion(&self, target: &FunctionArn) -> anyhow::Result<Completion> {
        let resolved = self.host.invoker().resolve(target)?;
        let run = self
            .host
            .invoker()
            .run(resolved, invocation_of(target), How::default());
        Ok(run.await?)
    }

    /// The same without resolving, in a sandbox that was prepared.
    pub(crate) async fn invoke_prepared(
        &self,
        version: Arc<Version>,
        gate: &Gate,
    ) -> anyhow::Result<()> {
        let admission = gate.enter()?.provisioned();
        let guests = self.host.guests();
        let run = guests.run(version, self.invocation(), How::default(), admission);
        check(run.await?.outcome)
    }

    /// Waits until one sandbox is prepared.
    pub(crate) async fn prepare(&self, version: &Arc<Version>) -> anyhow::Result<()> {
        Ok(self.host.guests().prepare(version, 1).await?)
    }

    pub(crate) async fn instantiate(&self, version: &Arc<Version>) -> anyhow::Result<Instantiated> {
        let (version, invocation) = (Arc::clone(version), self.invocation());
        let admission = self.host.invoker().gate().enter()?;
        let guests = self.host.guests();
        guests.instantiated(version, invocation, admission).await
    }

    pub(crate) fn fresh_version(&self) -> anyhow::Result<Arc<Version>> {
        Ok(self.host.invoker().resolve(&self.fresh)?.version)
    }

    fn invocation(&self) -> Arc<Invocation> {
        Arc::new(invocation_of(&self.fresh))
    }

    /// A request as the AWS clients send it, but for their signature.
    pub(crate) fn request(kind: &str) -> anyhow::Result<Request> {
        let request = Request::post("/2015-03-31/functions/echo/invocations")
            .header("host", "127.0.0.1:9001")
            .header("content-type", "application/json")
            .header("content-length", EVENT.len())
            .header("user-agent", "sparkler-bench")
            .header("x-amz-invocation-type", kind);
        Ok(request.body(Body::from(Bytes::from_static(EVENT)))?)
    }

    /// What the host answers to `request`, all but the connection.
    pub(crate) async fn serve(&self, request: Request) -> Response {
        self.door.clone().answer(request).await
    }
}

/// Checked once, since what is counted here begins behind that.
static PARSED: LazyLock<EventJson> =
    LazyLock::new(|| EventJson::parse(Bytes::from_static(EVENT)).expect("the event is JSON"));

fn invocation_of(target: &FunctionArn) -> Invocation {
    Invocation {
        target: target.clone(),
        request_id: RequestId::random(),
        payload: PARSED.clone().into(),
        trace_id: None,
        client_context: None,
        tenant_id: None,
        log_type: LogType::None,
    }
}

/// Whether a request was answered as it should have been.
pub(crate) fn check_status(response: &Response, status: StatusCode) -> anyhow::Result<()> {
    ensure!(
        response.status() == status,
        "the host answered with {} where {status} was due",
        response.status()
    );
    ensure!(
        !response.headers().contains_key("x-amz-function-error"),
        "the echo failed"
    );
    Ok(())
}

fn check(outcome: Outcome) -> anyhow::Result<()> {
    match outcome {
        Outcome::Returned(answer) if answer == EVENT => Ok(()),
        other => bail!("the echo answered {other:?}"),
    }
}
