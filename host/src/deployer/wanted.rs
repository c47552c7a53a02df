//! Making a function what it is to be, whether it is there already or not.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{Changes, CodeChange, CompileGuest, NewFunction};
use crate::domain::settings::SettingsChange;
use crate::domain::{Digest, FunctionName, LastUpdate, Refusal, Settings, State, Version};

/// What a function is to be.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its name.
    pub name: FunctionName,
    /// Its package: a zip, bare wasm, or what `sparkler compile` made.
    pub package: Bytes,
    /// Its settings where it is new.
    pub settings: Settings,
    /// What becomes of its settings where it is there already.
    pub change: Option<SettingsChange>,
}

/// What was done for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployed {
    /// It was not there.
    Created,
    /// It was another.
    Updated,
    /// It was that already.
    Unchanged,
}

/// Why a function did not become what it was to be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NotDeployed {
    /// It was refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Its code could not be made ready; the text says why.
    #[error("{0}")]
    Failed(String),
}

impl<G: CompileGuest> Changes<'_, G> {
    /// Creates a function, or makes an existing one what it is to be; returns when it can be invoked.
    ///
    /// # Errors
    /// Where it was refused, or its code could not be made ready.
    pub async fn deploy(self, wanted: Wanted) -> Result<Deployed, NotDeployed> {
        match self.deployer.settled(&wanted.name).await {
            Ok(current) => self.update(&current, wanted).await,
            Err(Refusal::FunctionNotFound(_)) => {
                let name = wanted.name.clone();
                self.again()
                    .create(NewFunction {
                        name: wanted.name,
                        settings: wanted.settings,
                        package: wanted.package,
                        tags: BTreeMap::new(),
                        publish: false,
                        sender: None,
                    })
                    .await?;
                self.active(&name).await.map(|()| Deployed::Created)
            }
            Err(refusal) => Err(refusal.into()),
        }
    }

    fn again(&self) -> Self {
        self.deployer.by(self.cause.clone())
    }

    async fn update(&self, current: &Version, wanted: Wanted) -> Result<Deployed, NotDeployed> {
        let name = &wanted.name;
        let mut deployed = Deployed::Unchanged;
        let change = wanted
            .change
            .map(|change| left_of(change, &current.settings));
        let mut change = change.transpose()?.flatten();
        if let Some(change) = change.take_if(|change| change.says_what_runs()) {
            // The new code is looked at by what they say then. The old one may fail by it, which is no loss.
            self.again().update_settings(name, None, change).await?;
            self.deployer.settled(name).await?;
            deployed = Deployed::Updated;
        }
        let is_other_code = current.code.package != Digest::of(&wanted.package);
        if is_other_code || failure(current).is_some() {
            let change = CodeChange {
                package: wanted.package,
                architecture: None,
                dry_run: false,
                publish: false,
                expected_revision: None,
                sender: None,
            };
            self.again().update_code(name, change).await?;
            deployed = Deployed::Updated;
        }
        if deployed == Deployed::Updated {
            self.active(name).await?;
        }
        if let Some(change) = change {
            self.again().update_settings(name, None, change).await?;
            self.active(name).await?;
            deployed = Deployed::Updated;
        }
        Ok(deployed)
    }

    async fn active(&self, name: &FunctionName) -> Result<(), NotDeployed> {
        let version = self.deployer.settled(name).await?;
        match failure(&version) {
            Some(reason) => Err(NotDeployed::Failed(reason.to_owned())),
            None => Ok(()),
        }
    }
}

/// What is left of a change to do, where these settings are there; `None` where it makes no difference.
fn left_of(change: SettingsChange, before: &Settings) -> Result<Option<SettingsChange>, Refusal> {
    let mut after = before.clone();
    change.clone().apply(&mut after)?;
    // An empty environment and none at all are the same to a guest.
    if same_but_for_an_empty_environment(&after, before) {
        return Ok(None);
    }
    let (runtime, handler) = (before.runtime.as_deref(), before.handler.as_deref());
    Ok(Some(change.without_what_runs(runtime, handler)))
}

fn same_but_for_an_empty_environment(wanted: &Settings, current: &Settings) -> bool {
    let mut current = current.clone();
    let environment = current.environment.take().unwrap_or_default();
    current.environment = Some(environment);
    *wanted == current
}

/// Why the last change of a function did not succeed.
fn failure(version: &Version) -> Option<&str> {
    match (&version.state, &version.last_update) {
        (State::Failed { reason, .. }, _) | (_, Some(LastUpdate::Failed { reason, .. })) => {
            Some(reason)
        }
        _ => None,
    }
}
