//! What the body of a request says that policies speak of.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::aside::aside;
use super::error::{ErrorCode, WireError};
use super::operations::{Operation, Takes};
use super::wire::event_invoke::DestinationConfig;
use crate::domain::destination::Destination;
use crate::domain::tags::TAGS_MAX;
use crate::domain::{Account, FunctionArn};

/// What of a body policies speak of.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Said {
    pub(super) function_name: Option<String>,
    pub(super) tags: Option<Tags>,
    pub(super) principal: Option<String>,
    pub(super) auth_type: Option<String>,
    pub(super) function_url_auth_type: Option<String>,
    destination_config: Option<DestinationConfig>,
    #[serde(rename = "logGroupName")]
    pub(super) log_group_name: Option<String>,
    #[serde(rename = "logGroupIdentifier")]
    pub(super) log_group_identifier: Option<String>,
    #[serde(rename = "logStreamName")]
    pub(super) log_stream_name: Option<String>,
}

/// Tags, no more of them than anything may have: whoever asks has not been allowed anything yet.
#[derive(Default)]
pub(super) struct Tags(pub(super) BTreeMap<String, Option<String>>);

impl Said {
    /// The functions that records of events are to go to.
    pub(super) fn function_destinations(
        &self,
        account: &Account,
    ) -> impl Iterator<Item = FunctionArn> {
        let named = self.destination_config.iter();
        let named = named.flat_map(DestinationConfig::named);
        named.filter_map(|arn| match Destination::of(arn) {
            Destination::Function(to) => {
                Some(account.function_arn(&to.name, to.qualifier.as_ref()))
            }
            _ => None,
        })
    }

    /// What the body of a request says.
    ///
    /// # Errors
    /// Where it is not JSON, or says one thing twice: whoever does what it says might read the other.
    pub(super) async fn in_body(operation: Operation, body: &Bytes) -> Result<Self, WireError> {
        if operation.takes() == Takes::Nothing || body.is_empty() {
            return Ok(Self::default());
        }
        let bytes = body.clone();
        let read = aside(bytes.len(), move || serde_json::from_slice(&bytes)).await?;
        read.map_err(|error: serde_json::Error| {
            let text = format!("Could not parse request body into json: {error}");
            WireError::new(ErrorCode::Serialization, text)
        })
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Tags;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tags, A::Error> {
                let mut tags = Tags::default();
                while let Some((key, value)) = map.next_entry()? {
                    tags.0.insert(key, value);
                    if tags.0.len() > TAGS_MAX {
                        let text = format!("there are more than {TAGS_MAX} tags");
                        return Err(A::Error::custom(text));
                    }
                }
                Ok(tags)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_tags_are_read_than_anything_may_have() {
        let read = |count: usize, end: &str| {
            let tags: Vec<_> = (0..count).map(|tag| format!(r#""{tag}":"""#)).collect();
            serde_json::from_str::<Said>(&format!(r#"{{"Tags":{{{}{end}"#, tags.join(",")))
        };
        let said = read(TAGS_MAX, "}}").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(said.tags.map(|tags| tags.0.len()), Some(TAGS_MAX));
        // What follows is not even looked at.
        let error = read(TAGS_MAX + 1, "?").err().expect("too many");
        assert!(error.to_string().contains("more than 50 tags"), "{error}");
    }
}
