//! A journal with all the trouble that a distributed one can have, by turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::catalog::journal::{AuditRow, AuditStart, Numbered};
use crate::catalog::{Commit, CommitError, Journal, JournalError, Revision, Watch};
use crate::storage::Fut;

/// How late a watch is told.
const DELAY: Duration = Duration::from_millis(2);

/// Passes on what another journal does, but: some commits are refused as if others came first, so that they are
/// decided again; some are refused for want of time; of some nobody is told that they were made; and those who
/// watch are told late.
pub(crate) struct TroubledJournal {
    journal: Arc<dyn Journal>,
    commits: AtomicU32,
}

impl TroubledJournal {
    pub(crate) fn around(journal: Arc<dyn Journal>) -> Self {
        Self {
            journal,
            commits: AtomicU32::new(0),
        }
    }
}

impl Journal for TroubledJournal {
    fn watch(&self) -> Fut<'_, Result<Watch, JournalError>> {
        Box::pin(async {
            let mut watch = self.journal.watch().await?;
            let (watcher, late) = Watch::new();
            tokio::spawn(async move {
                while let Some(told) = watch.next().await {
                    tokio::time::sleep(DELAY).await;
                    if !watcher.tell(told) {
                        break;
                    }
                }
            });
            Ok(late)
        })
    }

    fn commit(&self, commit: Arc<Commit>) -> Fut<'_, Result<Revision, CommitError>> {
        let turn = self.commits.fetch_add(1, Ordering::SeqCst) % 7;
        Box::pin(async move {
            match turn {
                1 => Err(CommitError::Conflict(None)),
                3 => Err(CommitError::Busy),
                5 => {
                    self.journal.commit(commit).await?;
                    Err(CommitError::Unknown("the answer was lost".into()))
                }
                _ => self.journal.commit(commit).await,
            }
        })
    }

    fn barrier(&self) -> Fut<'_, Result<Revision, JournalError>> {
        self.journal.barrier()
    }

    fn note(&self, entries: Vec<AuditRow>) -> Fut<'_, Result<(), JournalError>> {
        self.journal.note(entries)
    }

    fn audit(&self, start: AuditStart, max: usize) -> Fut<'_, Result<Numbered, JournalError>> {
        self.journal.audit(start, max)
    }
}
