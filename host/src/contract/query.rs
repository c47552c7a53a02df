//! The query of a request.

use std::borrow::Cow;

use http::Uri;

use super::error::{ErrorCode, WireError};
use crate::domain::FunctionName;

/// The first value of `name` in the query, decoded once.
pub(super) fn value<'a>(uri: &'a Uri, name: &str) -> Option<Cow<'a, str>> {
    let query = uri.query()?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

/// All values of `name` in the query, each decoded once.
pub(super) fn values(uri: &Uri, name: &str) -> Vec<String> {
    let query = uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
        .collect()
}

/// The first value of `name`, a whole number.
///
/// # Errors
/// Where it is no number.
pub(super) fn number(uri: &Uri, name: &str) -> Result<Option<i64>, WireError> {
    let Some(text) = value(uri, name) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        let text = format!("The value of {name} in the query can not be converted to an Integer");
        WireError::new(ErrorCode::Serialization, text)
    })
}

/// The same, where what is less than nothing is nothing.
///
/// # Errors
/// Where it is no number.
pub(super) fn natural(uri: &Uri, name: &str) -> Result<Option<u64>, WireError> {
    let number = number(uri, name)?;
    Ok(number.map(|number| u64::try_from(number).unwrap_or(0)))
}

/// The function that the query names.
///
/// # Errors
/// Where that is no name of one.
pub(super) fn function(uri: &Uri) -> Result<Option<FunctionName>, WireError> {
    let parsed = value(uri, "function").map(|name| {
        FunctionName::parse(&name).ok_or_else(|| {
            WireError::invalid_parameter("The value of function is not the name of a function.")
        })
    });
    parsed.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_once() {
        let uri = Uri::from_static("/f?Marker=a%2525&Qualifier=%24LATEST&Plain=$LATEST");
        assert_eq!(value(&uri, "Qualifier").as_deref(), Some("$LATEST"));
        assert_eq!(value(&uri, "Plain").as_deref(), Some("$LATEST"));
        assert_eq!(value(&uri, "Marker").as_deref(), Some("a%25"));
        assert_eq!(value(&uri, "Absent"), None);
        let uri = Uri::from_static("/t?tagKeys=a&other=b&tagKeys=c%20d");
        assert_eq!(values(&uri, "tagKeys"), ["a", "c d"]);
        assert!(values(&uri, "absent").is_empty());
    }

    #[test]
    fn a_number_that_is_none_is_refused() {
        let uri = Uri::from_static("/f?MaxItems=7&Other=x");
        assert_eq!(number(&uri, "MaxItems"), Ok(Some(7)));
        assert!(number(&uri, "Other").is_err());
    }
}
