//! That there is no room, and why.

/// There is no room for what was to be stored: nothing of it was. The text says what is short, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoRoom(pub String);
