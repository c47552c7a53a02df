//! A host before it starts: no thread of it runs yet, so its process can still enter a jail.

use std::io;
use std::path::Path;

use super::{Host, HostConfig, StartError, Storage, start_error};
use crate::jail::{Jail, JailError, Needs, loaded_files};
use crate::sandbox::{CompileIsolation, outbound_needs};
use crate::storage::TmpFolders;

/// A host whose places are there, and that has not started.
pub struct Prepared {
    config: HostConfig,
    /// Where functions have their `/tmp`, where that is not in a data directory.
    tmp: Option<TmpFolders>,
}

impl Prepared {
    /// Makes the places that a host of this configuration works in.
    ///
    /// # Errors
    /// When one of them cannot be made.
    pub fn of(config: HostConfig) -> Result<Self, StartError> {
        let tmp = match &config.storage {
            Storage::Ephemeral => Some(TmpFolders::made_in_system_folder().map_err(no_tmp)?),
            #[cfg(feature = "storage")]
            Storage::DataDir(path) => {
                crate::storage::DataDir::create(path).map_err(start_error)?;
                None
            }
        };
        if let Some(folder) = &config.runtimes {
            // A folder that comes later would be none of those that this process may read.
            std::fs::create_dir_all(folder).map_err(|error| {
                start_error(format!(
                    "the folder of interpreters, {}, cannot be made: {error}",
                    folder.display()
                ))
            })?;
        }
        Ok(Self { config, tmp })
    }

    /// Takes from this process all but what this host needs, for good. That is for a process which is there for
    /// nothing else, and whose only thread calls this.
    ///
    /// # Errors
    /// When threads run already, or the system refuses it.
    pub fn enter_jail(&self) -> Result<Jail, JailError> {
        Jail::enter(&self.needs())
    }

    /// Starts it.
    ///
    /// # Errors
    /// As [`Host::start`].
    pub async fn start(self) -> Result<Host, StartError> {
        Host::start_in(self.config, self.tmp).await
    }

    /// All that a host needs of its system: each part of the configuration adds its own, and nothing else can be
    /// reached. None can be added later, so what a running host can be told to use must be here, too.
    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        self.storage(&mut needs);
        self.grants(&mut needs);
        if let Some(folder) = &self.config.runtimes {
            needs.read(folder);
        }
        self.destinations(&mut needs);
        self.owner_files(&mut needs);
        self.compiler(&mut needs);
        outbound_needs(&mut needs);
        process(&mut needs);
        needs
    }

    fn storage(&self, needs: &mut Needs) {
        match &self.config.storage {
            Storage::Ephemeral => {
                if let Some(folder) = self.tmp.as_ref().and_then(TmpFolders::system_folder) {
                    // It goes with the host.
                    needs.remove_folders(folder.parent().unwrap_or(Path::new("/")));
                    needs.change(folder);
                }
            }
            #[cfg(feature = "storage")]
            Storage::DataDir(path) => needs.change(path),
        }
    }

    fn grants(&self, needs: &mut Needs) {
        use crate::domain::{FolderAccess, SecretSource};
        for folder in &self.config.folders {
            match folder.access {
                FolderAccess::ReadOnly => needs.read(&folder.path),
                FolderAccess::ReadWrite => needs.change(&folder.path),
            }
        }
        for secret in &self.config.secrets {
            match &secret.source {
                SecretSource::File(path) => needs.read(path),
                SecretSource::Variable(_) | SecretSource::Value(_) => {}
            }
        }
    }

    fn destinations(&self, needs: &mut Needs) {
        let destinations = &self.config.events.destinations;
        if let Some(folder) = &destinations.folder {
            needs.change(folder);
        }
        if destinations.sqs_endpoint.is_some() || destinations.sns_endpoint.is_some() {
            needs.connect();
        }
    }

    /// Files that are looked at while the host runs.
    fn owner_files(&self, needs: &mut Needs) {
        #[cfg(feature = "server")]
        {
            let keys = self.config.keys.iter();
            let keys = keys.flat_map(|path| crate::identity::needs(path));
            let tls = self
                .config
                .tls
                .iter()
                .flat_map(crate::contract::TlsConfig::needs);
            keys.chain(tls).for_each(|folder| needs.read(folder));
        }
        #[cfg(not(feature = "server"))]
        let _ = needs;
    }

    fn compiler(&self, needs: &mut Needs) {
        match &self.config.compile {
            CompileIsolation::InProcess => {}
            CompileIsolation::Child { program, .. } => {
                needs.start(program);
                for file in loaded_files() {
                    needs.start(file);
                }
                // What the program that loads programs reads, and what the compiler has in the place of a log.
                needs.read("/etc/ld.so.cache");
                needs.change("/dev/null");
            }
        }
    }
}

/// What every process reads: what it is told of itself, of its bounds and its memory, and random bytes, which SQLite takes
/// from there; and what it changes, which is its own part in who goes first when memory runs out.
fn process(needs: &mut Needs) {
    for place in [
        "/proc/self",
        "/proc/meminfo",
        "/proc/sys/vm/overcommit_memory",
        "/sys/devices/system/cpu",
        "/sys/fs/cgroup",
        "/sys/kernel/mm/transparent_hugepage",
        "/dev/urandom",
    ] {
        needs.read(place);
    }
    needs.change("/proc/self/oom_score_adj");
}

fn no_tmp(error: io::Error) -> StartError {
    start_error(format!(
        "a folder for the temporary files of functions cannot be made in {}: {error}; set TMPDIR to a folder that \
         this user can write",
        std::env::temp_dir().display()
    ))
}
