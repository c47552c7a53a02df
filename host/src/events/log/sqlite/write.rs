//! Changes to rows.

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::change::Change;
use super::read::row;
use super::rows::{EndingRow, EventRow, MessageRow, Row};
use crate::domain::Named as _;
use crate::events::event::{Event, EventId};
use crate::events::log::{DeliveryId, Ending, LogBounds, State};
use crate::events::message::Message;

pub(super) fn commit<'a>(
    connection: &mut Connection,
    changes: impl IntoIterator<Item = &'a Change>,
    bounds: &LogBounds,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut may_kill = false;
    let mut last = None;
    for change in changes {
        apply(&transaction, change)?;
        may_kill |= change.may_kill();
        if let Change::Accept(event) = change {
            last = last.max(Some(event.id.0));
        }
    }
    if let Some(last) = last {
        number(&transaction, last)?;
    }
    if may_kill {
        make_room_for_the_dead(&transaction, bounds)?;
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
        Change::Die { id, ending } => end(transaction, *id, State::Dead, ending),
        Change::Revive { id, at_ms } => revive(transaction, *id, *at_ms),
        Change::Redeliver { id, expires_ms } => redeliver(transaction, *id, *expires_ms),
        Change::Purge(id) => run(
            transaction,
            "DELETE FROM events WHERE id = ?1 AND state = 'dead'",
            [id.0],
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
        "INSERT INTO events (id, account, state, function, request_id, accepted_ms, due_ms, runs, \
         bytes, head) VALUES (?1, ?2, 'waiting', ?3, ?4, ?5, ?5, ?6, ?7, ?8)",
        params![
            event.id.0,
            &*event.account,
            new.function.as_str(),
            new.request_id.to_string(),
            event.accepted_ms,
            event.runs,
            event.bytes(),
            EventRow::of(event).json(),
        ],
    )?;
    run(
        transaction,
        "INSERT INTO payloads (event, payload) VALUES (?1, ?2)",
        params![event.id.0, &event.new.payload[..]],
    )
}

/// The next number is behind `last`.
fn number(transaction: &Transaction<'_>, last: u64) -> rusqlite::Result<()> {
    run(
        transaction,
        "UPDATE numbering SET next = max(next, ?1)",
        [last + 1],
    )
}

fn remove(transaction: &Transaction<'_>, id: EventId) -> rusqlite::Result<()> {
    run(transaction, "DELETE FROM events WHERE id = ?1", [id.0])
}

fn end(
    transaction: &Transaction<'_>,
    id: EventId,
    state: State,
    ending: &Ending,
) -> rusqlite::Result<()> {
    run(
        transaction,
        "UPDATE events SET state = ?2, ending = ?3, runs = ?4, ended_ms = ?5 WHERE id = ?1",
        params![
            id.0,
            state.name(),
            EndingRow::of(ending).json(),
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
    end(transaction, id, State::Delivering, ending)?;
    for (part, message) in messages.iter().enumerate() {
        run(
            transaction,
            "INSERT INTO messages (event, part, target, message, body, expires_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                id.0,
                u64::try_from(part).unwrap_or(u64::MAX),
                &**message.head.target.arn(),
                MessageRow::of(&message.head).json(),
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
    let mut ending: EndingRow = row_of(transaction, "SELECT ending FROM events WHERE id = ?1", id)?;
    reason.clone_into(&mut ending.reason);
    run(
        transaction,
        "UPDATE events SET ending = ?2, ended_ms = ?3 WHERE id = ?1 AND state = 'delivering'",
        params![id, ending.json(), at_ms],
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
    let mut head: EventRow = row_of(transaction, "SELECT head FROM events WHERE id = ?1", id.0)?;
    head.hops = 0;
    run(
        transaction,
        "UPDATE events SET state = 'waiting', accepted_ms = ?2, due_ms = ?2, runs = 0, head = ?3, \
         ending = NULL, ended_ms = NULL WHERE id = ?1 AND state = 'dead'",
        params![id.0, at_ms, head.json()],
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

/// A row that is JSON, as it is now: members of it that nobody knows here are written back with it.
fn row_of<R: Row>(transaction: &Transaction<'_>, sql: &str, id: u64) -> rusqlite::Result<R> {
    transaction
        .prepare_cached(sql)?
        .query_row([id], |found| row(found, 0))
}

/// The oldest go first of the account that has the most of what there is too much of.
fn make_room_for_the_dead(
    transaction: &Transaction<'_>,
    bounds: &LogBounds,
) -> rusqlite::Result<()> {
    while let Some(most) = too_much(transaction, bounds)?
        && bury_oldest(transaction, most)?
    {}
    Ok(())
}

/// What tells which account has the most of the dead that are too many, or too large.
fn too_much(
    transaction: &Transaction<'_>,
    bounds: &LogBounds,
) -> rusqlite::Result<Option<&'static str>> {
    let full = "SELECT events > ?1, bytes > ?2 FROM dead";
    let (too_many, too_large) = transaction
        .prepare_cached(full)?
        .query_row([bounds.dead_max, bounds.dead_bytes_max], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(match (too_many, too_large) {
        (true, _) => Some("SELECT account FROM dead_of_accounts ORDER BY events DESC LIMIT 1"),
        (false, true) => Some("SELECT account FROM dead_of_accounts ORDER BY bytes DESC LIMIT 1"),
        (false, false) => None,
    })
}

/// Removes the oldest of the account that `most` tells of, if there is one.
fn bury_oldest(transaction: &Transaction<'_>, most: &str) -> rusqlite::Result<bool> {
    let oldest = format!(
        "DELETE FROM events WHERE id IN (SELECT id FROM events \
         WHERE state = 'dead' AND account = ({most}) ORDER BY ended_ms LIMIT 1)"
    );
    let buried = transaction.prepare_cached(&oldest)?.execute([])?;
    Ok(buried > 0)
}
