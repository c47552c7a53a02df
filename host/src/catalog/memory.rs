//! The journal of a host that keeps nothing: what is in memory is all there is. Hosts that share one share
//! their functions.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard};

use super::journal::{
    AuditRow, AuditStart, Changed, Commit, CommitError, Journal, JournalError, Numbered, Put,
    Revision, Row, Told, Watch, Watcher,
};
use super::key::Key;
use super::memory_audit::MemoryAudit;
use super::recent_commits::RecentCommits;
use crate::domain::Lock;
use crate::storage::Fut;

/// Keeps rows for as long as it lives.
#[derive(Debug, Default)]
pub(crate) struct MemoryJournal(Lock<State>);

#[derive(Debug, Default)]
struct State {
    rows: BTreeMap<Key, (Revision, Row)>,
    revision: Revision,
    recent: RecentCommits,
    audit: MemoryAudit,
    watchers: Vec<Watcher>,
}

impl MemoryJournal {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here can panic halfway.
        self.0.lock()
    }
}

impl Journal for MemoryJournal {
    fn watch(&self) -> Fut<'_, Result<Watch, JournalError>> {
        let watch = self.state().watch();
        Box::pin(async { Ok(watch) })
    }

    fn commit(&self, commit: Arc<Commit>) -> Fut<'_, Result<Revision, CommitError>> {
        let made = self.state().commit(&commit);
        Box::pin(async { made })
    }

    fn barrier(&self) -> Fut<'_, Result<Revision, JournalError>> {
        let revision = self.state().revision;
        Box::pin(async move { Ok(revision) })
    }

    fn note(&self, entries: Vec<AuditRow>) -> Fut<'_, Result<(), JournalError>> {
        let mut state = self.state();
        entries.into_iter().for_each(|entry| state.audit.add(entry));
        Box::pin(async { Ok(()) })
    }

    fn audit(&self, start: AuditStart, max: usize) -> Fut<'_, Result<Numbered, JournalError>> {
        let read = self.state().audit.read(start, max);
        Box::pin(async { Ok(read) })
    }
}

impl State {
    fn watch(&mut self) -> Watch {
        let (watcher, watch) = Watch::new();
        let rows = self.rows.iter().map(|(key, (revision, row))| Changed {
            key: key.clone(),
            revision: *revision,
            row: Some(row.clone()),
        });
        watcher.tell(Told::Changed(rows.collect()));
        watcher.tell(Told::Caught(self.revision));
        self.watchers.push(watcher);
        watch
    }

    fn commit(&mut self, commit: &Commit) -> Result<Revision, CommitError> {
        if let Some(revision) = self.recent.revision(commit.id) {
            return Ok(revision);
        }
        if !commit.puts.iter().all(|put| self.is_as_expected(put)) {
            return Err(CommitError::Conflict(Some(self.revision)));
        }
        self.revision = Revision(self.revision.0 + 1);
        for put in &commit.puts {
            match &put.row {
                Some(row) => {
                    let row = (self.revision, row.clone());
                    self.rows.insert(put.key.clone(), row);
                }
                None => {
                    self.rows.remove(&put.key);
                }
            }
        }
        if let Some(entry) = &commit.entry {
            self.audit.add(entry.clone());
        }
        self.recent.add(commit.id, self.revision);
        let told = commit.told(self.revision);
        self.watchers.retain(|watcher| watcher.tell(told.clone()));
        Ok(self.revision)
    }

    fn is_as_expected(&self, put: &Put) -> bool {
        let written = self.rows.get(&put.key).map(|(revision, _)| *revision);
        put.expect.is_met_by(written)
    }
}
