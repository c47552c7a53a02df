//! What a row has that is not known here survives that it is written again.

use serde_json::Value;

/// Adds to `after` what `all` has and `known`, which is what was understood of it, has not.
///
/// Members of objects are found by their names. What stands in a list is found by what is known of it, so that
/// it may have moved; one that has changed is a new one.
pub(super) fn carry(all: &Value, known: &Value, after: &mut Value) {
    match (all, known, after) {
        (Value::Object(all), Value::Object(known), Value::Object(after)) => {
            for (name, value) in all {
                match (known.get(name), after.get_mut(name)) {
                    (None, None) => {
                        after.insert(name.clone(), value.clone());
                    }
                    (Some(known), Some(after)) => carry(value, known, after),
                    (None, Some(_)) | (Some(_), None) => {}
                }
            }
        }
        (Value::Array(all), Value::Array(known), Value::Array(after)) => {
            for (value, known) in all.iter().zip(known) {
                if let Some(after) = after.iter_mut().find(|after| *after == known) {
                    carry(value, known, after);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_known_is_kept_and_what_is_known_is_as_it_became() {
        let all = json!({
            "a": 1, "later": [1], "inner": {"b": 2, "later": true}, "gone": {"c": 1, "later": 1},
            "tags": {"x": "1", "y": "2"},
            "list": [{"id": "one", "later": 1}, {"id": "two", "later": 2}, {"id": "three", "later": 3}],
        });
        let known = json!({
            "a": 1, "inner": {"b": 2}, "gone": {"c": 1}, "tags": {"x": "1", "y": "2"},
            "list": [{"id": "one"}, {"id": "two"}, {"id": "three"}],
        });
        let mut after = json!({
            "a": 5, "inner": {"b": 3}, "gone": null, "tags": {"y": "2"},
            "list": [{"id": "three"}, {"id": "one, changed"}, {"id": "two"}],
        });
        carry(&all, &known, &mut after);
        let expected = json!({
            "a": 5, "later": [1], "inner": {"b": 3, "later": true}, "gone": null, "tags": {"y": "2"},
            "list": [{"id": "three", "later": 3}, {"id": "one, changed"}, {"id": "two", "later": 2}],
        });
        assert_eq!(after, expected);
    }
}
