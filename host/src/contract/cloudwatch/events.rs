//! GetLogEvents and FilterLogEvents.

use serde::{Deserialize, Serialize};

use super::error::LogsError;
use super::group_name::group_name;
use super::groups::page_size;
use super::logs::Logs;
use super::pattern::FilterPattern;
use super::streams::stream_name;
use super::token;
use crate::contract::constraint::{Broken, Violations};
use crate::limits::{LOG_PAGE_EVENTS_MAX, LOG_SEARCH_DURATION_MAX};
use crate::logs::{Direction, LogEvent, Page, Query, Streams};

/// Longest filter pattern, as the model of the API bounds it.
const PATTERN_CHARS_MAX: usize = 1024;

/// Most streams that one request may name, as the model of the API bounds it.
const STREAMS_MAX: usize = 100;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct GetInput {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: Option<String>,
    start_time: Option<i64>,
    end_time: Option<i64>,
    next_token: Option<String>,
    limit: Option<i64>,
    start_from_head: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetOutput {
    events: Vec<OutputEvent>,
    next_forward_token: String,
    next_backward_token: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutputEvent {
    timestamp: u64,
    message: String,
    ingestion_time: u64,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct FilterInput {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_names: Option<Vec<String>>,
    log_stream_name_prefix: Option<String>,
    start_time: Option<i64>,
    end_time: Option<i64>,
    filter_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
    start_from_head: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FilterOutput {
    events: Vec<FilteredEvent>,
    /// AWS has stopped to tell them.
    searched_log_streams: [(); 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FilteredEvent {
    log_stream_name: String,
    timestamp: u64,
    message: String,
    ingestion_time: u64,
    event_id: String,
}

/// The events of one stream, from either end. At an end, the token is the one that was given.
pub(super) fn get(logs: &Logs, input: GetInput) -> Result<GetOutput, LogsError> {
    let mut v = Violations::default();
    let stream = v.required("logStreamName", input.log_stream_name);
    let stream = stream.and_then(|name| stream_name("logStreamName", name, &mut v));
    let events_max = page_size(input.limit, LOG_PAGE_EVENTS_MAX, &mut v);
    let from_ms = time(input.start_time, "startTime", &mut v).unwrap_or(0);
    let until_ms = time(input.end_time, "endTime", &mut v).unwrap_or(u64::MAX);
    let stream = LogsError::settled(v, || stream)?;
    let group = group_name(input.log_group_name, input.log_group_identifier)?;
    let (direction, position) = match input.next_token.as_deref().map(token::position) {
        Some(token) => token.map(|(direction, position)| (direction, Some(position)))?,
        None if input.start_from_head == Some(true) => (Direction::Forward, None),
        None => (Direction::Backward, None),
    };
    let streams = logs.keeper.streams(&group)?;
    if !streams.iter().any(|(name, _)| *name == stream) {
        return Err(LogsError::no_stream());
    }
    let page = logs.keeper.read(&Query {
        group: &group,
        streams: Streams::Named(vec![stream]),
        from_ms,
        until_ms,
        direction,
        position,
        events_max,
        duration_max: LOG_SEARCH_DURATION_MAX,
        is_wanted: &|_| true,
    })?;
    Ok(GetOutput {
        next_forward_token: token::of_position(Direction::Forward, page.end),
        next_backward_token: token::of_position(Direction::Backward, page.start),
        events: page.events.into_iter().map(output_event).collect(),
    })
}

/// The events of many streams that match a pattern, page by page until there is no token.
pub(super) fn filter(logs: &Logs, input: FilterInput) -> Result<FilterOutput, LogsError> {
    let (names, prefix) = (input.log_stream_names, input.log_stream_name_prefix);
    if names.is_some() && prefix.is_some() {
        return Err(LogsError::invalid(
            "logStreamNames and logStreamNamePrefix cannot both be given. Leave one of them out.",
        ));
    }
    let mut v = Violations::default();
    let streams = streams(names, prefix, &mut v);
    let events_max = page_size(input.limit, LOG_PAGE_EVENTS_MAX, &mut v);
    let from_ms = time(input.start_time, "startTime", &mut v).unwrap_or(0);
    let end_ms = time(input.end_time, "endTime", &mut v);
    let pattern = input.filter_pattern.unwrap_or_default();
    let pattern = v.bounded("filterPattern", pattern, 0..=PATTERN_CHARS_MAX);
    let (streams, pattern) = LogsError::settled(v, || Ok((streams?, pattern?)))?;
    let group = group_name(input.log_group_name, input.log_group_identifier)?;
    let pattern = FilterPattern::parse(&pattern).map_err(LogsError::invalid)?;
    let (direction, position) = match input.next_token.as_deref().map(token::position) {
        Some(token) => token.map(|(direction, position)| (direction, Some(position)))?,
        None if input.start_from_head == Some(false) => (Direction::Backward, None),
        None => (Direction::Forward, None),
    };
    let page = logs.keeper.read(&Query {
        group: &group,
        streams,
        from_ms,
        // Unlike that of GetLogEvents, this end is part of the range.
        until_ms: end_ms.map_or(u64::MAX, |end| end.saturating_add(1)),
        direction,
        position,
        events_max,
        duration_max: LOG_SEARCH_DURATION_MAX,
        is_wanted: &|message| pattern.matches(message),
    })?;
    Ok(filtered(page, direction))
}

fn filtered(page: Page, direction: Direction) -> FilterOutput {
    let going_on = match direction {
        Direction::Forward => page.end,
        Direction::Backward => page.start,
    };
    let mut events: Vec<_> = page.events.into_iter().map(filtered_event).collect();
    if direction == Direction::Backward {
        events.reverse();
    }
    FilterOutput {
        events,
        searched_log_streams: [],
        next_token: (!page.is_complete).then(|| token::of_position(direction, going_on)),
    }
}

fn streams(
    names: Option<Vec<String>>,
    prefix: Option<String>,
    v: &mut Violations,
) -> Result<Streams, Broken> {
    match (names, prefix) {
        (Some(names), _) => {
            v.list_length("logStreamNames", &names, 1, STREAMS_MAX);
            let names = names.into_iter();
            let names = names.map(|name| stream_name("logStreamNames", name, v));
            // All of them are looked at before the first that is broken ends it.
            let names: Vec<_> = names.collect();
            let names: Result<_, _> = names.into_iter().collect();
            names.map(Streams::Named)
        }
        (None, Some(prefix)) => {
            stream_name("logStreamNamePrefix", prefix, v).map(Streams::Prefixed)
        }
        (None, None) => Ok(Streams::All),
    }
}

/// A time in milliseconds since the epoch.
fn time(time: Option<i64>, member: &str, v: &mut Violations) -> Option<u64> {
    let time = v.given(time, |v, time| v.range(member, time, &(0..=i64::MAX)));
    time.map(i64::unsigned_abs)
}

fn output_event(event: LogEvent) -> OutputEvent {
    OutputEvent {
        timestamp: event.time_ms,
        message: event.message,
        ingestion_time: event.ingested_ms,
    }
}

fn filtered_event(event: LogEvent) -> FilteredEvent {
    let place = event.position;
    FilteredEvent {
        // Fifty-six digits, as AWS has them.
        event_id: format!(
            "{:016}{:012}{:016}{:012}",
            event.time_ms, place.segment, place.offset, place.line
        ),
        log_stream_name: event.stream,
        timestamp: event.time_ms,
        message: event.message,
        ingestion_time: event.ingested_ms,
    }
}
