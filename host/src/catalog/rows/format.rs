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

/// Reads a row, and whether it has members that are not known here. What is read can be written again.
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
    let unreadable = |error: serde_json::Error| Unreadable(error.to_string());
    let decoded = decoded.map_err(unreadable)?;
    if has_unknown {
        // What nobody asks for is passed over without a look, however large a number or deep a list in it is.
        whole::<R>(row).map_err(unreadable)?;
    }
    Ok((decoded, has_unknown))
}

/// All that a row has, and what is understood of that.
fn whole<R: DeserializeOwned>(row: &Row) -> serde_json::Result<(Value, R)> {
    let all: Value = serde_json::from_str(&row.0)?;
    let understood = serde_json::from_value(all.clone())?;
    Ok((all, understood))
}

/// What the row becomes: `decoded`, with the members of `before`, which was read, that are not known here.
pub(in crate::catalog) fn encode<R>(decoded: &R, before: Option<&Row>) -> Row
where
    R: Serialize + DeserializeOwned,
{
    let text = match before {
        Some(before) => carried(decoded, before),
        None => serde_json::to_string(decoded),
    };
    Row(text
        .expect("texts, numbers and objects of these have a JSON form, and what was read is JSON")
        .into())
}

fn carried<R>(decoded: &R, before: &Row) -> serde_json::Result<String>
where
    R: Serialize + DeserializeOwned,
{
    let mut after = serde_json::to_value(decoded)?;
    let (all, understood) = whole::<R>(before)?;
    let known = serde_json::to_value(understood)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::rows::TotalsRow;
    use crate::domain::dice::Dice;

    /// What JSON can hold, what only looks like it, and what is more than a number or a stack can.
    const VALUES: &[&str] = &[
        "0",
        "-0",
        "-0.0",
        "1e308",
        "1e999",
        "-1e999",
        "1e-999",
        "123456789012345678901234567890",
        "9007199254740993",
        "0.1000000000000000055511151231257827",
        "null",
        "true",
        "\"\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\u0000\"",
        "\"\u{1F600}\"",
    ];

    /// Any of these, in lists and objects.
    fn any_value(dice: &mut Dice, depth: usize) -> String {
        let inner = |dice: &mut Dice| any_value(dice, depth - 1);
        match dice.below(6) {
            0 if depth > 0 => format!("[{},{}]", inner(dice), inner(dice)),
            1 if depth > 0 => format!("{{\"a\":{},\"a\":{}}}", inner(dice), inner(dice)),
            2 => {
                let depth = dice.one_of(&[1, 100, 126, 127, 128, 200, 5_000]);
                format!("{}{}", "[".repeat(depth), "]".repeat(depth))
            }
            _ => dice.one_of(VALUES).to_owned(),
        }
    }

    #[test]
    fn whatever_is_stored_is_not_read_or_can_be_written_again() {
        let mut dice = Dice::of(1);
        let mut read = 0;
        for _ in 0..5_000 {
            let number = dice.one_of(&["7", "7", "7", "1e999", "-0", "7.0"]);
            let row = Row(format!(
                "{{\"v\":1,\"functions\":{number},\"package_bytes\":0,\"reserved_concurrency\":0,\
                 \"provisioned_concurrency\":0,\"later\":{},\"more\":{}}}",
                any_value(&mut dice, 3),
                any_value(&mut dice, 3)
            )
            .into());
            let Ok((totals, has_unknown)) = decode::<TotalsRow>(&row) else {
                continue;
            };
            read += 1;
            assert!(has_unknown);
            let written = encode(&totals, Some(&row));
            let again = decode::<TotalsRow>(&written);
            assert_eq!(again, Ok((totals, true)), "{row:?} {written:?}");
        }
        assert!(read > 500, "{read} of them were read");
    }

    #[test]
    fn a_row_with_what_no_number_can_hold_is_told_of() {
        let totals = "{\"v\":1,\"functions\":1,\"package_bytes\":0,\"reserved_concurrency\":0,\
                      \"provisioned_concurrency\":0,\"later\":1e999}";
        let refused = decode::<TotalsRow>(&Row(totals.into())).expect_err("it is too large");
        assert!(
            refused.to_string().contains("number out of range"),
            "{refused}"
        );
    }
}
