//! The catalog in an SQLite database, the file `catalog.db` of the data directory: rows as they come, one
//! transaction a commit.

mod audit;
mod carry_over;
mod columns;
mod schema;
mod state;
mod tables;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::spawn_blocking;

use super::journal::{
    AuditRow, AuditStart, Commit, CommitError, Journal, JournalError, Numbered, Revision, Watch,
};
use crate::domain::AccountId;
use crate::storage::{DataDir, DatabaseKind, Fut, Problem, StorageError};
use state::State;

const FILE: &str = "catalog.db";

const DATABASE: DatabaseKind = DatabaseKind {
    file: FILE,
    name: "catalog",
    application_id: schema::APPLICATION_ID,
    migrations: schema::MIGRATIONS,
    wal_pages_max: 1_000,
    without_it: "without functions; their packages are kept",
};

/// Rows in SQLite.
pub(crate) struct SqliteJournal {
    state: Arc<Mutex<State>>,
    /// The newest revision that is durable.
    written: Arc<AtomicU64>,
    path: PathBuf,
}

impl SqliteJournal {
    /// Opens the database of `data_dir`, and creates it where there is none. What an older host kept there, which
    /// knew one account only, becomes that of `account`; so does what is there of one other account. Blocks.
    ///
    /// # Errors
    /// When it is damaged, is not ours or was written by a newer host; it is then left as it is.
    pub(crate) fn open(data_dir: &DataDir, account: &AccountId) -> Result<Self, JournalError> {
        let (connection, path) = DATABASE.open(data_dir)?;
        let damaged = |error: rusqlite::Error| DATABASE.sentence(error.into(), &path);
        carry_over::to_account(&connection, account).map_err(damaged)?;
        let state = State::of(connection, data_dir.clone()).map_err(damaged)?;
        Ok(Self {
            written: state.written(),
            state: Arc::new(Mutex::new(state)),
            path,
        })
    }

    /// Whether `data_dir` has a catalog.
    ///
    /// # Errors
    /// When it cannot be looked for.
    pub(crate) fn exists(data_dir: &DataDir) -> Result<bool, StorageError> {
        Ok(data_dir.file_bytes(FILE)?.is_some())
    }

    fn not_audited(&self, what: &str, error: &rusqlite::Error) -> JournalError {
        let path = self.path.display();
        JournalError(format!(
            "the audit log in {path} could not be {what}: {error}"
        ))
    }

    /// Works with the database where that may block. A transaction that a panic interrupted was rolled back
    /// when it was dropped.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut State) -> T + Send + 'static,
    ) -> Result<T, String> {
        let mut state: OwnedMutexGuard<State> = Arc::clone(&self.state).lock_owned().await;
        let done = spawn_blocking(move || work(&mut state)).await;
        done.map_err(|panic| panic.to_string())
    }
}

impl Journal for SqliteJournal {
    fn watch(&self) -> Fut<'_, Result<Watch, JournalError>> {
        Box::pin(async {
            let watched = self.with(State::watch).await.map_err(JournalError)?;
            watched.map_err(|error| DATABASE.sentence(error.into(), &self.path).into())
        })
    }

    fn commit(&self, commit: Arc<Commit>) -> Fut<'_, Result<Revision, CommitError>> {
        Box::pin(async move {
            let made = self.with(move |state| state.commit(&commit)).await;
            made.unwrap_or_else(|panic| Err(state::Unmade::Failed(panic)))
                .map_err(|unmade| match unmade {
                    state::Unmade::Overtaken(revision) => CommitError::Conflict(Some(revision)),
                    state::Unmade::Failed(reason) => CommitError::Unavailable(format!(
                        "the catalog {} could not be written: {reason}",
                        self.path.display()
                    )),
                })
        })
    }

    fn barrier(&self) -> Fut<'_, Result<Revision, JournalError>> {
        // Whoever was answered had this revision written before. It is not waited for what is written now.
        let written = Revision(self.written.load(Ordering::Acquire));
        Box::pin(std::future::ready(Ok(written)))
    }

    fn note(&self, entries: Vec<AuditRow>) -> Fut<'_, Result<(), JournalError>> {
        Box::pin(async move {
            let noted = self.with(move |state| state.note(&entries)).await;
            let noted = noted.map_err(JournalError)?;
            noted.map_err(|error| self.not_audited("written", &error))
        })
    }

    fn audit(&self, start: AuditStart, max: usize) -> Fut<'_, Result<Numbered, JournalError>> {
        Box::pin(async move {
            let read = self.with(move |state| state.audit(start, max)).await;
            let read = read.map_err(JournalError)?;
            read.map_err(|error| self.not_audited("read", &error))
        })
    }

    fn damaged(&self, problem: &str) -> JournalError {
        DATABASE
            .sentence(Problem::Damaged(problem.to_owned()), &self.path)
            .into()
    }
}

impl From<StorageError> for JournalError {
    fn from(error: StorageError) -> Self {
        Self(error.to_string())
    }
}
