//! The shapes of the Lambda API that the commands need.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sparkler::Account;
use sparkler::internals::{Settings, SettingsChange, settings_members};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CreateFunction<'a, S> {
    function_name: &'a str,
    code: Code,
    #[serde(flatten)]
    settings: S,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Code {
    zip_file: String,
}

/// The body of a call that creates a function. The API asks for a role, a runtime and a handler, for which
/// the host has no use.
pub(super) fn create_function(
    function_name: &str,
    zip_file: String,
    settings: SettingsChange,
) -> Value {
    let settings = SettingsChange {
        role: settings
            .role
            .or_else(|| Some(Account::default().role_arn("sparkler"))),
        runtime: settings
            .runtime
            .or_else(|| Some(Settings::COMPILED_RUNTIME.into())),
        handler: settings
            .handler
            .or_else(|| Some(Settings::COMPILED_HANDLER.into())),
        ..settings
    };
    json!(CreateFunction {
        function_name,
        code: Code { zip_file },
        settings: settings_members(settings),
    })
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
