//! Answers with the event as it came: the least that a function can do.

use serde_json::value::RawValue;
use sparkler_guest::{Error, handler};

/// Returns the event. [`RawValue`] keeps its text, so that not even a space changes.
#[handler]
pub fn echo(event: Box<RawValue>) -> Result<Box<RawValue>, Error> {
    Ok(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_even_a_space_changes() {
        let text = r#"{"b" : [1.0, 2e3],"a":null}"#;
        let event = RawValue::from_string(text.into()).expect("JSON");
        assert_eq!(echo(event).expect("an answer").get(), text);
    }
}
