//! Changes to rows.

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::{Change, DeliveryId, Ending};
use crate::events::delivery::Message;
use crate::events::event::{Event, EventId};
use crate::limits::{DEAD_EVENTS_MAX, DEAD_EVENTS_PER_CALL_MAX};

pub(super) fn commit<'a>(
    connection: &mut Connection,
    changes: impl IntoIterator<Item = &'a Change>,
    dead_bytes_max: u64,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut died = false;
    for change in changes {
        apply(&transaction, change)?;
        died |= matches!(change, Change::Die { .. } | Change::GiveUp { .. });
    }
    if died {
        make_room_for_the_dead(&transaction, dead_bytes_max)?;
    }
    transaction.commit()
}

fn apply(transaction: &Transaction<'_>, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::Accept(event) => accept(transaction, event),
        Change::Retry { id, runs, due_ms } => run(
            transaction,
            "UPDATE events SET runs = ?2, due_ms = ?3 WHERE id = ?1",
            params![id.0, runs, due_ms],
        ),
        Change::Remove(id) => remove(transaction, *id),
        Change::Deliver {
            id,
            ending,
            messages,
        } => deliver(transaction, *id, ending, messages),
        Change::Delivered(delivery) => delivered(transaction, *delivery),
        Change::GiveUp {
            delivery,
            reason,
            at_ms,
        } => give_up(transaction, *delivery, reason, *at_ms),
        Change::Die { id, ending } => end(transaction, *id, "dead", ending),
        Change::Revive { id, at_ms } => revive(transaction, *id, *at_ms),
        Change::Redeliver { id, expires_ms } => redeliver(transaction, *id, *expires_ms),
        Change::Purge(id) => run(
            transaction,
            "DELETE FROM events WHERE id = ?1 AND state = 'dead'",
            [id.0],
        ),
        Change::PurgeOlder { than_ms } => run(
            transaction,
            "DELETE FROM events WHERE id IN (SELECT id FROM events \
             WHERE state = 'dead' AND ended_ms < ?1 ORDER BY ended_ms LIMIT ?2)",
            params![than_ms, DEAD_EVENTS_PER_CALL_MAX],
        ),
    }
}

fn run(
    transaction: &Transaction<'_>,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(sql)?
        .execute(parameters)
        .map(|_| ())
}

fn accept(transaction: &Transaction<'_>, event: &Event) -> rusqlite::Result<()> {
    let new = &event.new;
    run(
        transaction,
        "INSERT INTO events (id, state, function, qualifier, request_id, trace_id, \
         tenant_id, hops, accepted_ms, due_ms, runs, bytes) \
         VALUES (?1, 'waiting', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10)",
        params![
            event.id.0,
            new.function.as_str(),
            new.qualifier.as_ref().map(ToString::to_string),
            new.request_id.to_string(),
            new.trace_id,
            new.tenant_id,
            event.hops,
            event.accepted_ms,
            event.runs,
            event.bytes(),
        ],
    )?;
    run(
        transaction,
        "INSERT INTO payloads (event, payload) VALUES (?1, ?2)",
        params![event.id.0, &event.new.payload[..]],
    )
}

fn remove(transaction: &Transaction<'_>, id: EventId) -> rusqlite::Result<()> {
    run(transaction, "DELETE FROM events WHERE id = ?1", [id.0])
}

fn end(
    transaction: &Transaction<'_>,
    id: EventId,
    state: &str,
    ending: &Ending,
) -> rusqlite::Result<()> {
    run(
        transaction,
        "UPDATE events SET state = ?2, condition = ?3, reason = ?4, runs = ?5, ended_ms = ?6 \
         WHERE id = ?1",
        params![
            id.0,
            state,
            ending.condition,
            ending.reason,
            ending.runs,
            ending.at_ms
        ],
    )
}

fn deliver(
    transaction: &Transaction<'_>,
    id: EventId,
    ending: &Ending,
    messages: &[Message],
) -> rusqlite::Result<()> {
    let bytes: usize = messages.iter().map(|message| message.body.len()).sum();
    run(
        transaction,
        "UPDATE events SET bytes = bytes + ?2 WHERE id = ?1",
        params![id.0, u64::try_from(bytes).unwrap_or(u64::MAX)],
    )?;
    end(transaction, id, "delivering", ending)?;
    for (part, message) in messages.iter().enumerate() {
        let head = serde_json::to_string(&message.head)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        run(
            transaction,
            "INSERT INTO messages (event, part, target, message, body, expires_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                id.0,
                u64::try_from(part).unwrap_or(u64::MAX),
                message.head.target,
                head,
                &message.body[..],
                message.expires_ms
            ],
        )?;
    }
    Ok(())
}

fn delivered(transaction: &Transaction<'_>, delivery: DeliveryId) -> rusqlite::Result<()> {
    let id = delivery.event.0;
    run(
        transaction,
        "DELETE FROM messages WHERE event = ?1 AND part = ?2",
        params![id, delivery.part],
    )?;
    run(
        transaction,
        "DELETE FROM events WHERE id = ?1 AND state = 'delivering' \
         AND NOT EXISTS (SELECT 1 FROM messages WHERE event = ?1)",
        [id],
    )?;
    die_without_messages(transaction, id)
}

fn give_up(
    transaction: &Transaction<'_>,
    delivery: DeliveryId,
    reason: &str,
    at_ms: u64,
) -> rusqlite::Result<()> {
    let id = delivery.event.0;
    run(
        transaction,
        "UPDATE messages SET given_up = 1 WHERE event = ?1 AND part = ?2",
        params![id, delivery.part],
    )?;
    run(
        transaction,
        "UPDATE events SET reason = ?2, ended_ms = ?3 WHERE id = ?1 AND state = 'delivering'",
        params![id, reason, at_ms],
    )?;
    die_without_messages(transaction, id)
}

/// An event that still has messages, of which none is on its way any more, is dead.
fn die_without_messages(transaction: &Transaction<'_>, id: u64) -> rusqlite::Result<()> {
    run(
        transaction,
        "UPDATE events SET state = 'dead' WHERE id = ?1 AND state = 'delivering' \
         AND NOT EXISTS (SELECT 1 FROM messages WHERE event = ?1 AND given_up = 0)",
        [id],
    )
}

fn revive(transaction: &Transaction<'_>, id: EventId, at_ms: u64) -> rusqlite::Result<()> {
    run(
        transaction,
        "UPDATE events SET state = 'waiting', accepted_ms = ?2, due_ms = ?2, runs = 0, hops = 0, \
         condition = NULL, reason = NULL, ended_ms = NULL WHERE id = ?1 AND state = 'dead'",
        params![id.0, at_ms],
    )
}

fn redeliver(transaction: &Transaction<'_>, id: EventId, expires_ms: u64) -> rusqlite::Result<()> {
    run(
        transaction,
        "UPDATE messages SET given_up = 0, expires_ms = ?2 WHERE event = ?1",
        params![id.0, expires_ms],
    )?;
    run(
        transaction,
        "UPDATE events SET state = 'delivering' WHERE id = ?1 AND state = 'dead'",
        [id.0],
    )
}

/// The oldest go first.
fn make_room_for_the_dead(transaction: &Transaction<'_>, bytes_max: u64) -> rusqlite::Result<()> {
    let full = "SELECT events > ?1 OR bytes > ?2 FROM dead";
    while transaction
        .prepare_cached(full)?
        .query_row([DEAD_EVENTS_MAX, bytes_max], |row| row.get(0))?
    {
        let removed = transaction
            .prepare_cached(
                "DELETE FROM events WHERE id IN \
                 (SELECT id FROM events WHERE state = 'dead' ORDER BY ended_ms LIMIT 16)",
            )?
            .execute([])?;
        if removed == 0 {
            break;
        }
    }
    Ok(())
}
