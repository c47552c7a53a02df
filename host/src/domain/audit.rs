//! The audit log: who has changed what, and who was refused.
//!
//! Whatever changes something says first on whose account it does: its [`Cause`]. An entry never holds the value of
//! a variable of a function; all that it holds is bounded.

pub(crate) mod changes;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::SystemTime;

use super::named::named;
use super::{FunctionName, RequestId};
use crate::limits::AUDIT_TEXT_BYTES_MAX;

/// What shows that a text was cut.
const MARK: &str = "…";

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Whoever reaches a host that does not ask, or an address that is open to all.
    Anonymous,
    /// The host itself, or the program that it is a part of.
    Host,
    /// Somebody with a key.
    Known {
        /// The ARN of the user or session.
        principal: Arc<str>,
        /// The id of the key.
        key: Arc<str>,
    },
}

impl Actor {
    /// What stands for them where there is no ARN.
    pub fn name(&self) -> &str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Host => "host",
            Self::Known { principal, .. } => principal,
        }
    }

    /// The id of their key.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Anonymous | Self::Host => None,
            Self::Known { key, .. } => Some(key),
        }
    }
}

/// On whose account something is done: a request, or the host's own work.
#[derive(Clone, Debug)]
pub struct Cause {
    /// Who does it.
    pub actor: Actor,
    /// The operation, as AWS calls it.
    pub operation: &'static str,
    /// The request that asks for it.
    pub request: Option<RequestId>,
    /// Where that comes from, as far as it is known.
    pub source: Option<Arc<str>>,
}

impl Cause {
    /// Work of the host's own, or of the program that it is a part of.
    pub const fn host(operation: &'static str) -> Self {
        Self {
            actor: Actor::Host,
            operation,
            request: None,
            source: None,
        }
    }

    /// Whether it is no more than the host's own work.
    pub(crate) fn is_host(&self) -> bool {
        self.actor == Actor::Host
    }

    /// An entry about it, without what has changed.
    pub(crate) fn entry(&self) -> Entry {
        Entry {
            at: SystemTime::now(),
            principal: clipped(self.actor.name()),
            key: self.actor.key().map(clipped),
            operation: self.operation.into(),
            request: self.request.map(|id| id.to_string()),
            source: self.source.as_deref().map(clipped),
            function: None,
            resource: None,
            changes: Vec::new(),
            refused: None,
        }
    }
}

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) at: SystemTime,
    /// An ARN, `anonymous` or `host`.
    pub(crate) principal: String,
    pub(crate) key: Option<String>,
    pub(crate) operation: String,
    pub(crate) request: Option<String>,
    pub(crate) source: Option<String>,
    /// The function that it is about.
    pub(crate) function: Option<FunctionName>,
    /// The ARN of what it is about, where that is more than the function.
    pub(crate) resource: Option<String>,
    /// What has changed.
    pub(crate) changes: Vec<MemberChange>,
    /// Why nothing was done.
    pub(crate) refused: Option<Refused>,
}

named! {
    /// What became of a member.
    pub(crate) enum How {
        /// It was not there before.
        Added = "added",
        /// It is not there any more.
        Removed = "removed",
        /// It is another.
        Changed = "changed",
    }
}

/// A member that has changed. Values are shown where they are nobody's secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemberChange {
    /// As AWS calls it, such as `MemorySize`.
    pub(crate) member: String,
    pub(crate) how: How,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

impl MemberChange {
    /// A member that there was not before.
    #[cfg(test)]
    pub(crate) fn added(member: &str, value: impl ToString) -> Self {
        Self {
            member: clipped(member),
            how: How::Added,
            before: None,
            after: Some(clipped(&value.to_string())),
        }
    }

    /// A member that there is no more.
    pub(crate) fn removed(member: &str, value: impl ToString) -> Self {
        Self {
            member: clipped(member),
            how: How::Removed,
            before: Some(clipped(&value.to_string())),
            after: None,
        }
    }

    fn bytes(&self) -> usize {
        let values = [&self.before, &self.after].into_iter().flatten();
        self.member.len() + values.map(String::len).sum::<usize>()
    }
}

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The name of the error, such as `SignatureDoesNotMatch`.
    pub(crate) reason: String,
    /// The statement that denies it.
    pub(crate) statement: Option<String>,
    /// Requests like it that followed at once, and have no entries of their own.
    pub(crate) more: u64,
}

/// A text that is no longer than an entry may hold.
pub(crate) fn clipped(text: &str) -> String {
    clipped_to(text, AUDIT_TEXT_BYTES_MAX)
}

/// The beginning of a text, with a mark where it goes on.
pub(crate) fn clipped_to(text: &str, bytes_max: usize) -> String {
    match text.len() <= bytes_max {
        true => text.to_owned(),
        false => format!("{}{MARK}", &text[..text.floor_char_boundary(bytes_max)]),
    }
}
