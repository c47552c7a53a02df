//! Who called, as far as a client says so by itself.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::FunctionError;

/// What a caller sends as client context, such as with `aws lambda invoke --client-context`.
///
/// The SDKs for mobile devices fill in all of it; anybody may send a part. In `custom` and
/// `environment`, a value that is not a string arrives as its JSON text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientContext {
    /// The calling application.
    pub client: ClientApplication,
    /// Values that the application set by itself.
    pub custom: HashMap<String, String>,
    /// What the SDK of the application says of its device; `env` on the wire.
    #[serde(rename = "env", alias = "environment")]
    pub environment: HashMap<String, String>,
}

impl ClientContext {
    /// Reads the JSON text that the host hands over.
    pub(crate) fn parse(text: &str) -> Result<Self, FunctionError> {
        let sent: Sent<'_> = serde_json::from_str(text).map_err(|error| invalid(&error))?;
        Ok(Self {
            client: sent.client.unwrap_or_default(),
            custom: texts(sent.custom).map_err(|error| invalid(&error))?,
            environment: texts(sent.environment).map_err(|error| invalid(&error))?,
        })
    }
}

/// The calling application, as SDKs for mobile devices describe it; what is not sent is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClientApplication {
    /// This installation of the application.
    #[serde(alias = "installation_id")]
    pub installation_id: String,
    /// Its title.
    #[serde(alias = "app_title")]
    pub app_title: String,
    /// Its version, as people read it.
    #[serde(alias = "app_version_name")]
    pub app_version_name: String,
    /// Its version, as programs compare it.
    #[serde(alias = "app_version_code")]
    pub app_version_code: String,
    /// Its package.
    #[serde(alias = "app_package_name")]
    pub app_package_name: String,
}

/// An Amazon Cognito identity. Sparkler never has one; the type lets ported functions compile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CognitoIdentity {
    /// The identity.
    pub identity_id: String,
    /// The pool it belongs to.
    pub identity_pool_id: String,
}

/// The context as it comes. Values are kept as text, which costs a component less than a parser
/// for values of every kind.
#[derive(Deserialize)]
struct Sent<'a> {
    client: Option<ClientApplication>,
    #[serde(borrow)]
    custom: Option<HashMap<String, &'a RawValue>>,
    #[serde(borrow, rename = "env", alias = "environment")]
    environment: Option<HashMap<String, &'a RawValue>>,
}

fn texts(
    values: Option<HashMap<String, &RawValue>>,
) -> Result<HashMap<String, String>, serde_json::Error> {
    values
        .unwrap_or_default()
        .into_iter()
        .map(|(name, value)| Ok((name, text(value)?)))
        .collect()
}

fn text(value: &RawValue) -> Result<String, serde_json::Error> {
    let json = value.get();
    if json.starts_with('"') {
        serde_json::from_str(json)
    } else {
        Ok(json.into())
    }
}

#[cold]
fn invalid(error: &serde_json::Error) -> FunctionError {
    FunctionError::new(
        "Runtime.InvalidClientContext",
        format!("The client context is not an object with `client`, `custom` and `env`: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_context_of_a_mobile_sdk_is_read() {
        let context = ClientContext::parse(
            r#"{"client":{"installation_id":"i","app_title":"t","appVersionName":"1.2"},
                "custom":{"colour":"bl\u00fce"},"env":{"platform":"Android"}}"#,
        )
        .expect("valid");
        assert_eq!(context.client.installation_id, "i");
        assert_eq!(context.client.app_title, "t");
        assert_eq!(context.client.app_version_name, "1.2");
        assert_eq!(context.custom["colour"], "blüe");
        assert_eq!(context.environment["platform"], "Android");
    }

    #[test]
    fn a_part_is_enough_and_values_need_not_be_strings() {
        let context =
            ClientContext::parse(r#"{"client":null,"custom":{"n":1,"o":{"a":[]}},"other":true}"#)
                .expect("valid");
        assert_eq!(context.client, ClientApplication::default());
        assert_eq!(context.custom["n"], "1");
        assert_eq!(context.custom["o"], r#"{"a":[]}"#);
        assert!(context.environment.is_empty());
    }
}
