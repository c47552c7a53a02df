//! Rows to values.

use bytes::Bytes;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{DeliveryId, Found};
use crate::domain::{FunctionName, Qualifier, RequestId};
use crate::events::delivery::Message;
use crate::events::event::{Event, EventId, NewEvent};

/// An event that waits, or whose messages are on their way: what is kept of it in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::events) struct Indexed {
    pub(in crate::events) id: EventId,
    pub(in crate::events) function: FunctionName,
    pub(in crate::events) due_ms: u64,
    pub(in crate::events) bytes: u64,
    pub(in crate::events) waits: bool,
}

/// A message that is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::events) struct Outstanding {
    pub(in crate::events) id: DeliveryId,
    pub(in crate::events) target: String,
}

/// Which events a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::events) struct Filter {
    /// Those of one function.
    pub(in crate::events) function: Option<String>,
    /// Those in one state.
    pub(in crate::events) state: Option<&'static str>,
    /// One event, by its id or by its request id.
    pub(in crate::events) id: Option<String>,
    /// Those behind this one.
    pub(in crate::events) after: u64,
}

/// An event as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub id: EventId,
    /// `waiting`, `delivering` or `dead`.
    pub state: String,
    /// Its function.
    pub function: String,
    /// Version or alias, where one was named.
    pub qualifier: Option<String>,
    /// The id of its attempts.
    pub request_id: String,
    /// Unix time in milliseconds.
    pub accepted_ms: u64,
    /// When it is run next, where it waits.
    pub due_ms: u64,
    /// Times that the function ran.
    pub runs: u32,
    /// Of its payload and messages.
    pub bytes: u64,
    /// How it ended.
    pub condition: Option<String>,
    /// Why, for people.
    pub reason: Option<String>,
    /// When it ended.
    pub ended_ms: Option<u64>,
    /// Where messages of it still have to go.
    pub has_messages: bool,
}

pub(super) fn found(connection: &Connection) -> rusqlite::Result<Found> {
    let mut events = connection.prepare(
        "SELECT id, function, due_ms, bytes, state = 'waiting' FROM events WHERE state <> 'dead'",
    )?;
    let events = events.query_map([], |row| {
        Ok(Indexed {
            id: EventId(row.get(0)?),
            function: name(row, 1)?,
            due_ms: row.get(2)?,
            bytes: row.get(3)?,
            waits: row.get(4)?,
        })
    })?;
    let events = events.collect::<rusqlite::Result<_>>()?;
    let mut deliveries =
        connection.prepare("SELECT event, part, target FROM messages WHERE given_up = 0")?;
    let deliveries = deliveries.query_map([], outstanding)?;
    let next_id = "SELECT coalesce(max(id), 0) + 1 FROM events";
    Ok(Found {
        events,
        deliveries: deliveries.collect::<rusqlite::Result<_>>()?,
        next_id: connection.query_row(next_id, [], |row| row.get(0))?,
    })
}

fn outstanding(row: &Row<'_>) -> rusqlite::Result<Outstanding> {
    Ok(Outstanding {
        id: DeliveryId {
            event: EventId(row.get(0)?),
            part: row.get(1)?,
        },
        target: row.get(2)?,
    })
}

pub(super) fn messages(connection: &Connection, id: EventId) -> rusqlite::Result<Vec<Outstanding>> {
    let mut messages =
        connection.prepare_cached("SELECT event, part, target FROM messages WHERE event = ?1")?;
    let messages = messages.query_map([id.0], outstanding)?;
    messages.collect()
}

pub(super) fn event(connection: &Connection, id: EventId) -> rusqlite::Result<Option<Event>> {
    let mut statement = connection.prepare_cached(
        "SELECT function, qualifier, request_id, trace_id, tenant_id, hops, \
         accepted_ms, runs, payload \
         FROM events JOIN payloads ON event = id WHERE id = ?1 AND state = 'waiting'",
    )?;
    let read = |row: &Row<'_>| {
        let qualifier: Option<String> = row.get(1)?;
        let request_id: String = row.get(2)?;
        let payload: Vec<u8> = row.get(8)?;
        Ok(Event {
            id,
            new: NewEvent {
                function: name(row, 0)?,
                qualifier: qualifier.as_deref().map(Qualifier::parse),
                request_id: RequestId(
                    uuid::Uuid::try_parse(&request_id).map_err(|error| unreadable(2, error))?,
                ),
                trace_id: row.get(3)?,
                tenant_id: row.get(4)?,
                payload: Bytes::from(payload),
            },
            hops: row.get(5)?,
            accepted_ms: row.get(6)?,
            runs: row.get(7)?,
        })
    };
    statement.query_row([id.0], read).optional()
}

pub(super) fn message(
    connection: &Connection,
    id: DeliveryId,
) -> rusqlite::Result<Option<Message>> {
    let mut statement = connection.prepare_cached(
        "SELECT message, body, expires_ms FROM messages \
         WHERE event = ?1 AND part = ?2 AND given_up = 0",
    )?;
    let read = |row: &Row<'_>| {
        let head: String = row.get(0)?;
        let body: Vec<u8> = row.get(1)?;
        Ok(Message {
            head: serde_json::from_str(&head).map_err(|error| unreadable(0, error))?,
            body: Bytes::from(body),
            expires_ms: row.get(2)?,
        })
    };
    statement
        .query_row(params![id.event.0, id.part], read)
        .optional()
}

pub(super) fn list(
    connection: &Connection,
    filter: &Filter,
    limit: usize,
) -> rusqlite::Result<Vec<Listed>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, state, function, qualifier, request_id, accepted_ms, due_ms, runs, bytes, \
         condition, reason, ended_ms, EXISTS (SELECT 1 FROM messages WHERE event = id) FROM events \
         WHERE id > ?1 AND (?2 IS NULL OR function = ?2) AND (?3 IS NULL OR state = ?3) \
         AND (?4 IS NULL OR request_id = ?4 OR CAST (id AS TEXT) = ?4) ORDER BY id LIMIT ?5",
    )?;
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    let rows = statement.query_map(
        params![
            filter.after,
            filter.function,
            filter.state,
            filter.id,
            limit
        ],
        listed,
    )?;
    rows.collect()
}

fn listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    Ok(Listed {
        id: EventId(row.get(0)?),
        state: row.get(1)?,
        function: row.get(2)?,
        qualifier: row.get(3)?,
        request_id: row.get(4)?,
        accepted_ms: row.get(5)?,
        due_ms: row.get(6)?,
        runs: row.get(7)?,
        bytes: row.get(8)?,
        condition: row.get(9)?,
        reason: row.get(10)?,
        ended_ms: row.get(11)?,
        has_messages: row.get(12)?,
    })
}

pub(super) fn dead(connection: &Connection, function: Option<&str>) -> rusqlite::Result<u64> {
    match function {
        None => connection.query_row("SELECT events FROM dead", [], |row| row.get(0)),
        Some(function) => connection.query_row(
            "SELECT count(*) FROM events WHERE state = 'dead' AND function = ?1",
            [function],
            |row| row.get(0),
        ),
    }
}

pub(super) fn delivering(connection: &Connection, function: &str) -> rusqlite::Result<u64> {
    connection.query_row(
        "SELECT count(*) FROM events WHERE state = 'delivering' AND function = ?1",
        [function],
        |row| row.get(0),
    )
}

fn name(row: &Row<'_>, column: usize) -> rusqlite::Result<FunctionName> {
    let text: String = row.get(column)?;
    FunctionName::try_from(text).map_err(|problem| unreadable(column, problem))
}

fn unreadable(
    column: usize,
    problem: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, problem.into())
}
