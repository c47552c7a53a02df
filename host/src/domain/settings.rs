//! What the owner of a function may set: one value per version, copied when it is published.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::name::FunctionName;

/// The settings of one version of a function.
///
/// Derives serde for the catalog, which keeps it as JSON; the wire has structs of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// ARN of the execution role; kept and shown, since there is no IAM here.
    pub role: String,
    /// The runtime that the owner named, such as `provided.al2023`; kept and shown.
    pub runtime: Option<String>,
    /// The handler that the owner named; kept, shown, and given to the guest as `_HANDLER`.
    pub handler: Option<String>,
    /// Free text, at most 256 characters.
    pub description: String,
    /// Longest run of one invocation, 1 to 900 seconds.
    pub timeout_seconds: u32,
    /// Most memory of one invocation in MB of 1,048,576 bytes, 128 to 10,240.
    pub memory_mb: u32,
    /// Variables for the guest; `None` where the owner never gave any, which the wire shows.
    pub environment: Option<Environment>,
    /// `x86_64` or `arm64`; a component runs on either, so this is kept and shown.
    pub architecture: String,
    /// Bound of `/tmp` in MB, 512 to 10,240.
    pub ephemeral_storage_mb: u32,
    /// `Active` or `PassThrough`.
    pub tracing_mode: String,
    /// Where the log goes and how it looks.
    pub logging: Logging,
    /// ARN that failed asynchronous events go to.
    pub dead_letter_target: Option<String>,
}

impl Settings {
    /// What Lambda gives a function whose owner says nothing.
    pub fn for_function(name: &FunctionName) -> Self {
        Self {
            role: String::new(),
            runtime: None,
            handler: None,
            description: String::new(),
            timeout_seconds: 3,
            memory_mb: 128,
            environment: None,
            architecture: "x86_64".into(),
            ephemeral_storage_mb: 512,
            tracing_mode: "PassThrough".into(),
            logging: Logging::text(name),
            dead_letter_target: None,
        }
    }

    /// The timeout as a duration.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.into())
    }

    /// The memory limit in bytes.
    pub fn memory_bytes_max(&self) -> u64 {
        u64::from(self.memory_mb) * 1024 * 1024
    }
}

/// Format, levels and group of a function's log, as the API's `LoggingConfig` has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logging {
    /// `Text` or `JSON`.
    pub format: String,
    /// Only with `JSON`.
    pub application_level: Option<String>,
    /// Only with `JSON`.
    pub system_level: Option<String>,
    /// Such as `/aws/lambda/NAME`.
    pub group: String,
}

impl Logging {
    /// The default: plain text, into the function's own group.
    pub fn text(name: &FunctionName) -> Self {
        Self {
            format: "Text".into(),
            application_level: None,
            system_level: None,
            group: format!("/aws/lambda/{name}"),
        }
    }
}

/// Environment variables that the owner sets. Names and total size are checked where they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment(pub BTreeMap<String, String>);

/// Variables that the host sets and the owner cannot, as AWS documents them.
pub const RESERVED_VARIABLES: [&str; 18] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

/// A change of settings: what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SettingsChange {
    /// See [`Settings::role`].
    pub role: Option<String>,
    /// See [`Settings::runtime`].
    pub runtime: Option<String>,
    /// See [`Settings::handler`].
    pub handler: Option<String>,
    /// See [`Settings::description`].
    pub description: Option<String>,
    /// See [`Settings::timeout_seconds`].
    pub timeout_seconds: Option<u32>,
    /// See [`Settings::memory_mb`].
    pub memory_mb: Option<u32>,
    /// Replaces all variables.
    pub environment: Option<Environment>,
    /// See [`Settings::ephemeral_storage_mb`].
    pub ephemeral_storage_mb: Option<u32>,
    /// See [`Settings::tracing_mode`].
    pub tracing_mode: Option<String>,
    /// See [`Settings::logging`].
    pub logging: LoggingChange,
    /// `Some(None)` removes the target.
    pub dead_letter_target: Option<Option<String>>,
}

impl SettingsChange {
    /// Carries the change out.
    pub fn apply(self, settings: &mut Settings) {
        fn put<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        put(&mut settings.role, self.role);
        put(&mut settings.runtime, self.runtime.map(Some));
        put(&mut settings.handler, self.handler.map(Some));
        put(&mut settings.description, self.description);
        put(&mut settings.timeout_seconds, self.timeout_seconds);
        put(&mut settings.memory_mb, self.memory_mb);
        put(&mut settings.environment, self.environment.map(Some));
        put(
            &mut settings.ephemeral_storage_mb,
            self.ephemeral_storage_mb,
        );
        put(&mut settings.tracing_mode, self.tracing_mode);
        self.logging.apply(&mut settings.logging);
        put(&mut settings.dead_letter_target, self.dead_letter_target);
    }
}

/// A change of the logging: what is `None` stays, but for the levels, which only `JSON` has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggingChange {
    /// See [`Logging::format`].
    pub format: Option<String>,
    /// See [`Logging::application_level`].
    pub application_level: Option<String>,
    /// See [`Logging::system_level`].
    pub system_level: Option<String>,
    /// See [`Logging::group`].
    pub group: Option<String>,
}

impl LoggingChange {
    /// Carries the change out. With `JSON`, levels that were never given become `INFO`.
    pub fn apply(self, logging: &mut Logging) {
        if self == Self::default() {
            return;
        }
        if let Some(format) = self.format {
            logging.format = format;
        }
        if let Some(group) = self.group {
            logging.group = group;
        }
        let has_levels = logging.format == "JSON";
        let level = |given: Option<String>, current: Option<String>| {
            let level = given.or(current).unwrap_or_else(|| "INFO".into());
            has_levels.then_some(level)
        };
        logging.application_level = level(self.application_level, logging.application_level.take());
        logging.system_level = level(self.system_level, logging.system_level.take());
    }
}

impl From<Logging> for LoggingChange {
    /// The change to this logging; levels that it leaves open stay.
    fn from(logging: Logging) -> Self {
        Self {
            format: Some(logging.format),
            application_level: logging.application_level,
            system_level: logging.system_level,
            group: Some(logging.group),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_changes_of_the_logging_do_not_undo_each_other() {
        let name = FunctionName::parse("fn").expect("a name");
        let mut settings = Settings::for_function(&name);
        let format = LoggingChange {
            format: Some("JSON".into()),
            system_level: Some("WARN".into()),
            ..LoggingChange::default()
        };
        let group = LoggingChange {
            group: Some("mine".into()),
            ..LoggingChange::default()
        };
        for logging in [format, group] {
            let change = SettingsChange {
                logging,
                ..SettingsChange::default()
            };
            change.apply(&mut settings);
        }
        let expected = Logging {
            format: "JSON".into(),
            application_level: Some("INFO".into()),
            system_level: Some("WARN".into()),
            group: "mine".into(),
        };
        assert_eq!(settings.logging, expected);
    }
}
