//! What is known of a request that is refused for who sends it: it goes with the answer to the door, which has it
//! noted, and no further.

use crate::domain::AccountId;
use crate::domain::audit::{clipped, clipped_to};
use crate::identity::{Identities, Key};
use crate::limits::AUDIT_UNKNOWN_KEY_BYTES_MAX;

/// What is known of a request that is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct About {
    /// Whom it says to be from: proven where only what they may is in question.
    pub(super) principal: Option<String>,
    /// The account of that.
    pub(super) account: Option<AccountId>,
    /// The id of the key; the beginning of it, where nobody knows it.
    pub(super) key: Option<String>,
    /// What it is for.
    pub(super) resource: Option<String>,
    /// The statement that denies it.
    pub(super) statement: Option<String>,
}

/// That an answer refuses a request for who sends it.
#[derive(Clone, Debug)]
pub(super) struct RefusedAnswer {
    /// The name of the error.
    pub(super) reason: &'static str,
    pub(super) about: Option<Box<About>>,
}

impl About {
    /// A request under this key.
    pub(super) fn under(key: &Key) -> Self {
        let user = key.user();
        Self {
            principal: Some(clipped(&user.arn)),
            account: Some(user.account.clone()),
            key: Some(clipped(key.id())),
            ..Self::default()
        }
    }

    /// A request under a key of this id, which need not be known. What nobody knows may be anything, a secret in the
    /// wrong place included.
    pub(super) fn claiming(identities: &Identities, id: &str) -> Self {
        match identities.key(id) {
            Some(key) => Self::under(&key),
            None => Self {
                key: Some(clipped_to(id, AUDIT_UNKNOWN_KEY_BYTES_MAX)),
                ..Self::default()
            },
        }
    }
}

impl RefusedAnswer {
    /// Whose the key is, where it is known: whoever reads the audit log of that account is told.
    pub(super) fn account(&self) -> Option<AccountId> {
        self.about.as_ref()?.account.clone()
    }

    /// Whoever has this key is denied what they ask for.
    pub(super) fn denied(key: &Key) -> Self {
        Self::of("AccessDenied", Some(Box::new(About::under(key))))
    }

    /// An answer with an error of this name.
    pub(super) fn of(reason: &'static str, about: Option<Box<About>>) -> Self {
        Self { reason, about }
    }
}
