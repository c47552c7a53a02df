//! The headers of an invocation.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};

use super::constraint::{Pattern, Violations};
use super::error::WireError;
use super::headers::TRACE_ID;
use crate::domain::named::named;
use crate::domain::{LogType, Named};

pub(super) const INVOCATION_TYPE: &str = "x-amz-invocation-type";
pub(super) const LOG_TYPE: &str = "x-amz-log-type";
pub(super) const CLIENT_CONTEXT: &str = "x-amz-client-context";
pub(super) const TENANT_ID: &str = "x-amz-tenant-id";
pub(super) const DURABLE_EXECUTION_NAME: &str = "x-amz-durable-execution-name";

static TENANT_ID_PATTERN: Pattern = Pattern::new(r"[a-zA-Z0-9\._:\/=+\-@ ]+");
static DURABLE_EXECUTION_NAME_PATTERN: Pattern = Pattern::new("[a-zA-Z0-9-_]+");

named! {
    /// How a caller wants its function to be invoked.
    pub(super) enum InvocationType {
        /// The answer comes at once and the function runs later.
        Event = "Event",
        /// The answer is the function's.
        RequestResponse = "RequestResponse",
        /// Everything is checked and nothing runs.
        DryRun = "DryRun",
    }
}

named! {
    /// How a function whose response is streamed can be invoked.
    enum StreamedInvocationType {
        /// See [`InvocationType::RequestResponse`].
        RequestResponse = "RequestResponse",
        /// See [`InvocationType::DryRun`].
        DryRun = "DryRun",
    }
}

impl From<StreamedInvocationType> for InvocationType {
    fn from(of_streamed: StreamedInvocationType) -> Self {
        match of_streamed {
            StreamedInvocationType::RequestResponse => Self::RequestResponse,
            StreamedInvocationType::DryRun => Self::DryRun,
        }
    }
}

/// The headers that matter, as they were sent: of one that is there more than once, the first.
#[derive(Default)]
struct Sent<'a> {
    invocation_type: Option<&'a HeaderValue>,
    log_type: Option<&'a HeaderValue>,
    client_context: Option<&'a HeaderValue>,
    trace: Option<&'a HeaderValue>,
    tenant: Option<&'a HeaderValue>,
    durable_execution_name: Option<&'a HeaderValue>,
}

impl<'a> Sent<'a> {
    /// Looks through all headers, few as they are: to look for each by its name costs several times as much.
    fn of(headers: &'a HeaderMap) -> Self {
        let mut sent = Self::default();
        for (name, value) in headers {
            let place = match name.as_str() {
                INVOCATION_TYPE => &mut sent.invocation_type,
                LOG_TYPE => &mut sent.log_type,
                CLIENT_CONTEXT => &mut sent.client_context,
                TENANT_ID => &mut sent.tenant,
                DURABLE_EXECUTION_NAME => &mut sent.durable_execution_name,
                _ if name == TRACE_ID => &mut sent.trace,
                _ => continue,
            };
            place.get_or_insert(value);
        }
        sent
    }
}

/// The headers that matter, within the model's constraints.
#[derive(Debug)]
pub(super) struct InvokeHeaders<'a> {
    pub(super) invocation_type: InvocationType,
    pub(super) log_type: LogType,
    /// Base64, not decoded yet.
    pub(super) client_context: Option<&'a HeaderValue>,
    pub(super) trace: Option<&'a HeaderValue>,
    tenant: Option<&'a HeaderValue>,
    names_durable_execution: bool,
}

impl<'a> InvokeHeaders<'a> {
    /// Reads the headers.
    ///
    /// # Errors
    /// For all broken constraints together.
    pub(super) fn parse(headers: &'a HeaderMap) -> Result<Self, WireError> {
        let mut violations = Violations::default();
        let sent = Sent::of(headers);
        let parsed = Self {
            names_durable_execution: sent.durable_execution_name.is_some(),
            ..Self::common::<InvocationType>(&sent, &mut violations)
        };
        if let Some(name) = sent.durable_execution_name.map(text) {
            let member = "durableExecutionName";
            violations.length(member, &name, 1, 64);
            violations.pattern(member, &name, &DURABLE_EXECUTION_NAME_PATTERN);
        }
        violations.into_result()?;
        Ok(parsed)
    }

    /// Reads the headers of an invocation with a streamed response: none of them is asynchronous, and
    /// none is a durable execution.
    ///
    /// # Errors
    /// For all broken constraints together.
    pub(super) fn parse_streaming(headers: &'a HeaderMap) -> Result<Self, WireError> {
        let mut violations = Violations::default();
        let parsed = Self::common::<StreamedInvocationType>(&Sent::of(headers), &mut violations);
        violations.into_result()?;
        Ok(parsed)
    }

    /// What InvokeAsync stands for, which is older than all of these headers.
    pub(super) fn of_invoke_async() -> Self {
        Self {
            invocation_type: InvocationType::Event,
            log_type: LogType::None,
            client_context: None,
            trace: None,
            tenant: None,
            names_durable_execution: false,
        }
    }

    /// What all ways have, where `E` is the set of invocation types.
    fn common<E: Named + Into<InvocationType>>(
        sent: &Sent<'a>,
        violations: &mut Violations,
    ) -> Self {
        let invocation_type = violations.given(sent.invocation_type, |v, header| {
            v.one_of::<E>("invocationType", &text(header))
        });
        let log_type = violations.given(sent.log_type, |v, header| {
            v.one_of("logType", &text(header))
        });
        let parsed = Self {
            invocation_type: invocation_type.map_or(InvocationType::RequestResponse, Into::into),
            log_type: log_type.unwrap_or_default(),
            client_context: sent.client_context,
            trace: sent.trace,
            tenant: sent.tenant,
            names_durable_execution: false,
        };
        if let Some(id) = sent.tenant.map(text) {
            violations.length("tenantId", &id, 1, 256);
            violations.pattern("tenantId", &id, &TENANT_ID_PATTERN);
        }
        parsed
    }

    /// The tenant that the call is for.
    pub(super) fn tenant(&self) -> Option<String> {
        self.tenant.map(|id| text(id).into_owned())
    }

    /// Refuses what no function of this host can be asked for.
    pub(super) fn refuse_what_is_lacking(&self) -> Result<(), WireError> {
        if self.names_durable_execution {
            return Err(WireError::invalid_parameter(
                "Durable executions are not supported by this host. Leave out \
                 X-Amz-Durable-Execution-Name.",
            ));
        }
        Ok(())
    }
}

fn text(header: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(header.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    #[test]
    fn without_headers_the_answer_is_the_functions_and_has_no_log() {
        let headers = HeaderMap::new();
        let parsed = InvokeHeaders::parse(&headers).expect("nothing is wrong");
        assert_eq!(parsed.invocation_type, InvocationType::RequestResponse);
        assert_eq!(parsed.log_type, LogType::None);
        assert_eq!(parsed.tenant(), None);
        assert!(parsed.refuse_what_is_lacking().is_ok());
    }

    #[test]
    fn the_tenant_is_taken_as_it_is_named() {
        let headers = headers(&[(TENANT_ID, "acme corp/blue@1")]);
        let parsed = InvokeHeaders::parse(&headers).expect("the model admits it");
        assert_eq!(parsed.tenant().as_deref(), Some("acme corp/blue@1"));
    }

    #[test]
    fn values_out_of_the_model_are_refused_together() {
        let headers = headers(&[
            (INVOCATION_TYPE, "Later"),
            (LOG_TYPE, "tail"),
            (TENANT_ID, "a#b"),
        ]);
        let text = format!(
            "{:?}",
            InvokeHeaders::parse(&headers).expect_err("all are wrong")
        );
        assert!(text.contains(
            "3 validation errors detected: Value 'Later' at 'invocationType' failed to satisfy \
             constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]; \
             Value 'tail' at 'logType' failed to satisfy constraint: Member must satisfy enum value \
             set: [None, Tail]; Value 'a#b' at 'tenantId'"
        ));
    }

    #[test]
    fn an_invocation_that_streams_is_neither_asynchronous_nor_durable() {
        let asynchronous = headers(&[(INVOCATION_TYPE, "Event")]);
        let error = InvokeHeaders::parse_streaming(&asynchronous).expect_err("out of the model");
        assert!(format!("{error:?}").contains("enum value set: [RequestResponse, DryRun]"));
        let others = headers(&[(INVOCATION_TYPE, "DryRun"), (DURABLE_EXECUTION_NAME, "a b")]);
        let parsed = InvokeHeaders::parse_streaming(&others).expect("nothing is wrong");
        assert_eq!(parsed.invocation_type, InvocationType::DryRun);
        assert!(parsed.refuse_what_is_lacking().is_ok());
    }

    #[test]
    fn what_this_host_lacks_is_refused_in_a_sentence() {
        let headers = headers(&[(DURABLE_EXECUTION_NAME, "run-1")]);
        let parsed = InvokeHeaders::parse(&headers).expect("the model admits it");
        let error = parsed.refuse_what_is_lacking().expect_err("it is lacking");
        assert!(format!("{error:?}").contains("Durable executions are not supported"));
    }
}
