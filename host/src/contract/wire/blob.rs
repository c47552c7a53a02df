//! Bytes in JSON: base64, decoded while it is read, so that a large package is copied once.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// A member of type blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::contract) enum Blob {
    /// What it decodes to.
    Bytes(Bytes),
    /// It is not base64; the text says where it ceases to be.
    NotBase64(String),
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Base64;
        impl Visitor<'_> for Base64 {
            type Value = Blob;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Blob, E> {
                Ok(match BASE64_STANDARD.decode(text) {
                    Ok(bytes) => Blob::Bytes(bytes.into()),
                    Err(error) => Blob::NotBase64(error.to_string()),
                })
            }
        }
        deserializer.deserialize_str(Base64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_becomes_bytes_and_what_is_not_is_kept_as_such() {
        let read = |text| serde_json::from_str::<Blob>(text).expect("it is a string");
        assert_eq!(read(r#""aGk=""#), Blob::Bytes("hi".into()));
        assert!(matches!(read(r#""a*b=""#), Blob::NotBase64(_)));
        assert!(serde_json::from_str::<Blob>("7").is_err());
    }
}
