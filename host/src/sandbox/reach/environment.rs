//! `wasi:cli/environment`: the environment variables that a guest sees: those that AWS Lambda sets, then the function's
//! own.

use std::time::SystemTime;

use wasmtime::component::Linker;
use wasmtime_wasi::p2::bindings::cli::environment;

use super::names::Provided;
use super::part::{Called, Calls, InSnapshot, Part, Reaches};
use super::shared::Shared;
use crate::domain::settings::LogFormat;
use crate::domain::{Account, Named as _, Version};
use crate::invoker::platform_log;

/// The environment. Most guests never look, so it is put together on demand.
pub(in crate::sandbox) struct Environment;

impl Part for Environment {
    /// What guests are told about where they run.
    type Host = Account;
    const TITLE: &'static str = "variables and arguments";
    const PROVIDED: &'static [Provided] = &[Provided::wasi("wasi:cli/environment")];
    const NEEDED: Option<&'static str> = Some("`Environment`; secrets, a grant of the host");
    const IN_SNAPSHOT: InSnapshot = InSnapshot::There;

    fn new(_: &Account, _: &Shared) -> Self {
        Self
    }

    fn link<T: Reaches<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        environment::add_to_linker::<T, Calls<Self>>(linker, T::called)
    }
}

impl environment::Host for Called<'_, Environment> {
    fn get_environment(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(variables(self.shared, self.host))
    }

    /// Only commands have a command line: what they were called as.
    fn get_arguments(&mut self) -> wasmtime::Result<Vec<String>> {
        let function = &self.shared.version.function;
        let is_command = self.shared.made_for.is_command;
        Ok(is_command
            .then(|| function.to_string())
            .into_iter()
            .collect())
    }

    fn initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(None)
    }
}

/// What stands for the credentials of the execution role. There are none here, but clients of AWS in a
/// guest do not start without any.
const PLACEHOLDER: &str = "none";

/// All variables, names and values.
///
/// The runtime API and the paths of a managed runtime are left out, since there is nothing behind
/// them here. The function's own variables cannot carry a reserved name.
fn variables(shared: &Shared, account: &Account) -> Vec<(String, String)> {
    let Version {
        function,
        id,
        settings,
        ..
    } = &*shared.version;
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
            platform_log::stream(&shared.version, SystemTime::now()),
        ),
        (
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            shared.made_for.initialization.name().into(),
        ),
        ("AWS_REGION", account.region.clone()),
        ("AWS_DEFAULT_REGION", account.region.clone()),
        ("AWS_ACCESS_KEY_ID", PLACEHOLDER.into()),
        ("AWS_SECRET_ACCESS_KEY", PLACEHOLDER.into()),
        ("AWS_SESSION_TOKEN", PLACEHOLDER.into()),
        ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR".into()),
        ("LAMBDA_TASK_ROOT", "/var/task".into()),
        ("TZ", ":UTC".into()),
        ("LANG", "en_US.UTF-8".into()),
    ];
    let (logging, trace_id) = (&settings.logging, &shared.served.trace_id);
    let optional = [
        ("_HANDLER", settings.handler.clone()),
        (
            "_X_AMZN_TRACE_ID",
            trace_id.clone().filter(|_| !shared.made_for.is_reusable),
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
        .chain(own_variables(shared))
        .collect()
}

/// The function's own variables, with secrets in the place of what refers to them.
pub(super) fn own_variables(shared: &Shared) -> impl Iterator<Item = (String, String)> {
    let own = shared.version.settings.environment.iter();
    own.flat_map(|own| &own.0).map(|(name, value)| {
        let granted = shared.granted.as_ref();
        let secret = granted.and_then(|granted| granted.secret(name));
        (name.clone(), secret.unwrap_or(value).to_owned())
    })
}
