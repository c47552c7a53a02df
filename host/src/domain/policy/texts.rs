//! One text, or a list of them.

use serde_json::Value;

use super::error::{Place, PolicyError};

/// The texts of a member that may be one or a list.
///
/// # Errors
/// Where it is neither, or empty.
pub(super) fn list<'a>(value: &'a Value, place: Place<'_>) -> Result<Vec<&'a str>, PolicyError> {
    let texts = match value {
        Value::String(text) => Some(vec![text.as_str()]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    };
    let texts = texts.filter(|texts| !texts.is_empty());
    texts.ok_or_else(|| place.wrong("has to be a text or a list of texts, not empty"))
}

/// The same member, where a single text is not put into a list.
pub(super) fn shown(texts: Vec<&str>) -> Value {
    match texts.as_slice() {
        [only] => (*only).into(),
        _ => texts.into(),
    }
}
