//! What a destination is told of an event that has ended.

use bytes::Bytes;

use super::target::Target;

/// A message for one destination of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// All but the body.
    pub head: Head,
    /// What it says.
    pub body: Bytes,
    /// Unix time; after it, the message is given up.
    pub expires_ms: u64,
}

/// A message, but for its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Where it goes.
    pub target: Target,
    /// What tells the message from others to the same destination.
    pub name: String,
    /// Unix time of the event's end.
    pub at_ms: u64,
    /// Beside the body.
    pub attributes: Vec<Attribute>,
}

/// An attribute of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// `String` or `Number`.
    pub data_type: String,
    /// Its value.
    pub value: String,
}

impl Attribute {
    pub(super) fn string(name: &str, value: String) -> Self {
        Self {
            name: name.into(),
            data_type: "String".into(),
            value,
        }
    }

    pub(super) fn number(name: &str, value: u16) -> Self {
        Self {
            name: name.into(),
            data_type: "Number".into(),
            value: value.to_string(),
        }
    }
}
