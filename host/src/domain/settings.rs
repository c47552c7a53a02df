//! What the owner of a function may set: one value per version, copied when it is published.

mod logging;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::grants::Grants;
use super::name::FunctionName;
use super::refusal::Refusal;
pub use logging::{Logging, LoggingChange};

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
    /// Longest run of one invocation, within [`Settings::TIMEOUT_SECONDS`].
    pub timeout_seconds: u32,
    /// Most memory of one invocation, within [`Settings::MEMORY_MB`].
    pub memory_mb: u32,
    /// Variables for the guest; `None` where the owner never gave any, which the wire shows.
    pub environment: Option<Environment>,
    /// `x86_64` or `arm64`; a component runs on either, so this is kept and shown.
    pub architecture: String,
    /// Bound of `/tmp`, within [`Settings::EPHEMERAL_STORAGE_MB`].
    pub ephemeral_storage_mb: u32,
    /// `Active` or `PassThrough`.
    pub tracing_mode: String,
    /// Where the log goes and how it looks.
    pub logging: Logging,
    /// ARN that failed asynchronous events go to.
    pub dead_letter_target: Option<String>,
    /// Whether published versions are to start from a snapshot.
    #[serde(default)]
    pub snap_start: SnapStart,
    /// Whether each call names the tenant that it is for.
    #[serde(default)]
    pub tenancy: Tenancy,
    /// What the variables grant.
    #[serde(skip)]
    pub grants: Grants,
}

/// What versions start from; the API's `SnapStart`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SnapStart {
    /// Published versions start from a snapshot of their initialized state.
    PublishedVersions,
    /// Every version starts from nothing.
    #[default]
    None,
}

impl SnapStart {
    /// The value as the API names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PublishedVersions => "PublishedVersions",
            Self::None => "None",
        }
    }
}

/// For whom the calls of a function are; the API's `TenancyConfig`. Set when it is created, for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tenancy {
    /// For nobody in particular.
    #[default]
    Shared,
    /// Each for the tenant that it names, and no sandbox for two of them; `PER_TENANT`.
    PerTenant,
}

impl Settings {
    /// Seconds that one invocation may be given, as AWS documents them.
    pub const TIMEOUT_SECONDS: RangeInclusive<u32> = 1..=900;
    /// The timeout of a function whose owner gives none.
    pub const TIMEOUT_SECONDS_DEFAULT: u32 = 3;
    /// Memory that one invocation may be given, in MB of 1,048,576 bytes, as AWS documents it.
    pub const MEMORY_MB: RangeInclusive<u32> = 128..=10_240;
    /// The memory of a function whose owner gives none.
    pub const MEMORY_MB_DEFAULT: u32 = *Self::MEMORY_MB.start();
    /// What `/tmp` may be given, in MB, as AWS documents it.
    pub const EPHEMERAL_STORAGE_MB: RangeInclusive<u32> = 512..=10_240;
    /// What `/tmp` has where the owner says nothing.
    pub const EPHEMERAL_STORAGE_MB_DEFAULT: u32 = *Self::EPHEMERAL_STORAGE_MB.start();
    /// What AWS gives an initialization that is made ahead of invocations, unless the timeout is longer.
    pub const INIT_DURATION: Duration = Duration::from_secs(130);
    /// The runtime that tools of Lambda name for compiled code, which a component is.
    pub const COMPILED_RUNTIME: &'static str = "provided.al2023";
    /// The handler that tools of Lambda name for compiled code.
    pub const COMPILED_HANDLER: &'static str = "bootstrap";

    /// What Lambda gives a function whose owner says nothing.
    pub fn for_function(name: &FunctionName) -> Self {
        Self {
            role: String::new(),
            runtime: None,
            handler: None,
            description: String::new(),
            timeout_seconds: Self::TIMEOUT_SECONDS_DEFAULT,
            memory_mb: Self::MEMORY_MB_DEFAULT,
            environment: None,
            architecture: "x86_64".into(),
            ephemeral_storage_mb: Self::EPHEMERAL_STORAGE_MB_DEFAULT,
            tracing_mode: "PassThrough".into(),
            logging: Logging::text(name),
            dead_letter_target: None,
            snap_start: SnapStart::None,
            tenancy: Tenancy::Shared,
            grants: Grants::default(),
        }
    }

    /// The tenant of a call that names one, or none.
    ///
    /// # Errors
    /// Where the function is isolated by tenant and none is named, and the other way round.
    pub fn tenant(&self, named: Option<String>) -> Result<Option<String>, Refusal> {
        let text = match (self.tenancy, &named) {
            (Tenancy::Shared, None) | (Tenancy::PerTenant, Some(_)) => return Ok(named),
            (Tenancy::PerTenant, None) => {
                "The invoked function is enabled with tenancy configuration. Add a valid tenant ID \
                 in your request and try again."
            }
            (Tenancy::Shared, Some(_)) => {
                "The invoked function is not enabled with tenancy configuration. Remove the tenant \
                 ID from your request and try again."
            }
        };
        Err(Refusal::InvalidParameter(text.into()))
    }

    /// The timeout as a duration.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.into())
    }

    /// The bound of `/tmp` in bytes.
    pub fn ephemeral_storage_bytes_max(&self) -> u64 {
        u64::from(self.ephemeral_storage_mb) * 1024 * 1024
    }

    /// The time for setting up a sandbox where nobody waits for an answer: ahead of its invocation, or for
    /// a snapshot.
    pub fn init_duration_max(&self) -> Duration {
        self.timeout().max(Self::INIT_DURATION)
    }

    /// The memory limit in bytes.
    pub fn memory_bytes_max(&self) -> u64 {
        u64::from(self.memory_mb) * 1024 * 1024
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
    /// See [`Settings::snap_start`].
    pub snap_start: Option<SnapStart>,
}

impl SettingsChange {
    /// Carries the change out.
    ///
    /// # Errors
    /// Where what is given does not go with what stays; then nothing may be kept of `settings`.
    pub fn apply(self, settings: &mut Settings) -> Result<(), Refusal> {
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
        self.logging.apply(&mut settings.logging)?;
        put(&mut settings.dead_letter_target, self.dead_letter_target);
        put(&mut settings.snap_start, self.snap_start);
        settings.check_grants()?;
        settings.check_snap_start()
    }
}

impl Settings {
    /// A snapshot would be shared by all tenants.
    fn check_snap_start(&self) -> Result<(), Refusal> {
        match (self.snap_start, self.tenancy) {
            (SnapStart::PublishedVersions, Tenancy::PerTenant) => Err(Refusal::InvalidParameter(
                "SnapStart is not supported for functions with tenant isolation. Set ApplyOn to \
                     None, or leave out TenancyConfig."
                    .into(),
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_named_where_calls_are_isolated_and_nowhere_else() {
        let name = FunctionName::parse("fn").expect("a name");
        let shared = Settings::for_function(&name);
        let isolated = Settings {
            tenancy: Tenancy::PerTenant,
            ..shared.clone()
        };
        let blue = Some("blue".to_owned());
        assert_eq!(shared.tenant(None), Ok(None));
        assert_eq!(isolated.tenant(blue.clone()), Ok(blue.clone()));
        for (settings, named, text) in [
            (
                &isolated,
                None,
                "is enabled with tenancy configuration. Add",
            ),
            (
                &shared,
                blue,
                "is not enabled with tenancy configuration. Remove",
            ),
        ] {
            let refused = settings.tenant(named).expect_err("it does not fit");
            assert!(refused.to_string().contains(text), "{refused}");
        }
    }

    #[test]
    fn a_snapshot_is_not_shared_by_tenants() {
        let name = FunctionName::parse("fn").expect("a name");
        let change = SettingsChange {
            snap_start: Some(SnapStart::PublishedVersions),
            ..SettingsChange::default()
        };
        let mut settings = Settings::for_function(&name);
        assert_eq!(change.clone().apply(&mut settings), Ok(()));
        assert_eq!(settings.snap_start.name(), "PublishedVersions");
        settings.tenancy = Tenancy::PerTenant;
        assert!(change.apply(&mut settings).is_err());
    }

    #[test]
    fn settings_that_were_kept_before_a_member_existed_are_read_with_its_default() {
        let name = FunctionName::parse("fn").expect("a name");
        let settings = Settings::for_function(&name);
        let mut kept = serde_json::to_value(&settings).expect("it has a JSON form");
        let members = kept.as_object_mut().expect("an object");
        members.retain(|name, _| name != "snap_start" && name != "tenancy");
        let read: Settings = serde_json::from_value(kept).expect("it is complete without them");
        assert_eq!(read, settings);
    }
}
