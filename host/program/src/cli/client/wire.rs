//! The shapes of the Lambda API that the commands need.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sparkler::{Account, internals};

/// Settings of a function; what is `None` is left as it is, or gets its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::cli) struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) memory_size: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) timeout: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) environment: Option<Environment>,
}

/// All variables of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::cli) struct Environment {
    pub(in crate::cli) variables: BTreeMap<String, String>,
}

impl Settings {
    pub(super) fn to_json(&self) -> Value {
        json!(self)
    }

    /// Whether nothing is to be changed.
    pub(in crate::cli) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateFunction<'a> {
    function_name: &'a str,
    role: String,
    runtime: &'static str,
    handler: &'static str,
    code: Code,
    #[serde(flatten)]
    settings: &'a Settings,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Code {
    zip_file: String,
}

impl<'a> CreateFunction<'a> {
    pub(super) fn new(function_name: &'a str, zip_file: String, settings: &'a Settings) -> Self {
        Self {
            function_name,
            // The API asks for one, and the host has no use for it.
            role: Account::default().role_arn("sparkler"),
            runtime: internals::Settings::COMPILED_RUNTIME,
            handler: internals::Settings::COMPILED_HANDLER,
            code: Code { zip_file },
            settings,
        }
    }

    pub(super) fn to_json(&self) -> Value {
        json!(self)
    }
}

pub(super) struct UpdateCode(Code);

impl UpdateCode {
    pub(super) fn new(zip_file: String) -> Self {
        Self(Code { zip_file })
    }

    pub(super) fn to_json(&self) -> Value {
        json!(self.0)
    }
}

/// A function as the server shows it; members that no command reads are kept for `--json`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::cli) struct FunctionConfiguration {
    pub(in crate::cli) function_name: String,
    pub(in crate::cli) description: String,
    pub(in crate::cli) memory_size: u64,
    pub(in crate::cli) timeout: u64,
    pub(in crate::cli) code_size: u64,
    pub(in crate::cli) last_modified: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) state_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) last_update_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) last_update_status_reason: Option<String>,
    #[serde(flatten)]
    pub(in crate::cli) others: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetFunction {
    pub(super) configuration: FunctionConfiguration,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FunctionPage {
    pub(super) functions: Vec<FunctionConfiguration>,
    #[serde(default)]
    pub(super) next_marker: Option<String>,
}

/// The body of an error: its members are spelled in either case.
#[derive(Default, Deserialize)]
pub(super) struct ServiceError {
    #[serde(alias = "Message")]
    pub(super) message: Option<String>,
    #[serde(rename = "__type")]
    pub(super) error_type: Option<String>,
}
