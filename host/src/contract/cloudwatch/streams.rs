//! DescribeLogStreams.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::error::LogsError;
use super::group_name::group_name;
use super::groups::page_size;
use super::logs::Logs;
use super::token;
use crate::contract::constraint::{Broken, Pattern, Violations};
use crate::domain::named::named;
use crate::limits::LOG_DESCRIBE_ITEMS_MAX;
use crate::logs::StreamSummary;

static STREAM: Pattern = Pattern::new(r"[^:*]*");

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct DescribeInput {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name_prefix: Option<String>,
    order_by: Option<String>,
    descending: Option<bool>,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescribeOutput {
    log_streams: Vec<LogStream>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogStream {
    log_stream_name: String,
    creation_time: u64,
    first_event_timestamp: u64,
    last_event_timestamp: u64,
    last_ingestion_time: u64,
    arn: String,
    /// AWS always says zero here.
    stored_bytes: u64,
}

/// What a list is ordered by; a token is the key of the last item of its page.
type Key = (u64, String);

/// The streams of a group that are asked for.
pub(super) fn describe(logs: &Logs, input: DescribeInput) -> Result<DescribeOutput, LogsError> {
    let mut v = Violations::default();
    let prefix = v.given(input.log_stream_name_prefix, |v, prefix| {
        stream_name("logStreamNamePrefix", prefix, v)
    });
    let order = v.given(input.order_by, |v, name| v.one_of("orderBy", &name));
    let items = page_size(input.limit, LOG_DESCRIBE_ITEMS_MAX, &mut v);
    LogsError::settled(v, || Ok(()))?;
    let by_time = order == Some(Order::LastEventTime);
    if by_time && prefix.is_some() {
        return Err(LogsError::invalid(
            "Cannot order by LastEventTime with a logStreamNamePrefix.",
        ));
    }
    let is_descending = input.descending == Some(true);
    let group = group_name(input.log_group_name, input.log_group_identifier)?;
    let after = input.next_token.as_deref().map(key).transpose()?;
    let prefix = prefix.unwrap_or_default();
    let mut found: Vec<(Key, StreamSummary)> = logs
        .keeper
        .streams(&group)?
        .into_iter()
        .filter(|(name, _)| name.starts_with(&prefix))
        .map(|(name, stream)| {
            let time_ms = if by_time { stream.last_event_ms } else { 0 };
            ((time_ms, name), stream)
        })
        .filter(|(key, _)| match &after {
            None => true,
            Some(after) if is_descending => key < after,
            Some(after) => key > after,
        })
        .collect();
    match is_descending {
        true => found.sort_by(|(one, _), (other, _)| Reverse(one).cmp(&Reverse(other))),
        false => found.sort_by(|(one, _), (other, _)| one.cmp(other)),
    }
    let next_token = (found.len() > items).then(|| {
        let (time_ms, name) = &found[items - 1].0;
        token::of_name(&format!("{time_ms} {name}"))
    });
    found.truncate(items);
    let arn = logs.group_arn(&group);
    Ok(DescribeOutput {
        log_streams: found
            .into_iter()
            .map(|((_, name), stream)| shown(&arn, name, &stream))
            .collect(),
        next_token,
    })
}

fn key(text: &str) -> Result<Key, LogsError> {
    let text = token::name(text)?;
    text.split_once(' ')
        .and_then(|(time_ms, name)| Some((time_ms.parse().ok()?, name.to_owned())))
        .ok_or_else(token::invalid)
}

fn shown(group_arn: &str, name: String, stream: &StreamSummary) -> LogStream {
    LogStream {
        creation_time: stream.first_event_ms,
        first_event_timestamp: stream.first_event_ms,
        last_event_timestamp: stream.last_event_ms,
        last_ingestion_time: stream.last_event_ms,
        arn: format!("{group_arn}:log-stream:{name}"),
        stored_bytes: 0,
        log_stream_name: name,
    }
}

named! {
    /// By what streams are listed.
    enum Order {
        /// By their names.
        LogStreamName = "LogStreamName",
        /// By their newest event.
        LastEventTime = "LastEventTime",
    }
}

/// The name of a stream, or the beginning of one, within the model's constraints.
pub(super) fn stream_name(
    member: &str,
    name: String,
    v: &mut Violations,
) -> Result<String, Broken> {
    v.text_matching(member, name, 1..=512, &STREAM)
}
