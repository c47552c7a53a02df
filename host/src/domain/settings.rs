//! What the owner of a function may set: one value per version, copied when it is published.

pub(crate) mod bounds;
mod logging;

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::allow_http::{ALLOW_HTTP_VARIABLE, AllowHttp, MalformedRule};
use super::environment::Environment;
use super::grants::Grants;
use super::name::FunctionName;
use super::named::named;
use super::refusal::Refusal;
#[cfg(test)]
pub(crate) use logging::SystemLogLevel;
pub use logging::{LogFormat, Logging};
pub(crate) use logging::{LogLevel, LoggingChange};

/// The settings of one version of a function.
///
/// Derives serde for the child process that initializes a version, which is of the same program. What is stored
/// and what goes over the wire has structs of its own.
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
    /// A component runs on either, so this is kept and shown.
    pub architecture: Architecture,
    /// Bound of `/tmp`, within [`Settings::EPHEMERAL_STORAGE_MB`].
    pub ephemeral_storage_mb: u32,
    /// What is traced; kept and shown.
    pub tracing_mode: TracingMode,
    /// Where the log goes and how it looks.
    pub logging: Logging,
    /// ARN that failed asynchronous events go to.
    pub dead_letter_target: Option<String>,
    /// Whether published versions are to start from a snapshot.
    pub snap_start: SnapStart,
    /// Whether each call names the tenant that it is for.
    pub tenancy: Tenancy,
    /// What the variables grant.
    #[serde(skip)]
    pub grants: Grants,
}

named! {
    /// The processors that a function is for.
    #[derive(Default)]
    pub enum Architecture {
        /// Intel and AMD.
        #[default]
        X86_64 = "x86_64",
        /// ARM.
        Arm64 = "arm64",
    }
}

named! {
    /// Which calls are traced; the mode of the API's `TracingConfig`.
    #[derive(Default)]
    pub enum TracingMode {
        /// A share of them.
        Active = "Active",
        /// Those whose caller traces them.
        #[default]
        PassThrough = "PassThrough",
    }
}

named! {
    /// What versions start from; the API's `SnapStart`.
    #[derive(Default)]
    pub enum SnapStart {
        /// Published versions start from a snapshot of their initialized state.
        PublishedVersions = "PublishedVersions",
        /// Every version starts from nothing.
        #[default]
        None = "None",
    }
}

named! {
    /// What a package is.
    pub(crate) enum PackageType {
        /// An image of a container, which this host has no use for.
        Image = "Image",
        /// A zip, or the component itself.
        Zip = "Zip",
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
    /// Characters of a description, as AWS documents them.
    pub const DESCRIPTION_CHARS: RangeInclusive<usize> = 0..=256;
    /// Characters of a handler's name, as AWS documents them.
    pub const HANDLER_CHARS: RangeInclusive<usize> = 0..=128;
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
            architecture: Architecture::default(),
            ephemeral_storage_mb: Self::EPHEMERAL_STORAGE_MB_DEFAULT,
            tracing_mode: TracingMode::default(),
            logging: Logging::of(name, LogFormat::default()),
            dead_letter_target: None,
            snap_start: SnapStart::None,
            tenancy: Tenancy::Shared,
            grants: Grants::default(),
        }
    }

    /// The settings of a function that is a component, whose owner says no more than that.
    pub fn for_component(name: &FunctionName) -> Self {
        Self {
            runtime: Some(Self::COMPILED_RUNTIME.into()),
            handler: Some(Self::COMPILED_HANDLER.into()),
            ..Self::for_function(name)
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

/// A change of settings: what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    pub tracing_mode: Option<TracingMode>,
    /// See [`Settings::logging`].
    pub logging: LoggingChange,
    /// `Some(None)` removes the target.
    pub dead_letter_target: Option<Option<String>>,
    /// See [`Settings::snap_start`].
    pub snap_start: Option<SnapStart>,
}

impl From<Settings> for SettingsChange {
    /// The change after which settings are these, but for what is fixed when a function is made.
    fn from(settings: Settings) -> Self {
        Self {
            role: Some(settings.role),
            runtime: settings.runtime,
            handler: settings.handler,
            description: Some(settings.description),
            timeout_seconds: Some(settings.timeout_seconds),
            memory_mb: Some(settings.memory_mb),
            environment: settings.environment,
            ephemeral_storage_mb: Some(settings.ephemeral_storage_mb),
            tracing_mode: Some(settings.tracing_mode),
            logging: settings.logging.into(),
            dead_letter_target: settings.dead_letter_target.map(Some),
            snap_start: Some(settings.snap_start),
        }
    }
}

impl SettingsChange {
    /// Whether it says what runs the code, and where it begins.
    pub fn says_what_runs(&self) -> bool {
        self.runtime.is_some() || self.handler.is_some()
    }

    /// What is left of it to do, where this runtime runs the code already, and begins at this handler.
    #[must_use]
    pub fn without_what_runs(mut self, runtime: Option<&str>, handler: Option<&str>) -> Self {
        self.runtime.take_if(|wanted| Some(&**wanted) == runtime);
        self.handler.take_if(|wanted| Some(&**wanted) == handler);
        self
    }

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
        // All of them by name: one that is new does not compile before it is applied.
        let Self {
            role,
            runtime,
            handler,
            description,
            timeout_seconds,
            memory_mb,
            environment,
            ephemeral_storage_mb,
            tracing_mode,
            logging,
            dead_letter_target,
            snap_start,
        } = self;
        put(&mut settings.role, role);
        put(&mut settings.runtime, runtime.map(Some));
        put(&mut settings.handler, handler.map(Some));
        put(&mut settings.description, description);
        put(&mut settings.timeout_seconds, timeout_seconds);
        put(&mut settings.memory_mb, memory_mb);
        put(&mut settings.environment, environment.map(Some));
        put(&mut settings.ephemeral_storage_mb, ephemeral_storage_mb);
        put(&mut settings.tracing_mode, tracing_mode);
        logging.apply(&mut settings.logging)?;
        put(&mut settings.dead_letter_target, dead_letter_target);
        put(&mut settings.snap_start, snap_start);
        settings.check_grants()?;
        settings.check_snap_start()
    }
}

impl Settings {
    /// The HTTP requests that the function may send.
    ///
    /// # Errors
    /// Where the rules were set by an older host that did not read them, and are none.
    pub fn allow_http(&self) -> Result<&AllowHttp, &MalformedRule> {
        let environment = self.environment.as_ref();
        let rules = environment.and_then(|environment| environment.0.get(ALLOW_HTTP_VARIABLE));
        self.grants.allow_http(rules.map_or("", String::as_str))
    }

    /// Whether all that is to be granted can be read.
    ///
    /// # Errors
    /// [`Refusal::InvalidParameter`] with what cannot.
    pub fn check_grants(&self) -> Result<(), Refusal> {
        let environment = self.environment.as_ref();
        environment
            .map_or(Ok(()), Environment::check_grants)
            .map_err(Refusal::InvalidParameter)
    }

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
    use crate::domain::samples;

    fn allowing(rules: &str) -> Settings {
        let variables = [(ALLOW_HTTP_VARIABLE.to_owned(), rules.to_owned())];
        Settings {
            environment: Some(Environment(variables.into())),
            ..samples::settings()
        }
    }

    fn rules(settings: &Settings) -> Vec<&str> {
        settings.allow_http().expect("rules").rules().collect()
    }

    #[test]
    fn what_runs_a_function_already_is_not_changed() {
        let change = SettingsChange {
            runtime: Some("python3.13".into()),
            handler: Some("b.run".into()),
            ..SettingsChange::default()
        };
        let left = change.without_what_runs(Some("python3.13"), Some("a.run"));
        assert_eq!(
            (&left.runtime, left.handler.as_deref()),
            (&None, Some("b.run"))
        );
        assert!(left.says_what_runs());
        let nothing = left.without_what_runs(None, Some("b.run"));
        assert_eq!(nothing, SettingsChange::default());
    }

    #[test]
    fn rules_are_read_once_and_a_changed_copy_reads_its_own() {
        let settings = allowing("https://a.example");
        assert_eq!(rules(&settings), ["https://a.example"]);
        assert!(std::ptr::eq(
            settings.allow_http().expect("rules"),
            settings.allow_http().expect("rules")
        ));
        let mut copy = settings.clone();
        assert_eq!(copy, settings);
        copy.environment = None;
        assert!(rules(&copy).is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_a_sentence() {
        assert_eq!(allowing("https://a.example").check_grants(), Ok(()));
        let refused = allowing("a.example").check_grants().expect_err("no scheme");
        assert!(
            matches!(&refused, Refusal::InvalidParameter(text) if text.contains("'a.example'"))
        );
    }

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
        assert_eq!(settings.snap_start, SnapStart::PublishedVersions);
        settings.tenancy = Tenancy::PerTenant;
        assert!(change.apply(&mut settings).is_err());
    }
}
