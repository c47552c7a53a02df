//! A change of one function: read, decided and written, as often as it takes until nobody came between.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::account::Catalog;
use super::commit::Before;
use super::journal::{Commit, CommitError, Expect, JournalError, Put};
use super::key::{Item, Key};
use super::rows::{SecretRow, audit_row, encode};
use crate::domain::audit::changes::changes;
use crate::domain::audit::{Cause, Entry};
use crate::domain::{FunctionName, FunctionRecord, Refusal};
use crate::limits::CHANGE_DURATION_MAX;

/// Longest pause before a change is decided again.
const PAUSE_MS_MAX: u64 = 20;

/// What became of a commit.
enum Sent {
    /// It is durable, and shown here.
    Made,
    /// Another came first, which is shown here by now, if it is known which.
    Overtaken,
}

impl Catalog {
    /// Reads, decides and writes one function, as if nothing else happened meanwhile. `decide` gets the record as
    /// it is and gives what it becomes; `None` removes it. It is asked again where another change came first, so
    /// only what it gives may count. Whatever it reads of [`usage`](Self::usage) is as it was, too, where the
    /// change alters that. The audit log tells of it under its `cause`, for which reason there is no change without one:
    /// what is written and what is told of that are one commit.
    ///
    /// Returns when the change is durable and to be seen here.
    ///
    /// # Errors
    /// Whatever `decide` refuses, and [`Refusal::Internal`] when the journal fails.
    pub async fn change(
        &self,
        cause: &Cause,
        name: &FunctionName,
        decide: impl Fn(Option<&FunctionRecord>) -> Result<Option<FunctionRecord>, Refusal> + Send,
    ) -> Result<Option<Arc<FunctionRecord>>, Refusal> {
        let decided = move |record: Option<&FunctionRecord>| Ok((decide(record)?, ()));
        Ok(self.change_with(cause, name, decided).await?.0)
    }

    /// The same, where `decide` gives something besides.
    ///
    /// # Errors
    /// Those of [`change`](Self::change).
    pub async fn change_with<T: Send>(
        &self,
        cause: &Cause,
        name: &FunctionName,
        decide: impl Fn(Option<&FunctionRecord>) -> Result<(Option<FunctionRecord>, T), Refusal> + Send,
    ) -> Result<(Option<Arc<FunctionRecord>>, T), Refusal> {
        let _turn = self.turns.of(name).await;
        let until = Instant::now() + CHANGE_DURATION_MAX;
        loop {
            let before = self.before(name);
            let (after, given) = decide(before.record())?;
            let after = after.map(Arc::new);
            let Some(mut commit) = self.commit_of(name, &before, after.as_deref())? else {
                return Ok((after, given));
            };
            let entry = entry(cause, name, before.record(), after.as_deref());
            commit.entry = entry.map(|entry| audit_row(&self.account, entry));
            match self.send(commit, until).await {
                Ok(Sent::Made) => return Ok((after, given)),
                Ok(Sent::Overtaken) => {}
                Err(error) => {
                    tracing::error!(function = %name, %error, "a change of the catalog was not made");
                    return Err(Refusal::Internal);
                }
            }
        }
    }

    fn before(&self, name: &FunctionName) -> Before {
        Before::of(&self.view.read(), name)
    }

    fn commit_of(
        &self,
        name: &FunctionName,
        before: &Before,
        after: Option<&FunctionRecord>,
    ) -> Result<Option<Commit>, Refusal> {
        let functions = self.view.read();
        before.commit(&self.account, name, after, &functions)
    }

    /// A secret that all hosts on this journal share: made up by whoever needs it first. That is nobody's decision, and
    /// no entry of the audit log.
    ///
    /// # Errors
    /// When the journal fails.
    pub async fn secret(&self, name: &str) -> Result<[u8; 32], JournalError> {
        let until = Instant::now() + CHANGE_DURATION_MAX;
        loop {
            if let Some(secret) = self.view.read().secrets.get(name) {
                return Ok(*secret);
            }
            let put = Put {
                key: Key::new(&self.account, Item::Secret(name.into())),
                expect: Expect::Absent,
                row: Some(encode(&SecretRow::of(rand::random()), None)),
            };
            let sent = self.send(Commit::of(vec![put]), until).await;
            sent.map_err(|error| JournalError(error.to_string()))?;
        }
    }

    /// Makes a commit, sending it again for as long as it is not known whether it was made.
    async fn send(&self, commit: Commit, until: Instant) -> Result<Sent, CommitError> {
        let commit = Arc::new(commit);
        let before = self.revision();
        loop {
            let unmade = match self.journal.commit(Arc::clone(&commit)).await {
                Ok(revision) => {
                    if !self.shows(revision, until).await {
                        tracing::error!(
                            "a change was made that is not shown yet: the catalog is behind"
                        );
                    }
                    return Ok(Sent::Made);
                }
                Err(CommitError::Conflict(known)) if Instant::now() < until => {
                    if let Some(revision) = known {
                        self.shows(revision, until).await;
                    }
                    if self.revision() == before {
                        pause().await;
                    }
                    return Ok(Sent::Overtaken);
                }
                Err(unavailable @ CommitError::Unavailable(_)) => return Err(unavailable),
                Err(unmade) => unmade,
            };
            if Instant::now() >= until {
                return Err(unmade);
            }
            pause().await;
        }
    }
}

/// What the audit log tells of a change; nothing of the host's own work where that has changed nothing.
fn entry(
    cause: &Cause,
    name: &FunctionName,
    before: Option<&FunctionRecord>,
    after: Option<&FunctionRecord>,
) -> Option<Entry> {
    let changes = changes(before, after);
    let is_worth_it = !(cause.is_host() && changes.is_empty());
    is_worth_it.then(|| Entry {
        function: Some(name.clone()),
        changes,
        ..cause.entry()
    })
}

async fn pause() {
    sleep(Duration::from_millis(rand::random_range(1..=PAUSE_MS_MAX))).await;
}
