//! The client context: what a caller tells the function beside the event.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;

use super::error::WireError;
use crate::domain::ClientContext;
use crate::limits::CLIENT_CONTEXT_BASE64_BYTES_MAX;

/// The JSON object that `header` holds in base64.
///
/// # Errors
/// Where it is too long, not base64, not UTF-8, or not a JSON object.
pub(super) fn decoded(header: &HeaderValue) -> Result<ClientContext, WireError> {
    let base64 = header.as_bytes();
    if base64.len() > CLIENT_CONTEXT_BASE64_BYTES_MAX {
        return Err(WireError::invalid_client_context());
    }
    BASE64_STANDARD
        .decode(base64)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(ClientContext::parse)
        .ok_or_else(WireError::invalid_client_context)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: impl AsRef<[u8]>) -> HeaderValue {
        HeaderValue::try_from(BASE64_STANDARD.encode(text)).expect("base64 is ASCII")
    }

    #[test]
    fn an_object_is_handed_over_as_its_text() {
        let text = r#"{"custom":{"foo":"bär"}}"#;
        let context = decoded(&header(text)).expect("an object");
        assert_eq!(context.text(), text);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["[]", "7", "", "{", "{} {}"] {
            assert!(decoded(&header(text)).is_err(), "{text}");
        }
        assert!(decoded(&header(b"{\"a\":\"\xff\"}")).is_err());
        assert!(decoded(&HeaderValue::from_static("{}")).is_err());
    }

    #[test]
    fn its_base64_is_bounded() {
        let object = |padding: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(padding));
        let fits = header(object(2_676));
        assert!(fits.len() <= CLIENT_CONTEXT_BASE64_BYTES_MAX && decoded(&fits).is_ok());
        let too_long = header(object(2_700));
        assert!(too_long.len() > CLIENT_CONTEXT_BASE64_BYTES_MAX && decoded(&too_long).is_err());
    }
}
