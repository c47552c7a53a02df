//! The task that shows what a journal tells.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::watch;

use super::accounts::{Accounts, Staged};
use super::journal::{Journal, JournalError, Revision, Told, Watch};
use super::rows::Unreadable;

/// How long a journal that tells nothing any more is left alone before it is asked again.
const WATCHED_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A host does not start with a row that it cannot read.
pub(super) fn refuse(journal: &dyn Journal, problem: Unreadable) -> Result<(), JournalError> {
    Err(journal.damaged(&problem.0))
}

/// One that runs goes on with all others.
fn leave(problem: &Unreadable) {
    tracing::error!(%problem, "a row of the catalog cannot be understood; what it is about stays as it was");
}

/// Takes in all there is, and gives the revision up to which that is all. `meet` decides about rows that cannot
/// be read.
pub(super) async fn load(
    journal: &dyn Journal,
    watch: &mut Watch,
    accounts: &Accounts,
    meet: impl Fn(&dyn Journal, Unreadable) -> Result<(), JournalError>,
) -> Result<Revision, JournalError> {
    let mut staged = Staged::default();
    loop {
        match watch.next().await {
            Some(Told::Changed(changes)) => staged
                .take(&changes)
                .into_iter()
                .try_for_each(|problem| meet(journal, problem))?,
            Some(Told::Caught(revision)) => {
                accounts.replace(staged);
                return Ok(revision);
            }
            None => {
                return Err(JournalError(
                    "the catalog could not be read to its end".into(),
                ));
            }
        }
    }
}

/// Shows what is told, for as long as somebody looks.
///
/// Neither the journal nor what is shown is held: whoever drops the catalog finds both gone at once, with the
/// files that they keep open.
pub(super) struct Follower {
    pub(super) journal: Weak<dyn Journal>,
    pub(super) accounts: Weak<Accounts>,
    /// How far what is shown has come.
    pub(super) revision: watch::Sender<Revision>,
}

impl Follower {
    pub(super) async fn follow(self, mut watch: Watch) {
        loop {
            while let Some(told) = watch.next().await {
                if !self.show(told) {
                    return;
                }
            }
            match self.again().await {
                Some(again) => watch = again,
                None => return,
            }
        }
    }

    /// Gives whether somebody looks.
    fn show(&self, told: Told) -> bool {
        let revision = match told {
            Told::Caught(revision) => revision,
            Told::Changed(changes) => {
                let Some(accounts) = self.accounts.upgrade() else {
                    return false;
                };
                accounts.change(&changes).iter().for_each(leave);
                let revisions = changes.iter().map(|changed| changed.revision);
                revisions.max().unwrap_or_default()
            }
        };
        // Behind the end of what was upgraded: whoever waits for this may then drop all there is.
        self.revision.send_if_modified(|known| {
            let is_later = revision > *known;
            *known = revision.max(*known);
            is_later
        });
        true
    }

    /// Takes in all there is anew, where the journal has stopped telling.
    async fn again(&self) -> Option<Watch> {
        loop {
            let (journal, accounts) = (self.journal.upgrade()?, self.accounts.upgrade()?);
            match rewatch(&journal, &accounts).await {
                Ok((watch, revision)) => {
                    drop((journal, accounts));
                    self.revision.send_replace(revision);
                    return Some(watch);
                }
                Err(error) => {
                    tracing::error!(%error, "the catalog cannot be followed: it is tried again")
                }
            }
            drop((journal, accounts));
            tokio::time::sleep(WATCHED_AGAIN_AFTER).await;
        }
    }
}

async fn rewatch(
    journal: &Arc<dyn Journal>,
    accounts: &Accounts,
) -> Result<(Watch, Revision), JournalError> {
    let mut watch = journal.watch().await?;
    let meet = |_: &dyn Journal, problem| {
        leave(&problem);
        Ok(())
    };
    let revision = load(&**journal, &mut watch, accounts, meet).await?;
    Ok((watch, revision))
}
