//! What the program `sparkler`, and the tests and benchmarks of its source tree, need of this library besides its
//! API. It is for nobody else, and changes without notice.

use std::sync::Arc;

use crate::app::Host;
use crate::events::Events;
use crate::invoker::Provisioner;
use crate::logs::LogKeeper;

#[cfg(all(
    feature = "compiler",
    feature = "server",
    any(test, feature = "fuzzing")
))]
pub use crate::any_input::{check, request_of};
#[cfg(feature = "jail")]
pub use crate::app::prepared::Prepared;
#[cfg(feature = "server")]
pub use crate::contract::{Door, Operation, Preset, settings_members};
pub use crate::deployer::{CompileGuest, Deployed, Deployer, NewFunction, NotDeployed, Wanted};
pub use crate::domain::arn::is_account;
pub use crate::domain::attachments::EventInvoke;
pub use crate::domain::environment::{BadName, check_name};
pub use crate::domain::grants::FOLDERS_VARIABLE;
pub use crate::domain::language::Language;
pub use crate::domain::name::FUNCTION_NAME_CHARS_MAX;
pub use crate::domain::policy::{
    Context, Decision, Document, Found, Identity, Opinion, OwnPolicies, PolicyError, PolicyKind,
    Reason, Request, decide,
};
pub use crate::domain::runtime::{RETIRED_RUNTIMES, SUPPORTED_RUNTIMES};
pub use crate::domain::settings::bounds::within;
pub use crate::domain::settings::{LogFormat, Logging, SettingsChange};
pub use crate::domain::times::{rfc_3339, unix_ms};
pub use crate::domain::version::{REUSE_MAX, REUSE_SECTION};
pub use crate::domain::{
    ALLOW_HTTP_VARIABLE, Alias, AliasName, Cause, Digest, Ending, Environment, EventJson,
    FunctionArn, FunctionRecord, Invocation, LogType, Named, Payload, Qualifier, ReportFigure,
    SecretValue, Settings, State, Version, VersionId,
};
pub use crate::invoker::{
    Admission, Completion, GUEST_LOG_TARGET, Gate, HostFailure, How, Invoker, Piece,
    PrepareFailure, PrepareGuest, ResponseSource, RunGuest, response_pipe,
};
#[cfg(feature = "jail")]
pub use crate::jail::{Jail, JailError};
#[cfg(feature = "server")]
pub use crate::owner_files::private_text;
pub use crate::package::{PackageError, Precompiled, read_at_most, read_named, reuse_of, wasm_of};
pub use crate::runtimes::{PreparedRuntime, Runtimes};
#[cfg(all(feature = "compiler", feature = "jail"))]
pub use crate::sandbox::compile_worker_outside;
#[cfg(feature = "compiler")]
pub use crate::sandbox::precompile;
pub use crate::sandbox::{Import, Inspection, Sandboxes, inspect};
pub use crate::sigv4::{Signable, headers as signed_headers};

/// Whether a server takes this text as its file of keys at `path`, as far as that can be known outside of it.
///
/// # Errors
/// With the reason, which holds no secret.
#[cfg(feature = "server")]
pub fn check_keys(path: &std::path::Path, text: &str) -> Result<(), String> {
    crate::identity::check(path, text, crate::contract::preset)
}

/// Bounds that the commands tell, and keep to.
pub mod limits {
    pub use crate::limits::{
        CLIENT_CONTEXT_BASE64_BYTES_MAX, COMPILE_DURATION_MAX, CONCURRENT_INVOCATIONS_MAX,
        ENVIRONMENT_BYTES_MAX, KEYS_OF_USER_MAX, PACKAGE_BYTES_MAX, POLICY_BYTES_MAX,
        SYNC_PAYLOAD_BYTES_MAX, UNZIPPED_BYTES_MAX,
    };
}

/// The parts that a host is put together from.
pub trait Parts {
    /// What creates, changes and deletes functions.
    fn deployer(&self) -> &Arc<Deployer<Sandboxes>>;

    /// What runs functions.
    fn invoker(&self) -> &Arc<Invoker<Sandboxes>>;

    /// What functions wrote.
    fn logs(&self) -> &Arc<LogKeeper>;

    /// Asynchronous events.
    fn events(&self) -> &Events<Sandboxes>;

    /// What keeps sandboxes ready.
    fn provisioner(&self) -> &Arc<Provisioner<Sandboxes>>;

    /// What functions run in.
    fn guests(&self) -> &Arc<Sandboxes>;
}

impl Parts for Host {
    fn deployer(&self) -> &Arc<Deployer<Sandboxes>> {
        self.deployer()
    }

    fn invoker(&self) -> &Arc<Invoker<Sandboxes>> {
        self.invoker()
    }

    fn logs(&self) -> &Arc<LogKeeper> {
        self.logs()
    }

    fn events(&self) -> &Events<Sandboxes> {
        self.events()
    }

    fn provisioner(&self) -> &Arc<Provisioner<Sandboxes>> {
        self.provisioner()
    }

    fn guests(&self) -> &Arc<Sandboxes> {
        self.guests()
    }
}
