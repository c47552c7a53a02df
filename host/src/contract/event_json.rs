//! The body of a call as an event, or the error that AWS has for what is none.

use bytes::Bytes;

use super::aside::aside;
use super::error::WireError;
use crate::domain::event_json::{EventJson, NotJson};

/// The event that `body` is. A large one is checked on a thread that may be busy for a while.
///
/// # Errors
/// With the reason and the place, in the words of the service's own parser where they are known.
pub(super) async fn parsed(body: Bytes) -> Result<EventJson, WireError> {
    let parsed = aside(body.len(), move || EventJson::parse(body)).await?;
    parsed.map_err(WireError::from)
}

impl From<NotJson> for WireError {
    fn from(error: NotJson) -> Self {
        let NotJson {
            reason,
            line,
            column,
        } = error;
        Self::invalid_content(format!(
            "Could not parse request body into json: Could not parse payload into json: {reason}\n at \
             [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {line}, \
             column: {column}]"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::INLINE_PARSE_BYTES_MAX;

    #[tokio::test]
    async fn a_large_event_is_checked_like_a_small_one() {
        let text =
            |end: &str| Bytes::from(format!("\"{}{end}", "x".repeat(INLINE_PARSE_BYTES_MAX)));
        let event = parsed(text("\"")).await.expect("it is one");
        assert_eq!(event.text(), &text("\""));
        let error = parsed(text("")).await.expect_err("its end is missing");
        let not_json = EventJson::parse(text("")).expect_err("its end is missing");
        assert_eq!(error, not_json.into());
    }

    #[tokio::test]
    async fn the_error_names_the_place_as_the_services_parser_does() {
        let error = parsed("[1,".into()).await.expect_err("its end is missing");
        let text = format!("{error:?}");
        assert!(
            text.contains(
                "Could not parse request body into json: Could not parse payload into json: \
                 Unexpected end-of-input\\n at [Source: REDACTED \
                 (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 4]"
            ),
            "{text}"
        );
    }
}
