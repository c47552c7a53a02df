//! The audit log in the database: written in the transaction of what it tells of.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::columns::unsigned;
use crate::catalog::audit::{AuditBounds, TakenByKind, bytes_of, oldest_ms};
use crate::catalog::journal::{AuditKind, AuditRow, AuditStart, Numbered, Row};
use crate::domain::AccountId;
use crate::limits::{AUDIT_DISORDER_MAX, AUDIT_REMOVED_AT_ONCE_MAX, AUDIT_ROW_BYTES};

/// What the entries of each kind take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken([TakenByKind; AuditKind::ALL.len()]);

impl Taken {
    /// What the database holds.
    pub(super) fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let query = "SELECT account, count(*), sum(length(CAST(entry AS BLOB)))
                     FROM audit WHERE kind = ?1 GROUP BY account";
        let mut taken = Self::default();
        for kind in AuditKind::ALL {
            let mut statement = connection.prepare(query)?;
            let mut rows = statement.query([kind as i64])?;
            while let Some(row) = rows.next()? {
                let (entries, bytes): (i64, i64) = (row.get(1)?, row.get(2)?);
                let bytes = entries.cast_unsigned() * AUDIT_ROW_BYTES + bytes.cast_unsigned();
                let account = AccountId::from(row.get_ref(0)?.as_str()?);
                taken.0[kind as usize].add(&account, bytes);
            }
        }
        Ok(taken)
    }
}

/// Adds entries, and removes others where there are too many; gives what they all take then.
pub(super) fn add<'a>(
    transaction: &Transaction<'_>,
    entries: impl IntoIterator<Item = &'a AuditRow>,
    taken: &Taken,
    bounds: AuditBounds,
) -> rusqlite::Result<Taken> {
    let mut taken = taken.clone();
    for entry in entries {
        transaction
            .prepare_cached(
                "INSERT INTO audit (kind, account, at_ms, entry) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((
                entry.kind as i64,
                entry.account.as_str(),
                entry.at_ms.cast_signed(),
                &*entry.row.0,
            ))?;
        let of_kind = &mut taken.0[entry.kind as usize];
        of_kind.add(&entry.account, entry.bytes());
        let added = transaction.last_insert_rowid();
        let bytes_max = bounds.bytes_max(entry.kind);
        remove_some(transaction, entry, added, of_kind, bytes_max)?;
    }
    Ok(taken)
}

/// An entry that has to go.
struct Going {
    number: i64,
    account: AccountId,
    bytes: u64,
}

/// Removes what is too old, or too much. The newest stays, so that no number is given twice.
fn remove_some(
    transaction: &Transaction<'_>,
    newest: &AuditRow,
    number: i64,
    taken: &mut TakenByKind,
    bytes_max: u64,
) -> rusqlite::Result<()> {
    for _ in 0..AUDIT_REMOVED_AT_ONCE_MAX {
        let going = match too_old(transaction, newest, number)? {
            Some(going) => Some(going),
            None if taken.bytes() <= bytes_max => None,
            None => too_much(transaction, newest.kind, number, taken)?,
        };
        let Some(going) = going else {
            return Ok(());
        };
        transaction
            .prepare_cached("DELETE FROM audit WHERE number = ?1")?
            .execute([going.number])?;
        taken.remove(&going.account, going.bytes);
    }
    Ok(())
}

fn too_old(
    transaction: &Transaction<'_>,
    newest: &AuditRow,
    number: i64,
) -> rusqlite::Result<Option<Going>> {
    let oldest_ms = oldest_ms(newest.at_ms).cast_signed();
    transaction
        .prepare_cached(
            "SELECT number, account, length(CAST(entry AS BLOB)) FROM audit
             WHERE kind = ?1 AND number <> ?2 AND at_ms < ?3 ORDER BY at_ms, number LIMIT 1",
        )?
        .query_row((newest.kind as i64, number, oldest_ms), going)
        .optional()
}

/// The oldest of the account that has the most.
fn too_much(
    transaction: &Transaction<'_>,
    kind: AuditKind,
    number: i64,
    taken: &TakenByKind,
) -> rusqlite::Result<Option<Going>> {
    let Some(largest) = taken.largest() else {
        return Ok(None);
    };
    transaction
        .prepare_cached(
            "SELECT number, account, length(CAST(entry AS BLOB)) FROM audit
             WHERE kind = ?1 AND account = ?2 AND number <> ?3 ORDER BY at_ms, number LIMIT 1",
        )?
        .query_row((kind as i64, largest.as_str(), number), going)
        .optional()
}

fn going(row: &rusqlite::Row<'_>) -> rusqlite::Result<Going> {
    let bytes: i64 = row.get(2)?;
    Ok(Going {
        number: row.get(0)?,
        account: AccountId::from(row.get_ref(1)?.as_str()?),
        bytes: bytes_of(bytes.cast_unsigned()),
    })
}

/// Up to `max` entries, in their order.
pub(super) fn read(
    connection: &Connection,
    start: AuditStart,
    max: usize,
) -> rusqlite::Result<Numbered> {
    let after = first_of_time(connection, start.since_ms)?.max(start.after.cast_signed());
    let mut statement = connection.prepare_cached(
        "SELECT number, kind, account, at_ms, entry FROM audit
         WHERE number > ?1 ORDER BY number LIMIT ?2",
    )?;
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let rows = statement.query_map([after, max], |row| {
        let kind: i64 = row.get("kind")?;
        let kind = AuditKind::ALL
            .into_iter()
            .find(|known| *known as i64 == kind);
        let account = AccountId::from(row.get_ref("account")?.as_str()?);
        let entry = AuditRow {
            account,
            at_ms: unsigned(row, "at_ms")?,
            kind: kind.unwrap_or(AuditKind::Change),
            row: Row(row.get_ref("entry")?.as_str()?.into()),
        };
        Ok((unsigned(row, "number")?, entry))
    })?;
    rows.collect()
}

/// The number before the first entry that may be of this time or later.
fn first_of_time(connection: &Connection, since_ms: u64) -> rusqlite::Result<i64> {
    if since_ms == 0 {
        return Ok(0);
    }
    let slack_ms = u64::try_from(AUDIT_DISORDER_MAX.as_millis()).unwrap_or(0);
    let from_ms = since_ms.saturating_sub(slack_ms).cast_signed();
    let mut statement = connection.prepare_cached(
        "SELECT number FROM audit WHERE kind = ?1 AND at_ms >= ?2 ORDER BY at_ms LIMIT 1",
    )?;
    let mut first: Option<i64> = None;
    for kind in AuditKind::ALL {
        let found: Option<i64> = statement
            .query_row((kind as i64, from_ms), |row| row.get(0))
            .optional()?;
        first = first.into_iter().chain(found).min();
    }
    // There is none: nothing but what comes.
    Ok(first.map_or(i64::MAX, |first| first - 1))
}
