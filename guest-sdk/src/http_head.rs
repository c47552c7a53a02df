//! Status and headers of a streamed response for HTTP.

use std::collections::BTreeMap;

use serde::Serialize;

/// What stands between the head and the body.
const SEPARATOR: [u8; 8] = [0; 8];

/// Status and headers with which a streamed response for HTTP begins.
///
/// In the response it is a JSON object, then eight NUL bytes, then the body, as AWS documents it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpHead {
    status_code: u16,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
}

impl HttpHead {
    /// A head without headers.
    pub fn new(status_code: u16) -> Self {
        Self {
            status_code,
            headers: BTreeMap::new(),
            cookies: Vec::new(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Adds a cookie, as it stands in a `Set-Cookie` header.
    #[must_use]
    pub fn cookie(mut self, cookie: impl Into<String>) -> Self {
        self.cookies.push(cookie.into());
        self
    }

    /// The head and what separates it from the body.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("texts and numbers have a JSON form");
        bytes.extend(SEPARATOR);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_left_out() {
        let text = |head: &HttpHead| String::from_utf8(head.to_bytes()).expect("JSON is UTF-8");
        let bare = text(&HttpHead::new(204));
        assert_eq!(bare, "{\"statusCode\":204}\0\0\0\0\0\0\0\0");
        let full = HttpHead::new(200).cookie("a=1").cookie("b=2");
        assert!(text(&full).starts_with("{\"statusCode\":200,\"cookies\":[\"a=1\",\"b=2\"]}\0"));
    }
}
