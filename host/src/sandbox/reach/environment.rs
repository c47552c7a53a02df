//! The environment variables that a guest sees: those that AWS Lambda sets, then the function's own.

use std::sync::Arc;
use std::time::SystemTime;

use super::grants::Granted;
use crate::domain::settings::LogFormat;
use crate::domain::{Account, Named as _, Version};
use crate::invoker::platform_log;
use crate::sandbox::compile::inspect::GuestKind;

/// What a guest's environment is made of. Most guests never look, so it is put together on demand.
pub(in crate::sandbox) struct Surroundings {
    pub(in crate::sandbox) account: Arc<Account>,
    pub(in crate::sandbox) version: Arc<Version>,
    pub(in crate::sandbox) kind: GuestKind,
    pub(in crate::sandbox) trace_id: Option<String>,
    pub(in crate::sandbox) initialization: Initialization,
    /// Whether the sandbox may serve several invocations. Guests read their environment once and keep
    /// it, so what belongs to one invocation is left out of it then.
    pub(in crate::sandbox) is_reusable: bool,
    /// What of the host's machine the function may use, where it asks for any of it.
    pub(in crate::sandbox) granted: Option<Arc<Granted>>,
}

/// What stands for the credentials of the execution role. There are none here, but clients of AWS in a
/// guest do not start without any.
const PLACEHOLDER: &str = "none";

/// When a sandbox was instantiated, which its guest may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Initialization {
    /// For the invocation that it serves, or serves first.
    OnDemand,
    /// Ahead of it.
    Provisioned,
    /// For a snapshot, or from one.
    SnapStart,
}

impl Initialization {
    /// As AWS names it.
    fn name(self) -> &'static str {
        match self {
            Self::OnDemand => "on-demand",
            Self::Provisioned => "provisioned-concurrency",
            Self::SnapStart => "snap-start",
        }
    }

    /// What a sandbox of `version` is told that serves calls of provisioned concurrency, or others.
    pub(in crate::sandbox) fn of(version: &Version, is_provisioned: bool) -> Self {
        match is_provisioned {
            _ if version.is_snapshotted() => Self::SnapStart,
            true => Self::Provisioned,
            false => Self::OnDemand,
        }
    }
}

impl Surroundings {
    /// The command line. Only commands have one: what they were called as.
    pub(in crate::sandbox) fn arguments(&self) -> Vec<String> {
        match self.kind {
            GuestKind::Command => vec![self.version.function.to_string()],
            GuestKind::Handler | GuestKind::StreamingHandler | GuestKind::Http => Vec::new(),
        }
    }

    /// All variables, names and values.
    ///
    /// The runtime API and the paths of a managed runtime are left out, since there is nothing behind
    /// them here. The function's own variables cannot carry a reserved name.
    pub(in crate::sandbox) fn variables(&self) -> Vec<(String, String)> {
        let Version {
            function,
            id,
            settings,
            ..
        } = &*self.version;
        let fixed = [
            ("AWS_LAMBDA_FUNCTION_NAME", function.to_string()),
            ("AWS_LAMBDA_FUNCTION_VERSION", id.to_string()),
            (
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                settings.memory_mb.to_string(),
            ),
            ("AWS_LAMBDA_LOG_GROUP_NAME", settings.logging.group.clone()),
            (
                "AWS_LAMBDA_LOG_STREAM_NAME",
                platform_log::stream(&self.version, SystemTime::now()),
            ),
            (
                "AWS_LAMBDA_INITIALIZATION_TYPE",
                self.initialization.name().into(),
            ),
            ("AWS_REGION", self.account.region.clone()),
            ("AWS_DEFAULT_REGION", self.account.region.clone()),
            ("AWS_ACCESS_KEY_ID", PLACEHOLDER.into()),
            ("AWS_SECRET_ACCESS_KEY", PLACEHOLDER.into()),
            ("AWS_SESSION_TOKEN", PLACEHOLDER.into()),
            ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR".into()),
            ("LAMBDA_TASK_ROOT", "/var/task".into()),
            ("TZ", ":UTC".into()),
            ("LANG", "en_US.UTF-8".into()),
        ];
        let logging = &settings.logging;
        let optional = [
            ("_HANDLER", settings.handler.clone()),
            (
                "_X_AMZN_TRACE_ID",
                self.trace_id.clone().filter(|_| !self.is_reusable),
            ),
            (
                "AWS_LAMBDA_LOG_FORMAT",
                (logging.format == LogFormat::Json).then(|| logging.format.name().into()),
            ),
            (
                "AWS_LAMBDA_LOG_LEVEL",
                logging.application_level.map(|level| level.name().into()),
            ),
        ];
        let own = settings.environment.as_ref();
        let is_own = |name: &str| own.is_some_and(|own| own.0.contains_key(name));
        let optional = optional
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        fixed
            .into_iter()
            .chain(optional)
            // The owner's word counts where the name is not reserved, such as for TZ.
            .filter(|(name, _)| !is_own(name))
            .map(|(name, value)| (name.to_owned(), value))
            .chain(self.own_variables())
            .collect()
    }

    /// The function's own variables, with secrets in the place of what refers to them.
    pub(in crate::sandbox) fn own_variables(&self) -> impl Iterator<Item = (String, String)> {
        let own = self.version.settings.environment.iter();
        own.flat_map(|own| &own.0).map(|(name, value)| {
            let granted = self.granted.as_ref();
            let secret = granted.and_then(|granted| granted.secret(name));
            (name.clone(), secret.unwrap_or(value).to_owned())
        })
    }
}
