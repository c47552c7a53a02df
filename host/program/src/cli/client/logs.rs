//! The calls of CloudWatch Logs that the commands need.

use serde::{Deserialize, Serialize};
use serde_json::json;
use ureq::http::Method;

use super::connection::Client;
use super::error::ClientError;

/// Which events of a log group are wanted.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct EventQuery {
    pub(in crate::cli) log_group_name: String,
    /// In milliseconds since the epoch.
    pub(in crate::cli) start_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) filter_pattern: Option<String>,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) next_token: Option<String>,
}

/// A line of a log.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct LogEvent {
    /// In milliseconds since the epoch.
    pub(in crate::cli) timestamp: u64,
    pub(in crate::cli) message: String,
    /// No other event of the group has it.
    pub(in crate::cli) event_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventPage {
    events: Vec<LogEvent>,
    #[serde(default)]
    next_token: Option<String>,
}

impl Client {
    /// A page of events, and the token of the next one, if there is one.
    pub(in crate::cli) fn log_events(
        &self,
        query: &EventQuery,
    ) -> Result<(Vec<LogEvent>, Option<String>), ClientError> {
        let headers = [
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", "Logs_20140328.FilterLogEvents".to_owned()),
        ];
        let body = json!(query).to_string();
        let response = self.send(Method::POST, "/", &headers, body.as_bytes())?;
        let page: EventPage = self.parsed(&response)?;
        let is_progress = page.next_token != query.next_token;
        Ok((page.events, page.next_token.filter(|_| is_progress)))
    }

    /// The log group of a function; that which it had by default, where there is no such function.
    pub(in crate::cli) fn log_group(&self, function: &str) -> Result<String, ClientError> {
        let configuration = self.function(function)?;
        let group = configuration.and_then(|configuration| {
            let logging = configuration.others.get("LoggingConfig")?;
            Some(logging.get("LogGroup")?.as_str()?.to_owned())
        });
        Ok(group.unwrap_or_else(|| format!("/aws/lambda/{function}")))
    }
}
