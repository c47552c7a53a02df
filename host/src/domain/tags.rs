//! Tags: what owners note about their functions.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{FunctionRecord, Refusal};

/// Tags of one function, as AWS documents it.
pub(crate) const TAGS_MAX: usize = 50;

const KEY_CHARS_MAX: usize = 128;
const VALUE_CHARS_MAX: usize = 256;

/// Whether a function may have these tags.
///
/// # Errors
/// For more than [`TAGS_MAX`], and for keys and values that AWS does not admit.
pub(crate) fn check(tags: &BTreeMap<String, String>) -> Result<(), Refusal> {
    if tags.len() > TAGS_MAX {
        return Err(Refusal::InvalidParameter(
            "Number of tags exceeds resource tag limit.".into(),
        ));
    }
    tags.iter().try_for_each(|(key, value)| {
        check_key(key)?;
        match value.chars().count() {
            0..=VALUE_CHARS_MAX => Ok(()),
            length => Err(Refusal::InvalidParameter(format!(
                "The value of tag {key} has {length} characters; it may have {VALUE_CHARS_MAX}."
            ))),
        }
    })
}

fn check_key(key: &str) -> Result<(), Refusal> {
    let text = match key.chars().count() {
        0 => "A tag has an empty key. Give it a name or leave it out.".into(),
        1..=KEY_CHARS_MAX if key.starts_with("aws:") => {
            format!("The tag key {key} begins with aws:, which is reserved. Choose another.")
        }
        1..=KEY_CHARS_MAX => return Ok(()),
        length => format!("A tag key has {length} characters; it may have {KEY_CHARS_MAX}."),
    };
    Err(Refusal::InvalidParameter(text))
}

/// `record` with `tags` added to those it has, and with a new revision if that changes them.
///
/// # Errors
/// Where none are given, and where the function may not have all of them.
pub(crate) fn tagged(
    record: &FunctionRecord,
    tags: BTreeMap<String, String>,
    revision: Uuid,
) -> Result<FunctionRecord, Refusal> {
    if tags.is_empty() {
        return Err(Refusal::InvalidParameter(
            "An error occurred and the request cannot be processed.".into(),
        ));
    }
    let mut all = record.tags.clone();
    all.extend(tags);
    check(&all)?;
    Ok(with(record, all, revision))
}

/// `record` without the tags of `keys`, and with a new revision if it had any of them.
pub(crate) fn untagged(record: &FunctionRecord, keys: &[String], revision: Uuid) -> FunctionRecord {
    let mut left = record.tags.clone();
    left.retain(|key, _| !keys.contains(key));
    with(record, left, revision)
}

fn with(record: &FunctionRecord, tags: BTreeMap<String, String>, revision: Uuid) -> FunctionRecord {
    if tags == record.tags {
        return record.clone();
    }
    FunctionRecord {
        tags,
        ..record.with_revision(None, revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    fn tags(count: usize) -> BTreeMap<String, String> {
        (0..count)
            .map(|tag| (format!("k{tag}"), String::new()))
            .collect()
    }

    fn one(key: &str, value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(key.into(), value.into())])
    }

    #[test]
    fn fifty_tags_fit_and_one_more_does_not() {
        assert_eq!(check(&tags(TAGS_MAX)), Ok(()));
        assert!(check(&tags(TAGS_MAX + 1)).is_err());
        let full = tagged(&samples::record(), tags(TAGS_MAX), Uuid::max()).expect("they fit");
        assert!(tagged(&full, one("k0", "changed"), Uuid::max()).is_ok());
        let refused = tagged(&full, one("another", ""), Uuid::max()).expect_err("it is one more");
        assert_eq!(
            refused.to_string(),
            "Number of tags exceeds resource tag limit."
        );
    }

    #[test]
    fn keys_and_values_are_bounded() {
        assert!(check(&one(&"k".repeat(128), &"v".repeat(256))).is_ok());
        assert!(check(&one(&"k".repeat(129), "")).is_err());
        assert!(check(&one("k", &"v".repeat(257))).is_err());
        assert!(check(&one("", "v")).is_err());
        assert!(check(&one("aws:x", "v")).is_err());
    }

    #[test]
    fn a_change_of_the_tags_gives_the_function_a_new_revision() {
        let before = samples::record();
        let revision = |record: &FunctionRecord| record.latest.revision;
        let after = tagged(&before, one("a", "b"), Uuid::from_u128(7)).expect("it fits");
        assert_eq!(revision(&after), Uuid::from_u128(7));
        let same = tagged(&after, one("a", "b"), Uuid::from_u128(8)).expect("it fits");
        assert_eq!(revision(&same), Uuid::from_u128(7));
        let keys = |key: &str| vec![key.to_owned(), "unknown".to_owned()];
        let same = untagged(&after, &keys("none"), Uuid::from_u128(9));
        assert_eq!(revision(&same), Uuid::from_u128(7));
        let gone = untagged(&after, &keys("a"), Uuid::from_u128(9));
        assert_eq!((gone.tags.len(), revision(&gone)), (0, Uuid::from_u128(9)));
        assert!(tagged(&before, BTreeMap::new(), Uuid::max()).is_err());
    }
}
