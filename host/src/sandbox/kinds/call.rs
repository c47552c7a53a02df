//! One call of a guest that is set up: what it is called with, and what it answers.

use std::borrow::Cow;
use std::time::SystemTime;

use tokio::time::Instant;
use uuid::fmt::Hyphenated;

use super::input::Input;
use crate::domain::times::unix_ms;
use crate::domain::{ClientContext, Invocation, Version};
use crate::invoker::ResponseSink;
use crate::sandbox::bindings::exports::sparkler::function::handler::Context;

/// What a guest is called with.
pub(in crate::sandbox) struct Call<'a> {
    pub(in crate::sandbox) version: &'a Version,
    pub(in crate::sandbox) invocation: &'a Invocation,
    pub(in crate::sandbox) input: Input,
    /// Whoever reads along what the guest writes.
    pub(in crate::sandbox) response: Option<ResponseSink>,
}

impl Call<'_> {
    /// What a function is told as text, and the host knows otherwise.
    pub(super) fn texts(&self) -> Texts {
        Texts {
            invoked_arn: self.invocation.target.text(),
            version: self.version.id.text(),
            request_id: [0; Hyphenated::LENGTH],
        }
    }

    /// What a function is told of its invocation.
    pub(super) fn context<'a>(&'a self, texts: &'a mut Texts, deadline: Instant) -> Context<'a> {
        let invocation = self.invocation;
        let request_id = invocation.request_id.0.hyphenated();
        Context {
            request_id: request_id.encode_lower(&mut texts.request_id),
            invoked_function_arn: &texts.invoked_arn,
            function_version: &texts.version,
            deadline_ms: unix_milliseconds(deadline),
            trace_id: invocation.trace_id.as_deref(),
            client_context: invocation.client_context.as_ref().map(ClientContext::text),
            tenant_id: invocation.tenant_id.as_deref(),
        }
    }
}

/// What a function is told as text.
pub(super) struct Texts {
    invoked_arn: String,
    version: Cow<'static, str>,
    request_id: [u8; Hyphenated::LENGTH],
}

fn unix_milliseconds(deadline: Instant) -> u64 {
    let remaining = deadline.saturating_duration_since(Instant::now());
    unix_ms(SystemTime::now() + remaining)
}
