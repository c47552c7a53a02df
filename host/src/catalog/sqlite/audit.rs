//! The audit log in the database: written in the transaction of what it tells of.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::columns::unsigned;
use crate::catalog::audit::{AuditBounds, bytes_of, oldest_ms};
use crate::catalog::journal::{AuditKind, AuditRow, AuditStart, Row};
use crate::domain::AccountId;
use crate::limits::{AUDIT_DISORDER_MAX, AUDIT_REMOVED_AT_ONCE_MAX, AUDIT_ROW_BYTES};

/// What the entries of each kind take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken([u64; AuditKind::ALL.len()]);

impl Taken {
    /// What the database holds.
    pub(super) fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let query = "SELECT count(*), coalesce(sum(length(CAST(entry AS BLOB))), 0)
                     FROM audit WHERE kind = ?1";
        let mut taken = Self::default();
        for kind in AuditKind::ALL {
            let (entries, bytes): (i64, i64) =
                connection.query_row(query, [kind as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let (entries, bytes) = (entries.cast_unsigned(), bytes.cast_unsigned());
            taken.0[kind as usize] = entries * AUDIT_ROW_BYTES + bytes;
        }
        Ok(taken)
    }
}

/// Adds entries, and removes the oldest where there are too many; gives what they all take then.
pub(super) fn add<'a>(
    transaction: &Transaction<'_>,
    entries: impl IntoIterator<Item = &'a AuditRow>,
    mut taken: Taken,
    bounds: AuditBounds,
) -> rusqlite::Result<Taken> {
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
        let all = &mut taken.0[entry.kind as usize];
        *all += entry.bytes();
        let added = transaction.last_insert_rowid();
        remove_oldest(transaction, entry, added, all, bounds.bytes_max(entry.kind))?;
    }
    Ok(taken)
}

/// Removes what is too old, or too much. The newest stays, so that no number is given twice.
fn remove_oldest(
    transaction: &Transaction<'_>,
    newest: &AuditRow,
    number: i64,
    taken: &mut u64,
    bytes_max: u64,
) -> rusqlite::Result<()> {
    for _ in 0..AUDIT_REMOVED_AT_ONCE_MAX {
        let oldest: Option<(i64, i64, i64)> = transaction
            .prepare_cached(
                "SELECT number, at_ms, length(CAST(entry AS BLOB)) FROM audit
                 WHERE kind = ?1 AND number <> ?2 ORDER BY at_ms, number LIMIT 1",
            )?
            .query_row((newest.kind as i64, number), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let Some((oldest, at_ms, bytes)) = oldest else {
            return Ok(());
        };
        if *taken <= bytes_max && at_ms >= oldest_ms(newest.at_ms).cast_signed() {
            return Ok(());
        }
        transaction
            .prepare_cached("DELETE FROM audit WHERE number = ?1")?
            .execute([oldest])?;
        *taken = taken.saturating_sub(bytes_of(bytes.cast_unsigned()));
    }
    Ok(())
}

/// Up to `max` entries, in their order.
pub(super) fn read(
    connection: &Connection,
    start: AuditStart,
    max: usize,
) -> rusqlite::Result<Vec<(u64, AuditRow)>> {
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
