//! A journal of a host that is behind the others.

use std::sync::{Arc, Mutex};

use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::catalog::journal::{AuditRow, AuditStart, Numbered};
use crate::catalog::{Commit, CommitError, Journal, JournalError, Revision, Watch};
use crate::storage::Fut;

/// Passes on what another journal does, but: its watch tells nothing from when it is held back until somebody asks
/// for a barrier, or ends, and nobody can ask for a barrier once it is cut off.
pub(crate) struct BehindJournal {
    journal: Arc<dyn Journal>,
    is_held: watch::Sender<bool>,
    is_cut_off: watch::Sender<bool>,
    telling: Mutex<Vec<AbortHandle>>,
}

impl BehindJournal {
    pub(crate) fn around(journal: Arc<dyn Journal>) -> Arc<Self> {
        Arc::new(Self {
            journal,
            is_held: watch::Sender::new(false),
            is_cut_off: watch::Sender::new(false),
            telling: Mutex::default(),
        })
    }

    /// Lets nothing more be told.
    pub(crate) fn hold(&self) {
        self.is_held.send_replace(true);
    }

    /// Ends all watches that there are.
    pub(crate) fn break_off(&self) {
        let mut telling = self.telling.lock().expect("a lock");
        telling.drain(..).for_each(|task| task.abort());
    }

    /// Lets nobody ask for a barrier any more.
    pub(crate) fn cut_off(&self) {
        self.is_cut_off.send_replace(true);
    }
}

impl Journal for BehindJournal {
    fn watch(&self) -> Fut<'_, Result<Watch, JournalError>> {
        Box::pin(async {
            let mut watch = self.journal.watch().await?;
            let (watcher, late) = Watch::new();
            let mut is_held = self.is_held.subscribe();
            let telling = tokio::spawn(async move {
                while let Some(told) = watch.next().await {
                    if is_held.wait_for(|is_held| !is_held).await.is_err() || !watcher.tell(told) {
                        break;
                    }
                }
            });
            let mut all = self.telling.lock().expect("a lock");
            all.push(telling.abort_handle());
            Ok(late)
        })
    }

    fn commit(&self, commit: Arc<Commit>) -> Fut<'_, Result<Revision, CommitError>> {
        self.journal.commit(commit)
    }

    fn barrier(&self) -> Fut<'_, Result<Revision, JournalError>> {
        if *self.is_cut_off.borrow() {
            let error = JournalError("the store is out of reach".into());
            return Box::pin(std::future::ready(Err(error)));
        }
        self.is_held.send_replace(false);
        self.journal.barrier()
    }

    fn note(&self, entries: Vec<AuditRow>) -> Fut<'_, Result<(), JournalError>> {
        self.journal.note(entries)
    }

    fn audit(&self, start: AuditStart, max: usize) -> Fut<'_, Result<Numbered, JournalError>> {
        self.journal.audit(start, max)
    }
}
