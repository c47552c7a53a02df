//! The open database, and who watches it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};

use super::audit::{self, Taken};
use super::columns::unreadable;
use crate::catalog::audit::AuditBounds;
use crate::catalog::journal::{
    AuditRow, AuditStart, Changed, Commit, Expect, Numbered, Put, Revision, Row, Told, Watch,
    Watcher,
};
use crate::catalog::key::{Item, Key};
use crate::catalog::recent_commits::RecentCommits;
use crate::domain::AccountId;
use crate::storage::{DataDir, with_reserve};

/// Rows that a watch is told of at once when it begins.
const TOLD_AT_ONCE: usize = 1_000;

pub(super) struct State {
    connection: Connection,
    /// The newest revision that is durable.
    written: Arc<AtomicU64>,
    recent: RecentCommits,
    /// What the audit log takes, and may take.
    audit: Taken,
    audit_bounds: AuditBounds,
    watchers: Vec<Watcher>,
    /// Its lock is kept for as long as the database is open, which is closed before it.
    data_dir: DataDir,
}

/// Why a commit was not made.
pub(super) enum Unmade {
    /// Some row is not as expected; this revision tells how it is.
    Overtaken(Revision),
    /// The text says why.
    Failed(String),
}

impl From<rusqlite::Error> for Unmade {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl State {
    pub(super) fn of(connection: Connection, data_dir: DataDir) -> rusqlite::Result<Self> {
        let query = "SELECT coalesce(max(revision), 0) FROM rows";
        let revision: i64 = connection.query_row(query, [], |row| row.get(0))?;
        Ok(Self {
            audit: Taken::of(&connection)?,
            audit_bounds: AuditBounds::of(data_dir.disk().shares().audit_bytes_max()),
            connection,
            written: Arc::new(AtomicU64::new(revision.cast_unsigned())),
            recent: RecentCommits::default(),
            watchers: Vec::new(),
            data_dir,
        })
    }

    /// Where the newest revision that is durable is to be read by others.
    pub(super) fn written(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.written)
    }

    fn revision(&self) -> Revision {
        Revision(self.written.load(Ordering::Acquire))
    }

    pub(super) fn watch(&mut self) -> rusqlite::Result<Watch> {
        let (watcher, watch) = Watch::new();
        let query = "SELECT account, item, revision, row FROM rows ORDER BY account, item";
        let mut statement = self.connection.prepare(query)?;
        let mut rows = statement.query([])?;
        let mut changes = Vec::with_capacity(TOLD_AT_ONCE);
        while let Some(row) = rows.next()? {
            changes.push(changed(row)?);
            if changes.len() == TOLD_AT_ONCE {
                watcher.tell(Told::Changed(std::mem::take(&mut changes)));
            }
        }
        watcher.tell(Told::Changed(changes));
        watcher.tell(Told::Caught(self.revision()));
        self.watchers.push(watcher.clone());
        Ok(watch)
    }

    pub(super) fn commit(&mut self, commit: &Commit) -> Result<Revision, Unmade> {
        if let Some(revision) = self.recent.revision(commit.id) {
            return Ok(revision);
        }
        let shown = self.revision();
        let revision = Revision(shown.0 + 1);
        let (audit, bounds) = (&self.audit, self.audit_bounds);
        let connection = &mut self.connection;
        let made = with_reserve(&self.data_dir, || {
            make(connection, commit, revision, (audit, bounds))
        })?;
        self.audit = made.ok_or(Unmade::Overtaken(shown))?;
        self.written.store(revision.0, Ordering::Release);
        self.recent.add(commit.id, revision);
        let told = commit.told(revision);
        self.watchers.retain(|watcher| watcher.tell(told.clone()));
        Ok(revision)
    }

    /// Adds entries of the audit log. Nothing that is set aside is spent on that.
    pub(super) fn note(&mut self, entries: &[AuditRow]) -> rusqlite::Result<()> {
        let (connection, immediate) = (&mut self.connection, TransactionBehavior::Immediate);
        let transaction = connection.transaction_with_behavior(immediate)?;
        let taken = audit::add(&transaction, entries, &self.audit, self.audit_bounds)?;
        transaction.commit()?;
        self.audit = taken;
        Ok(())
    }

    pub(super) fn audit(&self, start: AuditStart, max: usize) -> rusqlite::Result<Numbered> {
        audit::read(&self.connection, start, max)
    }
}

/// Writes all rows, and what the audit log tells of that, if those that are there are as expected. Gives what the audit
/// log takes then.
fn make(
    connection: &mut Connection,
    commit: &Commit,
    revision: Revision,
    (taken, bounds): (&Taken, AuditBounds),
) -> rusqlite::Result<Option<Taken>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for put in &commit.puts {
        if !is_as_expected(&transaction, put)? {
            return Ok(None);
        }
    }
    for put in &commit.puts {
        write(&transaction, put, revision)?;
    }
    let taken = audit::add(&transaction, &commit.entry, taken, bounds)?;
    transaction.commit()?;
    Ok(Some(taken))
}

fn is_as_expected(transaction: &Transaction<'_>, put: &Put) -> rusqlite::Result<bool> {
    if put.expect == Expect::Any {
        return Ok(true);
    }
    let found: Option<i64> = transaction
        .prepare_cached("SELECT revision FROM rows WHERE account = ?1 AND item = ?2")?
        .query_row(
            [put.key.account.as_str(), &put.key.item.to_string()],
            |row| row.get(0),
        )
        .optional()?;
    let written = found.map(|revision| Revision(revision.cast_unsigned()));
    Ok(put.expect.is_met_by(written))
}

/// Writes one row, without looking at what there is.
pub(super) fn write(
    transaction: &Transaction<'_>,
    put: &Put,
    revision: Revision,
) -> rusqlite::Result<()> {
    let (account, item) = (put.key.account.as_str(), put.key.item.to_string());
    match &put.row {
        Some(row) => transaction
            .prepare_cached(
                "INSERT INTO rows (account, item, revision, row) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (account, item) DO UPDATE SET
                     revision = excluded.revision, row = excluded.row",
            )?
            .execute((account, item, revision.0.cast_signed(), &*row.0))?,
        None => transaction
            .prepare_cached("DELETE FROM rows WHERE account = ?1 AND item = ?2")?
            .execute((account, item))?,
    };
    Ok(())
}

fn changed(row: &rusqlite::Row<'_>) -> rusqlite::Result<Changed> {
    let item = row.get_ref("item")?.as_str()?;
    let item = Item::parse(item).ok_or_else(|| unreadable("item", item.into()))?;
    let account = AccountId::from(row.get_ref("account")?.as_str()?);
    let revision: i64 = row.get("revision")?;
    Ok(Changed {
        key: Key { account, item },
        revision: Revision(revision.cast_unsigned()),
        row: Some(Row(row.get_ref("row")?.as_str()?.into())),
    })
}
