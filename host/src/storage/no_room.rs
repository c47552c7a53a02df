//! That there is no room, and why.

/// There is no room for what was to be stored: nothing of it was. The text says what is short, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoRoom(pub String);

/// What those are told who have something stored, where the disk said so itself.
pub(crate) const DISK_FULL: &str = "The disk of this host is full, or what it may have of it. Have its owner make room \
                                    there, or delete functions or versions that are not needed.";
