//! Code, and how far it has come, as it is stored.

use serde::{Deserialize, Serialize};

use super::format::Unreadable;
use crate::domain::{Code, Digest, LastUpdate, Snapshot, State};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CodeRow {
    /// SHA-256 in hexadecimal.
    package: String,
    package_bytes: u64,
    component: String,
    reuse: u32,
    /// Of sources: the component of what runs them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    interpreter: Option<String>,
}

/// What a version starts from, where SnapStart is on.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum SnapshotRow {
    Wanted,
    Taken(CodeRow),
    Impossible { reason: String },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum StateRow {
    Pending,
    Active,
    Failed { reason: String, reason_code: String },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum LastUpdateRow {
    Successful,
    InProgress,
    Failed { reason: String, reason_code: String },
}

impl CodeRow {
    pub(super) fn of(code: &Code) -> Self {
        Self {
            package: code.package.to_string(),
            package_bytes: code.package_bytes,
            component: code.component.to_string(),
            reuse: code.reuse,
            interpreter: code.interpreter.as_ref().map(Digest::to_string),
        }
    }

    pub(super) fn value(&self) -> Result<Code, Unreadable> {
        let digest = |name, text: &str| {
            Digest::parse_hex(text).ok_or_else(|| Unreadable::member(name, text))
        };
        Ok(Code {
            package: digest("package", &self.package)?,
            package_bytes: self.package_bytes,
            component: digest("component", &self.component)?,
            reuse: self.reuse,
            interpreter: match &self.interpreter {
                Some(text) => Some(digest("interpreter", text)?),
                None => None,
            },
        })
    }
}

impl SnapshotRow {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        match snapshot {
            Snapshot::Wanted => Self::Wanted,
            Snapshot::Taken(code) => Self::Taken(CodeRow::of(code)),
            Snapshot::Impossible { reason } => Self::Impossible {
                reason: reason.clone(),
            },
        }
    }

    pub(super) fn value(self) -> Result<Snapshot, Unreadable> {
        Ok(match self {
            Self::Wanted => Snapshot::Wanted,
            Self::Taken(code) => Snapshot::Taken(code.value()?),
            Self::Impossible { reason } => Snapshot::Impossible { reason },
        })
    }
}

impl StateRow {
    pub(super) fn of(state: &State) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Active => Self::Active,
            State::Failed {
                reason,
                reason_code,
            } => Self::Failed {
                reason: reason.clone(),
                reason_code: reason_code.clone(),
            },
        }
    }

    pub(super) fn value(self) -> State {
        match self {
            Self::Pending => State::Pending,
            Self::Active => State::Active,
            Self::Failed {
                reason,
                reason_code,
            } => State::Failed {
                reason,
                reason_code,
            },
        }
    }
}

impl LastUpdateRow {
    pub(super) fn of(update: &LastUpdate) -> Self {
        match update {
            LastUpdate::Successful => Self::Successful,
            LastUpdate::InProgress => Self::InProgress,
            LastUpdate::Failed {
                reason,
                reason_code,
            } => Self::Failed {
                reason: reason.clone(),
                reason_code: reason_code.clone(),
            },
        }
    }

    pub(super) fn value(self) -> LastUpdate {
        match self {
            Self::Successful => LastUpdate::Successful,
            Self::InProgress => LastUpdate::InProgress,
            Self::Failed {
                reason,
                reason_code,
            } => LastUpdate::Failed {
                reason,
                reason_code,
            },
        }
    }
}
