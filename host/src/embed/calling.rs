//! A call that is about to be made.

use std::time::Duration;

use bytes::Bytes;

use super::StreamedResponse;
use crate::app::Host;
use crate::domain::{
    EventJson, FunctionArn, Invocation, LogListener, LogType, Refusal, Report, RequestId, Terms,
};
use crate::invoker::{How, Resolved, response_pipe};
use crate::limits::SYNC_PAYLOAD_BYTES_MAX;

/// A call of a [`Function`](super::Function) that is about to be made: it runs with [`run`](Self::run) or
/// [`stream`](Self::stream).
#[must_use = "nothing runs before `run` or `stream`"]
pub struct Calling<'function> {
    host: &'function Host,
    target: FunctionArn,
    event: Bytes,
    request_id: RequestId,
    tenant: Option<String>,
    terms: Terms,
}

impl<'function> Calling<'function> {
    /// A call of the function that `target` names, with that much time at most.
    pub(super) fn new(
        host: &'function Host,
        target: FunctionArn,
        time_max: Option<Duration>,
        event: Bytes,
    ) -> Self {
        Self {
            host,
            target,
            event,
            request_id: RequestId::random(),
            tenant: None,
            terms: Terms {
                time_max,
                listener: None,
            },
        }
    }

    /// Chooses the id that the guest and the log know the call by, which is random otherwise.
    pub fn request_id(mut self, id: RequestId) -> Self {
        self.request_id = id;
        self
    }

    /// Names the tenant that the call is for, of a function that was loaded with
    /// [`per_tenant`](super::FunctionConfig::per_tenant).
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Gives this call less time than the function's timeout.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        let time_max = self
            .terms
            .time_max
            .map_or(timeout, |most| most.min(timeout));
        self.terms.time_max = Some(time_max);
        self
    }

    /// Has `hear` called with every piece that the guest writes to stdout or stderr, while it writes it. That
    /// happens on the thread of the guest, which waits meanwhile: nothing piles up, and a listener that has
    /// much to do sends the pieces on. A piece has at most 64 KB, and need not end where a line or a character
    /// does. A flood ends at the call's deadline; what the [`Report`] keeps of it is bounded.
    pub fn on_log(mut self, hear: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        self.terms.listener = Some(LogListener::new(hear));
        self
    }

    /// Makes the call and waits for its end. Dropping the future ends the guest where it is.
    ///
    /// # Errors
    /// As [`Function::invoke`](super::Function::invoke).
    pub async fn run(self) -> Result<Report, Refusal> {
        let Ready {
            host,
            resolved,
            invocation,
            how,
        } = self.ready()?;
        let invoker = host.invoker();
        let completion = invoker.run(resolved, invocation, how).await?;
        Ok(completion.report)
    }

    /// Makes the call, and gives what a streaming function writes while it writes it. What another function
    /// answers comes in one piece. Needs to be called in a runtime of tokio.
    ///
    /// # Errors
    /// As [`Function::invoke`](super::Function::invoke), as far as that is known before it runs.
    pub fn stream(self) -> Result<StreamedResponse, Refusal> {
        let Ready {
            host,
            resolved,
            invocation,
            mut how,
        } = self.ready()?;
        let (sink, source) = response_pipe();
        how.response = Some(sink);
        let host = host.clone();
        let running = tokio::spawn(async move {
            let invoker = host.invoker();
            let ended = invoker.run(resolved, invocation, how).await;
            ended.map(|completion| completion.report)
        });
        Ok(StreamedResponse::new(source, running))
    }

    fn ready(self) -> Result<Ready<'function>, Refusal> {
        let event = event(self.event)?;
        let resolved = self.host.invoker().resolve(&self.target)?;
        let tenant_id = resolved.version.settings.tenant(self.tenant)?;
        let invocation = Invocation {
            target: self.target,
            request_id: self.request_id,
            payload: event.into(),
            trace_id: None,
            client_context: None,
            tenant_id,
            log_type: LogType::None,
        };
        Ok(Ready {
            host: self.host,
            resolved,
            invocation,
            how: How {
                terms: self.terms,
                response: None,
            },
        })
    }
}

/// A call that was checked.
struct Ready<'function> {
    host: &'function Host,
    resolved: Resolved,
    invocation: Invocation,
    how: How,
}

/// The event that a caller gave, if it may be one.
fn event(event: Bytes) -> Result<EventJson, Refusal> {
    if event.len() > SYNC_PAYLOAD_BYTES_MAX {
        return Err(Refusal::InvalidParameter(format!(
            "The event has {} bytes, and may have {SYNC_PAYLOAD_BYTES_MAX}.",
            event.len()
        )));
    }
    EventJson::parse(event)
        .map_err(|error| Refusal::InvalidParameter(format!("The event is not JSON: {error}.")))
}
