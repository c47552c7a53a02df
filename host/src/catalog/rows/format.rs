//! How rows become text and text becomes rows.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::carry::carry;
use crate::catalog::journal::Row;
use crate::catalog::key::Key;
use crate::catalog::sealed::is_sealed;
use crate::domain::Named;

/// The version of the format that this host writes, and the newest that it reads.
const FORMAT: u16 = 1;

/// A row that cannot be understood; the text says why.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(in crate::catalog) struct Unreadable(pub(in crate::catalog) String);

impl Unreadable {
    pub(super) fn member(name: &str, problem: impl std::fmt::Display) -> Self {
        Self(format!("its member '{name}' cannot be read: {problem}"))
    }

    /// The same, with the row that it is about.
    pub(in crate::catalog) fn of(self, key: &Key) -> Self {
        Self(format!("the row {key}: {}", self.0))
    }
}

/// Reads a row, and whether it has members that are not known here.
pub(in crate::catalog) fn decode<R: DeserializeOwned>(row: &Row) -> Result<(R, bool), Unreadable> {
    if is_sealed(row) {
        return Err(Unreadable(
            "it is sealed: start the host with the master key that it had, in SPARKLER_MASTER_KEY"
                .into(),
        ));
    }
    let mut has_unknown = false;
    let mut deserializer = serde_json::Deserializer::from_str(&row.0);
    let decoded = serde_ignored::deserialize(&mut deserializer, |_member| has_unknown = true);
    let decoded = decoded.and_then(|decoded| deserializer.end().map(|()| decoded));
    let decoded = decoded.map_err(|error| Unreadable(error.to_string()))?;
    Ok((decoded, has_unknown))
}

/// What the row becomes: `decoded`, with the members of `before` that are not known here.
pub(in crate::catalog) fn encode<R>(decoded: &R, before: Option<&Row>) -> Row
where
    R: Serialize + DeserializeOwned,
{
    let text = match before {
        Some(before) => carried(decoded, before),
        None => serde_json::to_string(decoded),
    };
    Row(text
        .expect("texts, numbers and objects of these have a JSON form")
        .into())
}

fn carried<R>(decoded: &R, before: &Row) -> serde_json::Result<String>
where
    R: Serialize + DeserializeOwned,
{
    let mut after = serde_json::to_value(decoded)?;
    let all: Value = serde_json::from_str(&before.0)?;
    let known = serde_json::to_value(serde_json::from_value::<R>(all.clone())?)?;
    carry(&all, &known, &mut after);
    serde_json::to_string(&after)
}

/// The version of the format that a row is in: one that this host reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Format(u16);

impl Default for Format {
    fn default() -> Self {
        Self(FORMAT)
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u16::deserialize(deserializer)? {
            format @ 1..=FORMAT => Ok(Self(format)),
            newer => Err(D::Error::custom(format!(
                "a newer Sparkler wrote it (format {newer}, this one knows {FORMAT})"
            ))),
        }
    }
}

/// The value of this name in a member, out of a closed set.
pub(super) fn named<T: Named>(member: &str, name: &str) -> Result<T, Unreadable> {
    T::named(name).ok_or_else(|| Unreadable::member(member, name))
}
