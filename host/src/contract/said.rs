//! What the body of a request says that policies speak of.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;

use super::aside::aside;
use super::error::{ErrorCode, WireError};
use super::operations::{Operation, Takes};

/// What of a body policies speak of.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Said {
    pub(super) function_name: Option<String>,
    pub(super) tags: Option<BTreeMap<String, Option<String>>>,
    pub(super) principal: Option<String>,
    pub(super) auth_type: Option<String>,
    pub(super) function_url_auth_type: Option<String>,
    #[serde(rename = "logGroupName")]
    pub(super) log_group_name: Option<String>,
    #[serde(rename = "logGroupIdentifier")]
    pub(super) log_group_identifier: Option<String>,
    #[serde(rename = "logStreamName")]
    pub(super) log_stream_name: Option<String>,
}

impl Said {
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
