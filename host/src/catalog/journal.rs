//! Where the catalog is kept: rows under keys, changed several at a time, and told to whoever watches.
//!
//! A [`Journal`] decides nothing. It knows revisions: each commit makes one, which is greater than all before
//! it, and each row has that of the commit that wrote it last. A commit says of each row what must be so, and
//! is made whole or not at all; so two hosts on one journal can each decide by what they have seen.

use std::sync::Arc;

use tokio::sync::mpsc;
use uuid::Uuid;

use super::key::Key;
use crate::domain::AccountId;
use crate::storage::Fut;

/// Where changes of the catalog are made durable, and where they come from.
pub trait Journal: Send + Sync + 'static {
    /// All rows there are, then [`Told::Caught`], then every commit in order, those made here included, for as
    /// long as the watch is kept.
    fn watch(&self) -> Fut<'_, Result<Watch, JournalError>>;

    /// Makes a commit; returns when it is durable, and tells those who watch. One that was made before, by its
    /// id, is not made again: it gives the revision that it made then.
    fn commit(&self, commit: Arc<Commit>) -> Fut<'_, Result<Revision, CommitError>>;

    /// A revision that no commit is after whose maker was answered before this was asked. A watch is told it,
    /// or a later one.
    fn barrier(&self) -> Fut<'_, Result<Revision, JournalError>>;

    /// Adds entries to the audit log that no commit carries; returns when they are durable. All of them are added, or
    /// none.
    fn note(&self, entries: Vec<AuditRow>) -> Fut<'_, Result<(), JournalError>>;

    /// Up to `max` entries of the audit log with their numbers, in their order: those of commits and others. Fewer
    /// where there are no more.
    fn audit(&self, start: AuditStart, max: usize) -> Fut<'_, Result<Numbered, JournalError>>;

    /// What whoever starts a host is told of a row that cannot be understood.
    fn damaged(&self, problem: &str) -> JournalError {
        JournalError(format!("the catalog cannot be read: {problem}"))
    }
}

/// Entries of the audit log with their numbers, in their order.
pub(super) type Numbered = Vec<(u64, AuditRow)>;

/// How far a journal has come. They grow, and need not follow each other closely.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// A row as it is kept: a JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(pub Arc<str>);

/// What must be so of a row for a commit to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// It is not there.
    Absent,
    /// It is there, and was written last by this revision.
    At(Revision),
    /// Nothing: another row of the commit stands for it.
    Any,
}

impl Expect {
    /// Whether it is so of a row that `written` wrote last; of none, where there is no such row.
    pub(super) fn is_met_by(self, written: Option<Revision>) -> bool {
        match self {
            Self::Absent => written.is_none(),
            Self::At(revision) => written == Some(revision),
            Self::Any => true,
        }
    }
}

/// What becomes of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// Which row.
    pub key: Key,
    /// What must be so of it.
    pub expect: Expect,
    /// What it becomes; `None` removes it, which is fine where there is none.
    pub row: Option<Row>,
}

/// A change of several rows, made whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Tells it from others, so that it can be sent again.
    pub id: Uuid,
    /// No key stands in it twice.
    pub puts: Vec<Put>,
    /// What the audit log tells of it: made with it, or not at all.
    pub entry: Option<AuditRow>,
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditKind {
    /// Something that was done.
    Change,
    /// Something that was not.
    Refusal,
}

/// An entry as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Whose.
    pub account: AccountId,
    /// In Unix time.
    pub at_ms: u64,
    /// What it is about.
    pub kind: AuditKind,
    /// All else.
    pub row: Row,
}

/// Where reading begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditStart {
    /// Behind this number.
    pub after: u64,
    /// Not with what is older, as far as that can be told at once.
    pub since_ms: u64,
}

/// What a watch is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Rows that were there, or all rows of one commit.
    Changed(Vec<Changed>),
    /// Everything up to this revision was told.
    Caught(Revision),
}

/// A row as it has become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Which row.
    pub key: Key,
    /// What wrote it.
    pub revision: Revision,
    /// What it is; `None` where it was removed.
    pub row: Option<Row>,
}

/// A commit was not made, or nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// Some row was not as expected. Where it is known, this revision or a later one tells how it is.
    #[error("another change came first")]
    Conflict(Option<Revision>),
    /// Too many commits are made at once; the same one may be sent again.
    #[error("too many changes are being made at once")]
    Busy,
    /// It may have been made; the same one may be sent again, and will not be made twice.
    #[error("it is not known whether the change was made: {0}")]
    Unknown(String),
    /// It was not made; the text says why.
    #[error("{0}")]
    Unavailable(String),
}

/// What is kept cannot be read; the text says why, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JournalError(pub String);

/// Tells whoever holds it of rows, in order.
pub struct Watch(mpsc::UnboundedReceiver<Told>);

/// The other end of a [`Watch`].
///
/// Without a bound of its own: whoever makes a commit waits until its own watch has told of it, so what is on
/// the way is bounded by the changes that are being made, and at the start by what is kept.
#[derive(Clone, Debug)]
pub struct Watcher(mpsc::UnboundedSender<Told>);

impl Watch {
    /// A watch and the end that tells it.
    pub fn new() -> (Watcher, Self) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Watcher(sender), Self(receiver))
    }

    /// What is told next; `None` where nothing will be told any more.
    pub async fn next(&mut self) -> Option<Told> {
        self.0.recv().await
    }
}

impl Watcher {
    /// Tells the watch; gives whether it is still kept.
    pub fn tell(&self, told: Told) -> bool {
        self.0.send(told).is_ok()
    }
}

impl AuditKind {
    /// All of them, by their numbers.
    pub(super) const ALL: [Self; 2] = [Self::Change, Self::Refusal];
}

impl Commit {
    /// A commit of these rows, of which the audit log tells nothing.
    pub fn of(puts: Vec<Put>) -> Self {
        Self {
            id: Uuid::new_v4(),
            puts,
            entry: None,
        }
    }

    /// What those who watch are told where `revision` is what it made.
    pub(super) fn told(&self, revision: Revision) -> Told {
        let changed = self.puts.iter().map(|put| Changed {
            key: put.key.clone(),
            revision,
            row: put.row.clone(),
        });
        Told::Changed(changed.collect())
    }
}
