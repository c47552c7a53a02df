//! Which functions exist.
//!
//! All of them are in memory, where an invocation finds its version. A [`Journal`] makes each change durable
//! before it is seen, and tells of all changes, those of other hosts on the same journal included.
//!
//! ```text
//! change ─► decide ─► Commit ─► Journal ─► Watch ─► in memory ─► observers ─► whoever made the change
//!              ▲                    │
//!              └──── Conflict ──────┘
//! ```

mod account;
mod accounts;
pub(crate) mod audit;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod any_input;
mod change;
mod commit;
mod follow;
mod functions;
mod journal;
mod key;
mod memory;
mod memory_audit;
mod parts;
mod recent_commits;
mod rows;
mod sealed;
#[cfg(feature = "storage")]
mod sqlite;
mod turns;
mod usage;
#[cfg(test)]
pub(crate) mod in_tests;
#[cfg(test)]
mod tests;

pub(crate) use account::Catalog;
pub(crate) use accounts::Change;
pub(crate) use commit::stored_bytes;
pub(crate) use journal::Journal;
#[cfg(test)]
pub(crate) use journal::{
    Changed, Commit, CommitError, Expect, JournalError, Put, Revision, Row, Told, Watch,
};
#[cfg(test)]
pub(crate) use key::{Item, Key};
pub(crate) use memory::MemoryJournal;
pub(crate) use sealed::SealedJournal;
#[cfg(feature = "storage")]
pub(crate) use sqlite::SqliteJournal;
#[cfg(test)]
pub(crate) use usage::Usage;
