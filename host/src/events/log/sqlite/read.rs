//! Rows to values.

use bytes::Bytes;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows::{EndingRow, EventRow, MessageRow, Row};
use crate::domain::{FunctionName, Named as _, RequestId};
use crate::events::event::{Event, EventId, NewEvent};
use crate::events::log::index::{Indexed, Posted};
use crate::events::log::{DeliveryId, Filter, Listed, State};
use crate::events::message::Message;

/// What a host finds when it starts.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) waiting: Vec<Indexed>,
    pub(super) delivering: Vec<(Indexed, Vec<Posted>)>,
    pub(super) next_id: u64,
}

pub(super) fn found(connection: &Connection) -> rusqlite::Result<Found> {
    let indexed = "SELECT id, account, function, due_ms, bytes FROM events WHERE state = ?1";
    let mut indexed = connection.prepare(indexed)?;
    let mut in_state = |state: State| -> rusqlite::Result<Vec<Indexed>> {
        indexed.query_map([state.name()], index)?.collect()
    };
    let (waiting, delivering) = (in_state(State::Waiting)?, in_state(State::Delivering)?);
    let delivering = delivering.into_iter().map(|event| {
        // What is on its way is due at once.
        let event = Indexed { due_ms: 0, ..event };
        Ok((event.clone(), outstanding(connection, event.id)?))
    });
    let next_id = "SELECT next FROM numbering";
    Ok(Found {
        waiting,
        delivering: delivering.collect::<rusqlite::Result<_>>()?,
        next_id: connection.query_row(next_id, [], |row| row.get(0))?,
    })
}

fn index(row: &rusqlite::Row<'_>) -> rusqlite::Result<Indexed> {
    let account: String = row.get(1)?;
    Ok(Indexed {
        id: EventId(row.get(0)?),
        account: account.into(),
        function: name(row, 2)?,
        due_ms: row.get(3)?,
        bytes: row.get(4)?,
    })
}

/// The messages of an event that are on their way.
fn outstanding(connection: &Connection, id: EventId) -> rusqlite::Result<Vec<Posted>> {
    let messages = "SELECT part, target FROM messages WHERE event = ?1 AND given_up = 0";
    let mut messages = connection.prepare_cached(messages)?;
    messages.query_map([id.0], posted)?.collect()
}

pub(super) fn messages(connection: &Connection, id: EventId) -> rusqlite::Result<Vec<Posted>> {
    let messages = "SELECT part, target FROM messages WHERE event = ?1";
    let mut messages = connection.prepare_cached(messages)?;
    messages.query_map([id.0], posted)?.collect()
}

fn posted(row: &rusqlite::Row<'_>) -> rusqlite::Result<Posted> {
    let target: String = row.get(1)?;
    Ok(Posted {
        part: row.get(0)?,
        target: target.into(),
    })
}

pub(super) fn event(connection: &Connection, id: EventId) -> rusqlite::Result<Option<Event>> {
    let mut statement = connection.prepare_cached(
        "SELECT account, function, request_id, accepted_ms, runs, head, payload \
         FROM events JOIN payloads ON event = id WHERE id = ?1 AND state = 'waiting'",
    )?;
    let read = |found: &rusqlite::Row<'_>| {
        let account: String = found.get(0)?;
        let request_id: String = found.get(2)?;
        let request_id = uuid::Uuid::try_parse(&request_id);
        let head: EventRow = row(found, 5)?;
        let payload: Vec<u8> = found.get(6)?;
        Ok(Event {
            id,
            account: account.into(),
            accepted_ms: found.get(3)?,
            runs: found.get(4)?,
            hops: head.hops,
            new: NewEvent {
                function: name(found, 1)?,
                qualifier: head.qualifier(),
                request_id: RequestId(request_id.map_err(|error| unreadable(2, error))?),
                trace_id: head.trace_id,
                tenant_id: head.tenant_id,
                payload: Bytes::from(payload),
            },
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
    let read = |found: &rusqlite::Row<'_>| {
        let head: MessageRow = row(found, 0)?;
        let body: Vec<u8> = found.get(1)?;
        Ok(Message {
            head: head.head(),
            body: Bytes::from(body),
            expires_ms: found.get(2)?,
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
        "SELECT id, state, function, request_id, accepted_ms, due_ms, runs, bytes, ended_ms, head, \
         ending FROM events WHERE id > ?1 AND account = ?2 AND (?3 IS NULL OR function = ?3) \
         AND (?4 IS NULL OR state = ?4) \
         AND (?5 IS NULL OR request_id = ?5 OR CAST (id AS TEXT) = ?5) ORDER BY id LIMIT ?6",
    )?;
    let rows = statement.query_map(
        params![
            filter.after,
            &*filter.account,
            filter.function.as_ref().map(FunctionName::as_str),
            filter.state.map(State::name),
            filter.id,
            u64::try_from(limit).unwrap_or(u64::MAX)
        ],
        listed,
    )?;
    rows.collect()
}

fn listed(found: &rusqlite::Row<'_>) -> rusqlite::Result<Listed> {
    let state: String = found.get(1)?;
    let head: EventRow = row(found, 9)?;
    let ending: Option<String> = found.get(10)?;
    let ending: Option<EndingRow> = ending.map(|_| row(found, 10)).transpose()?;
    let (condition, reason) = ending.map(|row| (row.condition, row.reason)).unzip();
    Ok(Listed {
        id: EventId(found.get(0)?),
        state: State::named(&state).ok_or_else(|| unreadable(1, "no state has this name"))?,
        function: name(found, 2)?,
        qualifier: head.qualifier,
        request_id: found.get(3)?,
        accepted_ms: found.get(4)?,
        due_ms: found.get(5)?,
        runs: found.get(6)?,
        bytes: found.get(7)?,
        condition,
        reason,
        ended_ms: found.get(8)?,
    })
}

pub(super) fn dead(
    connection: &Connection,
    account: &str,
    function: Option<&FunctionName>,
) -> rusqlite::Result<u64> {
    connection.query_row(
        "SELECT count(*) FROM events \
         WHERE state = 'dead' AND account = ?1 AND (?2 IS NULL OR function = ?2)",
        params![account, function.map(FunctionName::as_str)],
        |row| row.get(0),
    )
}

pub(super) fn dead_before(
    connection: &Connection,
    account: &str,
    than_ms: u64,
    limit: usize,
) -> rusqlite::Result<Vec<EventId>> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM events WHERE state = 'dead' AND ended_ms < ?1 AND account = ?2 \
         ORDER BY ended_ms LIMIT ?3",
    )?;
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    let ids = statement.query_map(params![than_ms, account, limit], |row| row.get(0))?;
    ids.map(|id| id.map(EventId)).collect()
}

pub(super) fn is_alive(connection: &Connection, id: EventId) -> rusqlite::Result<bool> {
    let mut statement = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM events WHERE id = ?1 AND state <> 'dead')")?;
    statement.query_row([id.0], |row| row.get(0))
}

fn name(found: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<FunctionName> {
    let text: String = found.get(column)?;
    FunctionName::try_from(text).map_err(|problem| unreadable(column, problem))
}

/// A column that is JSON.
pub(super) fn row<R: Row>(found: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<R> {
    let json: String = found.get(column)?;
    R::read(&json).map_err(|problem| unreadable(column, problem))
}

fn unreadable(
    column: usize,
    problem: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, problem.into())
}
