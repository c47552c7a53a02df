//! What functions may use of the host's machine: the folders and secrets that its owner has named,
//! opened and read when the host starts.

mod sources;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use cap_std::fs::Dir;
use uuid::Uuid;

use super::files::Mount;
use crate::domain::grants::FolderRequest;
use crate::domain::{
    Environment, FolderAccess, FunctionError, FunctionName, GrantName, HostFolder, HostSecret,
    SecretValue, SharedLock, Version,
};
use crate::limits;
use crate::sandbox::vitals::log_mask::LogMask;

/// Everything that is named on this host.
pub(in crate::sandbox) struct Grants {
    folders: BTreeMap<GrantName, Folder>,
    secrets: BTreeMap<(Option<FunctionName>, GrantName), SecretValue>,
    /// What versions were granted, by their revision.
    granted: SharedLock<HashMap<Uuid, Arc<Granted>>>,
}

struct Folder {
    dir: Arc<Dir>,
    access: FolderAccess,
}

/// What one version was granted.
pub(in crate::sandbox) struct Granted {
    function: FunctionName,
    /// What it asked for.
    environment: Environment,
    folders: Vec<(String, Arc<Mount>)>,
    /// The variables that hold secrets, with their values.
    secrets: BTreeMap<String, SecretValue>,
    mask: Option<LogMask>,
}

impl Granted {
    /// Folders of the host, by where the guest sees them.
    pub(in crate::sandbox) fn folders(&self) -> &[(String, Arc<Mount>)] {
        &self.folders
    }

    /// The value of a variable that holds a secret.
    pub(in crate::sandbox) fn secret(&self, variable: &str) -> Option<&str> {
        self.secrets.get(variable).map(SecretValue::reveal)
    }

    /// What hides the secrets in the function's log.
    pub(in crate::sandbox) fn mask(&self) -> Option<&LogMask> {
        self.mask.as_ref()
    }
}

impl Grants {
    /// Opens the folders and reads the secrets.
    ///
    /// # Errors
    /// With a sentence that names what is missing or named twice.
    pub(in crate::sandbox) fn open<'a>(
        folders: impl IntoIterator<Item = &'a HostFolder>,
        secrets: impl IntoIterator<Item = &'a HostSecret>,
    ) -> Result<Self, String> {
        Ok(Self {
            folders: sources::open_folders(folders)?,
            secrets: sources::read_secrets(secrets)?,
            granted: SharedLock::default(),
        })
    }

    /// What a version was granted; `None` where it asks for nothing, as most do.
    ///
    /// # Errors
    /// Where it asks for what is not named here, or for more than is granted: it cannot be set up.
    pub(in crate::sandbox) fn of(
        &self,
        version: &Version,
    ) -> Result<Option<Arc<Granted>>, FunctionError> {
        let Some(environment) = &version.settings.environment else {
            return Ok(None);
        };
        if !environment.asks_for_grants() {
            return Ok(None);
        }
        if let Some(granted) = self.kept(version, environment) {
            return Ok(Some(granted));
        }
        let granted = self
            .grant(&version.function, environment)
            .map_err(|description| FunctionError::InitFailed {
                description,
                stack_trace: Vec::new(),
            })?;
        let granted = Arc::new(granted);
        self.keep(version.revision, Arc::clone(&granted));
        Ok(Some(granted))
    }

    /// A revision stands for one function with one environment; nothing is granted because of that alone.
    fn kept(&self, version: &Version, environment: &Environment) -> Option<Arc<Granted>> {
        let kept = self.granted.read();
        let granted = kept.get(&version.revision)?;
        let is_same = (&granted.function, &granted.environment) == (&version.function, environment);
        is_same.then(|| Arc::clone(granted))
    }

    fn keep(&self, revision: Uuid, granted: Arc<Granted>) {
        let mut kept = self.granted.write();
        if kept.len() >= limits::GRANTS_KEPT_MAX {
            kept.clear();
        }
        kept.insert(revision, granted);
    }

    fn grant(&self, function: &FunctionName, environment: &Environment) -> Result<Granted, String> {
        let folders = environment.folders()?.into_iter();
        let folders = folders
            .map(|request| self.folder(request))
            .collect::<Result<_, _>>()?;
        let secrets = environment.secrets()?.into_iter();
        let secrets: BTreeMap<String, SecretValue> = secrets
            .map(|(variable, name)| {
                let value = self.secret(function, &name)?;
                Ok((variable.to_owned(), value.clone()))
            })
            .collect::<Result<_, String>>()?;
        Ok(Granted {
            function: function.clone(),
            environment: environment.clone(),
            folders,
            mask: LogMask::of(secrets.values().map(SecretValue::reveal)),
            secrets,
        })
    }

    fn folder(&self, request: FolderRequest) -> Result<(String, Arc<Mount>), String> {
        let name = &request.name;
        let folder = self.folders.get(name).ok_or_else(|| {
            format!(
                "The function asks for the folder '{name}', which this host does not have. Start it with \
                 --folder {name}=PATH, or change SPARKLER_FOLDERS."
            )
        })?;
        if request.access > folder.access {
            return Err(format!(
                "The function asks to write to the folder '{name}', which this host grants for reading \
                 only. Start it with --folder {name}=PATH:rw, or leave out ':rw' in SPARKLER_FOLDERS."
            ));
        }
        let mount = Mount::Granted {
            dir: Arc::clone(&folder.dir),
            access: request.access,
        };
        Ok((request.guest_path, Arc::new(mount)))
    }

    /// One for this function alone counts more than one for all.
    fn secret(&self, function: &FunctionName, name: &GrantName) -> Result<&SecretValue, String> {
        let of = |function| self.secrets.get(&(function, name.clone()));
        of(Some(function.clone())).or_else(|| of(None)).ok_or_else(|| {
            format!(
                "The function refers to the secret '{name}', which this host does not have for it. Start it \
                 with --secret {name}=file:PATH or --secret {name}=env:VARIABLE."
            )
        })
    }
}

#[cfg(test)]
mod tests;
