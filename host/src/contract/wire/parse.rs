//! From the bytes of a body to a wire struct, with AWS's words for JSON of the wrong type.

use serde::de::DeserializeOwned;

use crate::contract::aside::aside;
use crate::contract::body::Received;
use crate::contract::callers::Charge;
use crate::contract::error::{ErrorCode, WireError};

/// The body as `T`, and no longer as bytes. A large one is parsed on a thread that may be busy for a
/// while.
///
/// # Errors
/// For what is not JSON, and for members of the wrong type.
pub(in crate::contract) async fn body<T>(received: Received) -> Result<T, WireError>
where
    T: DeserializeOwned + Send + 'static,
{
    let (members, _charge) = charged_body(received).await?;
    Ok(members)
}

/// As [`body`], with what is charged for the body, for those who keep a large part of it.
///
/// # Errors
/// As [`body`].
pub(in crate::contract) async fn charged_body<T>(
    received: Received,
) -> Result<(T, Option<Charge>), WireError>
where
    T: DeserializeOwned + Send + 'static,
{
    let Received { bytes, charge, .. } = received;
    let members = aside(bytes.len(), move || parsed(&bytes)).await??;
    Ok((members, charge))
}

fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    // An operation without required members may be called without a body.
    let text = if bytes.is_empty() { b"{}" } else { bytes };
    serde_json::from_slice(text)
        .map_err(|error| WireError::new(ErrorCode::Serialization, said(&error)))
}

/// What AWS says where the parser says `error`.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let Some((found, expected)) = text
        .strip_prefix("invalid type: ")
        .and_then(|mismatch| mismatch.split_once(", expected "))
    else {
        return format!("The body of the request is not the JSON that was expected: {text}.");
    };
    match wire_token(found) {
        Some(token) => format!("{token} can not be converted to {}", wire_type(expected)),
        None if found.starts_with("map") => {
            "Start of structure or map found where not expected.".into()
        }
        None => "Start of list found where not expected".into(),
    }
}

/// The name of a value that stands where another type was expected; `None` for maps and lists.
fn wire_token(found: &str) -> Option<&'static str> {
    match found.split(' ').next() {
        Some("string") => Some("STRING_VALUE"),
        Some("integer" | "floating" | "number") => Some("NUMBER_VALUE"),
        Some("boolean") if found.contains("true") => Some("TRUE_VALUE"),
        Some("boolean") => Some("FALSE_VALUE"),
        Some("null") => Some("NULL_VALUE"),
        _ => None,
    }
}

fn wire_type(expected: &str) -> &'static str {
    match expected {
        text if text.starts_with("a string") => "a String",
        text if text.starts_with("i64") => "an Integer",
        text if text.starts_with("a boolean") => "a Boolean",
        text if text.starts_with("a sequence") => "a List",
        text if text.starts_with("a map") => "a Map",
        _ => "a Structure",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    use crate::contract::body::{self, BodyLimit};
    use crate::contract::callers::{Peers, Purpose};
    use crate::limits::INLINE_PARSE_BYTES_MAX;

    const LIMIT: BodyLimit = BodyLimit {
        bytes_max: 2 * INLINE_PARSE_BYTES_MAX,
        operation: "CreateFunction",
        purpose: Purpose::Control,
    };

    #[derive(Debug, Default, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    struct Shape {
        name: Option<String>,
        timeout: Option<i64>,
        publish: Option<bool>,
        list: Option<Vec<String>>,
        nested: Option<Box<Shape>>,
    }

    #[track_caller]
    fn refused(text: &str) -> String {
        format!(
            "{:?}",
            parsed::<Shape>(text.as_bytes()).expect_err("it does not fit")
        )
    }

    #[test]
    fn a_member_of_the_wrong_type_is_named_by_its_token() {
        for (text, expected) in [
            (
                r#"{"Timeout":"3"}"#,
                "STRING_VALUE can not be converted to an Integer",
            ),
            (
                r#"{"Timeout":3.5}"#,
                "NUMBER_VALUE can not be converted to an Integer",
            ),
            (
                r#"{"Name":3}"#,
                "NUMBER_VALUE can not be converted to a String",
            ),
            (
                r#"{"Name":true}"#,
                "TRUE_VALUE can not be converted to a String",
            ),
            (
                r#"{"Name":{}}"#,
                "Start of structure or map found where not expected.",
            ),
            (r#"{"Name":[]}"#, "Start of list found where not expected"),
            (
                r#"{"Publish":"yes"}"#,
                "STRING_VALUE can not be converted to a Boolean",
            ),
            (
                r#"{"List":"a"}"#,
                "STRING_VALUE can not be converted to a List",
            ),
            (
                r#"{"Nested":"a"}"#,
                "STRING_VALUE can not be converted to a Structure",
            ),
            ("7", "NUMBER_VALUE can not be converted to a Structure"),
            (
                "{",
                "The body of the request is not the JSON that was expected: EOF",
            ),
        ] {
            let found = refused(text);
            assert!(
                found.contains("Serialization") && found.contains(expected),
                "{found}"
            );
        }
    }

    #[test]
    fn unknown_members_and_nulls_are_ignored_and_a_body_may_be_missing() {
        let shape: Shape = parsed(br#"{"Name":null,"New":[{}],"Timeout":3}"#).expect("it fits");
        assert_eq!((shape.name, shape.timeout), (None, Some(3)));
        assert!(parsed::<Shape>(b"").is_ok());
    }

    #[tokio::test]
    async fn a_large_body_is_parsed_like_a_small_one() {
        let name = "x".repeat(INLINE_PARSE_BYTES_MAX);
        let sent = axum::body::Body::from(format!(r#"{{"Name":"{name}"}}"#));
        let received = body::receive(sent, LIMIT, &Peers::default().peer(None)).await;
        let shape: Shape = super::body(received.expect("there is room"))
            .await
            .expect("it fits");
        assert_eq!(shape.name, Some(name));
        assert!(shape.publish.is_none() && shape.list.is_none() && shape.nested.is_none());
    }
}
