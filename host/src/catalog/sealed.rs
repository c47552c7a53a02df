//! A journal whose rows are sealed where they are kept: what functions have in their variables, and what hosts share and
//! nobody else knows, is read by nobody who has the disk alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::journal::{
    AuditRow, AuditStart, Changed, Commit, CommitError, Expect, Journal, JournalError, Numbered,
    Put, Revision, Row, Told, Watch,
};
use super::key::{Item, Key};
use crate::sealing::MasterKey;
use crate::storage::Fut;

/// What rows are sealed for.
const PURPOSE: &str = "sparkler catalog row 1";

/// Rows that are sealed anew by one commit.
const SEALED_AT_ONCE: usize = 100;

/// How often all is sealed, where neighbours change it meanwhile.
const ATTEMPTS: usize = 5;

/// A row as it is kept where it is sealed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedRow {
    /// Base64.
    sealed: String,
}

/// What the text of such a row begins with. No other row has a member of this name.
const START: &str = "{\"sealed\":";

/// Whether a row is sealed.
pub(super) fn is_sealed(row: &Row) -> bool {
    row.0.starts_with(START)
}

/// A journal around another one, which keeps what is sealed here.
pub(crate) struct SealedJournal {
    journal: Arc<dyn Journal>,
    key: Arc<MasterKey>,
}

impl SealedJournal {
    /// Seals what is in `journal`, where it is not, or was sealed under a key that has another one in its place.
    ///
    /// # Errors
    /// Where a row was sealed under a key that is not known here, and where the journal fails.
    pub(crate) async fn open(
        journal: Arc<dyn Journal>,
        key: Arc<MasterKey>,
    ) -> Result<Self, JournalError> {
        let opened = Self { journal, key };
        for _ in 0..ATTEMPTS {
            if opened.seal_all().await? {
                return Ok(opened);
            }
        }
        Err(JournalError(
            "what is kept could not be sealed, since it was changed meanwhile again and again: start the host once more"
                .into(),
        ))
    }

    /// Gives whether all rows are sealed; `false` where a neighbour has changed some meanwhile.
    async fn seal_all(&self) -> Result<bool, JournalError> {
        let all = self.all().await?;
        let all: Vec<_> = all.iter().collect();
        let mut is_done = true;
        for some in all.chunks(SEALED_AT_ONCE) {
            is_done &= self.seal_anew(some).await?;
        }
        Ok(is_done)
    }

    /// All rows as they are kept.
    async fn all(&self) -> Result<BTreeMap<Key, (Revision, Row)>, JournalError> {
        let mut watch = self.journal.watch().await?;
        let mut all = BTreeMap::new();
        while let Some(Told::Changed(changes)) = watch.next().await {
            for Changed { key, revision, row } in changes {
                match row {
                    Some(row) => drop(all.insert(key, (revision, row))),
                    None => drop(all.remove(&key)),
                }
            }
        }
        Ok(all)
    }

    async fn seal_anew(&self, rows: &[(&Key, &(Revision, Row))]) -> Result<bool, JournalError> {
        let mut puts = Vec::new();
        for (key, (revision, row)) in rows {
            let opened = opened(&self.key, &key.item, row)
                .ok_or_else(|| self.journal.damaged(&not_opened(key)))?;
            if !opened.is_current {
                puts.push(Put {
                    key: (*key).clone(),
                    expect: Expect::At(*revision),
                    row: Some(self.sealed(&key.item, &opened.row)),
                });
            }
        }
        if puts.is_empty() {
            return Ok(true);
        }
        match self.journal.commit(Arc::new(Commit::of(puts))).await {
            Ok(_) => Ok(true),
            Err(CommitError::Conflict(_)) => Ok(false),
            Err(error) => Err(JournalError(format!(
                "what is kept could not be sealed: {error}"
            ))),
        }
    }

    fn sealed(&self, item: &Item, row: &Row) -> Row {
        // Without the account, which is another one where the host of a directory is given another number.
        let sealed = self.key.seal(PURPOSE, &item.to_string(), row.0.as_bytes());
        let row = serde_json::to_string(&SealedRow { sealed });
        Row(row.expect("a text has a JSON form").into())
    }
}

/// A row that was opened.
struct OpenedRow {
    row: Row,
    is_current: bool,
}

/// A row as it is, if it is not sealed, or can be opened.
fn opened(key: &MasterKey, item: &Item, row: &Row) -> Option<OpenedRow> {
    if !is_sealed(row) {
        return Some(OpenedRow {
            row: row.clone(),
            is_current: false,
        });
    }
    let SealedRow { sealed } = serde_json::from_str(&row.0).ok()?;
    let opened = key.open(PURPOSE, &item.to_string(), &sealed)?;
    let text = std::str::from_utf8(&opened.text).ok()?;
    Some(OpenedRow {
        row: Row(text.into()),
        is_current: opened.is_current,
    })
}

fn not_opened(key: &Key) -> String {
    format!(
        "the row {key} is sealed under another master key, or was altered; start the host with the master key that it had, \
         in SPARKLER_MASTER_KEY, or in SPARKLER_MASTER_KEY_BEFORE where another one takes its place"
    )
}

impl Journal for SealedJournal {
    fn watch(&self) -> Fut<'_, Result<Watch, JournalError>> {
        Box::pin(async {
            let mut kept = self.journal.watch().await?;
            let (watcher, watch) = Watch::new();
            let key = Arc::clone(&self.key);
            tokio::spawn(async move {
                while let Some(told) = kept.next().await {
                    let told = match told {
                        Told::Changed(changes) => Told::Changed(
                            changes
                                .into_iter()
                                .map(|change| shown(&key, change))
                                .collect(),
                        ),
                        caught @ Told::Caught(_) => caught,
                    };
                    if !watcher.tell(told) {
                        return;
                    }
                }
            });
            Ok(watch)
        })
    }

    fn commit(&self, commit: Arc<Commit>) -> Fut<'_, Result<Revision, CommitError>> {
        let seal = |put: &Put| Put {
            row: put.row.as_ref().map(|row| self.sealed(&put.key.item, row)),
            ..put.clone()
        };
        let sealed = Commit {
            puts: commit.puts.iter().map(seal).collect(),
            ..Commit::clone(&commit)
        };
        self.journal.commit(Arc::new(sealed))
    }

    fn barrier(&self) -> Fut<'_, Result<Revision, JournalError>> {
        self.journal.barrier()
    }

    // Of variables and secrets it tells the names alone.
    fn note(&self, entries: Vec<AuditRow>) -> Fut<'_, Result<(), JournalError>> {
        self.journal.note(entries)
    }

    fn audit(&self, start: AuditStart, max: usize) -> Fut<'_, Result<Numbered, JournalError>> {
        self.journal.audit(start, max)
    }

    fn damaged(&self, problem: &str) -> JournalError {
        self.journal.damaged(problem)
    }
}

/// A change as it is shown. A row that cannot be opened stays as it is: whoever reads it says so.
fn shown(key: &MasterKey, change: Changed) -> Changed {
    let row = change.row.as_ref();
    let opened = row.and_then(|row| opened(key, &change.key.item, row));
    match opened {
        Some(OpenedRow { row, .. }) => Changed {
            row: Some(row),
            ..change
        },
        None => change,
    }
}
