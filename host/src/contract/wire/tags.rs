//! Tags: what owners note about their functions.

use std::collections::BTreeMap;

use super::text_map::TextMap;
use crate::contract::error::WireError;
use crate::limits::TAGS_MAX;

const KEY_CHARS_MAX: usize = 128;
const VALUE_CHARS_MAX: usize = 256;

/// The tags of a new function.
///
/// # Errors
/// For more than 50, and for keys and values that AWS does not admit.
pub(in crate::contract) fn checked(tags: TextMap) -> Result<BTreeMap<String, String>, WireError> {
    if tags.0.len() > TAGS_MAX {
        return Err(WireError::invalid_parameter(
            "Number of tags exceeds resource tag limit.",
        ));
    }
    for (key, value) in &tags.0 {
        check_tag(key, value)?;
    }
    Ok(tags.0.into_iter().collect())
}

fn check_tag(key: &str, value: &str) -> Result<(), WireError> {
    let refused = |text: String| Err(WireError::invalid_parameter(text));
    match key.chars().count() {
        0 => return refused("A tag has an empty key. Give it a name or leave it out.".into()),
        1..=KEY_CHARS_MAX => {}
        length => {
            return refused(format!(
                "A tag key has {length} characters; it may have {KEY_CHARS_MAX}."
            ));
        }
    }
    if key.starts_with("aws:") {
        return refused(format!(
            "The tag key {key} begins with aws:, which is reserved. Choose another."
        ));
    }
    match value.chars().count() {
        0..=VALUE_CHARS_MAX => Ok(()),
        length => refused(format!(
            "The value of tag {key} has {length} characters; it may have {VALUE_CHARS_MAX}."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(count: usize) -> TextMap {
        TextMap(
            (0..count)
                .map(|tag| (format!("k{tag}"), String::new()))
                .collect(),
        )
    }

    #[test]
    fn fifty_tags_fit_and_one_more_does_not() {
        assert_eq!(checked(tags(TAGS_MAX)).map(|tags| tags.len()), Ok(TAGS_MAX));
        assert!(checked(tags(TAGS_MAX + 1)).is_err());
    }

    #[test]
    fn keys_and_values_are_bounded() {
        let one = |key: &str, value: &str| checked(TextMap(vec![(key.into(), value.into())]));
        assert!(one(&"k".repeat(128), &"v".repeat(256)).is_ok());
        assert!(one(&"k".repeat(129), "").is_err());
        assert!(one("k", &"v".repeat(257)).is_err());
        assert!(one("", "v").is_err());
        assert!(one("aws:x", "v").is_err());
    }
}
