//! What is to be initialized, as it is handed to the process that does it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{
    Account, Code, Environment, FunctionName, Qualifier, Settings, State, Version, VersionId,
};

/// An initialization to be made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct InitOrder {
    account: Account,
    function: String,
    version: String,
    settings: Settings,
    code: Code,
    last_modified: std::time::SystemTime,
    /// How long it may take.
    pub(in crate::sandbox) duration_max: Duration,
}

impl InitOrder {
    /// The initialization of a version that is being published.
    pub(in crate::sandbox) fn of(account: &Account, version: &Version) -> Self {
        let settings = version.settings.clone();
        Self {
            account: account.clone(),
            function: version.function.to_string(),
            version: version.id.to_string(),
            duration_max: settings.init_duration_max(),
            settings,
            code: version.code.clone(),
            last_modified: version.last_modified,
        }
    }

    /// Whether the version uses folders or secrets of the host, which an initialization is not given.
    pub(in crate::sandbox::compile) fn asks_for_grants(&self) -> bool {
        let environment = self.settings.environment.as_ref();
        environment.is_some_and(Environment::asks_for_grants)
    }

    /// Where it is made.
    pub(super) fn account(&self) -> Account {
        self.account.clone()
    }

    /// The version that it is of; `None` for an order that nobody gave.
    pub(super) fn version(&self) -> Option<Version> {
        Some(Version {
            function: FunctionName::parse(&self.function)?,
            id: version_id(&self.version)?,
            settings: self.settings.clone(),
            code: self.code.clone(),
            snapshot: None,
            state: State::Pending,
            last_update: None,
            revision: Uuid::nil(),
            last_modified: self.last_modified,
        })
    }
}

fn version_id(text: &str) -> Option<VersionId> {
    match Qualifier::parse(text) {
        Qualifier::Version(id) => Some(id),
        Qualifier::Alias(_) | Qualifier::Unknown(_) => None,
    }
}
