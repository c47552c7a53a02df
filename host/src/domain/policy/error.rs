//! Why a document is no policy, and where in it.

use std::fmt;

/// Why a text is no policy: where, what is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PolicyError(pub(super) String);

/// A place in a document, such as `Statement[2].Condition.StringEquals`.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Document,
    Member(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl<'a> Place<'a> {
    pub(super) fn member(&'a self, name: &'a str) -> Self {
        Self::Member(self, name)
    }

    pub(super) fn item(&'a self, index: usize) -> Self {
        Self::Item(self, index)
    }

    /// An error about what stands here.
    pub(super) fn wrong(&self, what: impl fmt::Display) -> PolicyError {
        PolicyError(format!("{self}: {what}"))
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document => f.write_str("The policy"),
            Self::Member(Self::Document, name) => f.write_str(name),
            Self::Member(of, name) => write!(f, "{of}.{name}"),
            Self::Item(of, index) => write!(f, "{of}[{index}]"),
        }
    }
}

/// What was meant by `name`, where it is written like none of the known ones: a clause for the end of a sentence.
pub(super) fn meant<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match known.clone().find(|other| other.eq_ignore_ascii_case(name)) {
        Some(other) => format!("write it '{other}'"),
        None => format!("what is known is {}", known.collect::<Vec<_>>().join(", ")),
    }
}
