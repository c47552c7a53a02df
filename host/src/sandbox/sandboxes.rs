//! Where everything of the sandbox is put together, and what the rest of the host sees of it.

mod interpreters;

use std::sync::{Arc, Weak};

use bytes::Bytes;

use super::compile::compiler::{Accepted, Compiler, CompilerConfig};
use super::compile::isolation::CompileIsolation;
use super::engine::concurrency::Concurrency;
use super::engine::engines;
use super::engine::slots::Slots;
use super::engine::ticker::Ticker;
use super::guest::sandbox::Sandbox;
use super::keep::idle::IdleSandboxes;
use super::keep::prepare::{Preparer, Turns};
use super::keep::shelf::Shelves;
use super::keep::spare::Spare;
use super::load::interpreters::LoadedInterpreters;
use super::load::loaded_functions::LoadedFunctions;
use super::load::loader::Loader;
use super::load::maker::{Maker, gone, load_artifact};
use super::load::packages::Packages;
use super::memory::bound::Bound;
use super::memory::host_memory::HostMemory;
use super::reach::embedder::interfaces::Interfaces;
use super::reach::files::HostFiles;
use super::reach::grants::Grants;
use super::reach::guest_state::Hosts;
use super::reach::linker::linker;
use super::reach::outbound::Network;
use super::run::long_runners::LongRunners;
use super::run::runner::Runner;
use crate::deployer::{CompileGuest, ComponentSource, DeployFigures, Initialized, Lane, Rejection};
use crate::domain::language::Language;
use crate::domain::{
    Account, AccountId, Code, Digest, FunctionName, HostFolder, HostSecret, Invocation, Report,
    Version,
};
use crate::invoker::{
    Admission, Gate, GuestMemory, HostFailure, How, PrepareFailure, PrepareGuest, RunGuest,
};
use crate::limits;
use crate::package::Precompiled;
use crate::runtimes::Runtimes;
use crate::storage::{ArtifactStore, TmpFolders};

/// Compiles functions and runs each invocation in a sandbox of its own.
///
/// Two kinds of functions are different, both by the word of their owner: of one with provisioned
/// concurrency, sandboxes are instantiated ahead; of one that opts in to reuse, a sandbox that has served
/// an invocation serves the next one of the same version and tenant.
pub struct Sandboxes {
    pub(super) runner: Runner,
    /// What waits of these, and of those of other accounts.
    spare: Spare,
    grants: Arc<AllGrants>,
}

/// What waits for an account's functions, and how it is made ready.
struct Kept {
    idle: Arc<IdleSandboxes>,
    shelves: Arc<Shelves<Sandbox>>,
    spare: Spare,
    turns: Turns,
}

/// What the host's owner has named for the functions of all accounts.
struct AllGrants {
    /// Whose what names no account is.
    own: AccountId,
    folders: Vec<HostFolder>,
    secrets: Vec<HostSecret>,
}

/// What sandboxes are made of.
pub struct SandboxesConfig {
    /// What guests are told about where they run.
    pub account: Account,
    /// Guests that may run at once.
    pub concurrency_max: u32,
    /// Where components are compiled.
    pub isolation: CompileIsolation,
    /// What guests may import besides what every host provides.
    pub interfaces: Interfaces,
    /// Whether code that was compiled elsewhere is taken in.
    pub trusts_artifacts: bool,
    /// The interpreters that there are for sources.
    pub runtimes: Runtimes,
    /// Where compiled code is kept.
    pub artifacts: Arc<ArtifactStore>,
    /// Where components come from whose artifact is missing.
    pub components: Arc<dyn ComponentSource>,
    /// Whether guests may send HTTP requests to everybody, and it is noted what they would need.
    pub learn_http: bool,
    /// Has the allocator give back what it keeps for the calling thread.
    pub give_back_memory: Option<fn()>,
    /// Where guests have their `/tmp`.
    pub tmp: TmpFolders,
    /// What the data directory may take of memory, in bytes.
    pub data_memory_bytes: u64,
    /// Folders of this machine that functions may ask for.
    pub folders: Vec<HostFolder>,
    /// Secrets that functions may refer to.
    pub secrets: Vec<HostSecret>,
}

/// The engine could not be started; the text says why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(String);

impl Sandboxes {
    /// Starts the engine: reserves the address space of the sandboxes, starts the clock.
    ///
    /// # Errors
    /// When the system refuses memory or threads, or a folder or a secret is not there.
    pub fn start(config: SandboxesConfig) -> Result<Self, EngineError> {
        let failed = |error: &dyn std::fmt::Display| {
            EngineError(format!("the engine could not be started: {error}"))
        };
        let all_grants = AllGrants {
            own: config.account.owner(),
            folders: config.folders,
            secrets: config.secrets,
        };
        let grants = Arc::new(all_grants.of(&all_grants.own).map_err(EngineError)?);
        let slots = config
            .concurrency_max
            .saturating_add(limits::SANDBOXES_SPARE);
        #[cfg(feature = "measure")]
        let slots = super::engine::slots::at_most(slots);
        let (engine, space) = engines::running(slots).map_err(|error| failed(&error))?;
        let engine_key = engines::key(space);
        let artifacts = config.artifacts;
        // Without a compiler, what another engine left could not be made again.
        if cfg!(feature = "compiler") {
            artifacts
                .retain_engine(&engine_key)
                .map_err(|error| failed(&error))?;
        }
        let linker = linker(&engine, &config.interfaces).map_err(|error| failed(&error))?;
        let compiler = Compiler::new(CompilerConfig {
            isolation: config.isolation,
            space,
            interfaces: config.interfaces,
            engine_key: engine_key.clone(),
            artifacts: Arc::clone(&artifacts),
            trusts_artifacts: config.trusts_artifacts,
            runtimes: config.runtimes,
        });
        let long_runners = LongRunners::start().map_err(|error| failed(&error))?;
        let long_runners = Arc::new(long_runners);
        let elsewhere = long_runners.handle().clone();
        let idle = Arc::new(IdleSandboxes::new(elsewhere.clone()));
        let shelves = Arc::new(Shelves::default());
        let network = Arc::new(Network::new(config.learn_http, elsewhere.clone()));
        let spare = Spare::default();
        spare.add(&idle, &shelves);
        let give_way = {
            let spare = spare.clone();
            move || spare.give_way()
        };
        let give_back = LongRunners::each(&long_runners, config.give_back_memory);
        let kept = engines::kept_bytes(slots, space);
        let bound = Bound::of_this_process().without_data(config.data_memory_bytes);
        let (bound, tmp_memory) = set_aside(bound, kept, config.tmp.are_in_memory());
        let files = HostFiles::new(config.tmp, tmp_memory, elsewhere.clone(), give_way.clone());
        tracing::info!("the memory of all functions together is bounded to {bound}");
        let interpreters = Arc::<LoadedInterpreters>::default();
        let loaded = Arc::new(LoadedFunctions::on(Arc::clone(&interpreters)));
        let in_use: Weak<LoadedFunctions> = Arc::downgrade(&loaded);
        artifacts.give_way_but_for(in_use);
        let maker = Arc::new(Maker {
            hosts: Arc::new(Hosts {
                environment: config.account,
                files: Some(files),
                outbound: Some(Arc::clone(&network)),
                ..Hosts::default()
            }),
            network,
            grants,
            compiler: Arc::new(compiler),
            packages: Packages::new(Arc::clone(&config.components), elsewhere),
            components: config.components,
            loaded,
            slots: Arc::new(Slots::new(slots, give_way.clone())),
            host_memory: Arc::new(HostMemory::new(bound, give_way, give_back)),
            concurrency: Concurrency::default(),
            ticker: Arc::new(Ticker::start(&engine).map_err(|error| failed(&error))?),
            loader: Arc::new(Loader {
                linker,
                engine,
                engine_key,
                artifacts,
                interpreters,
            }),
        });
        let cores = std::thread::available_parallelism().map_err(|error| failed(&error))?;
        let kept = Kept {
            idle,
            shelves,
            spare,
            turns: Turns::of(cores.get()),
        };
        Ok(Self::of(maker, kept, long_runners, Arc::new(all_grants)))
    }

    fn of(
        maker: Arc<Maker>,
        kept: Kept,
        long_runners: Arc<LongRunners>,
        grants: Arc<AllGrants>,
    ) -> Self {
        let preparer = Preparer {
            maker: Arc::clone(&maker),
            shelves: kept.shelves,
            turns: kept.turns,
            elsewhere: long_runners.handle().clone(),
        };
        let runner = Runner {
            maker,
            idle: kept.idle,
            preparer,
            long_runners,
        };
        Self {
            runner,
            spare: kept.spare,
            grants,
        }
    }

    /// Sandboxes of the functions of another account, on the same engine and within the same bounds. None of what
    /// waits for one account's functions is within reach of another's: neither sandboxes nor connections, folders nor
    /// secrets.
    ///
    /// # Errors
    /// Where a folder or a secret of that account is not there.
    pub fn for_account(&self, account: Account) -> Result<Self, EngineError> {
        let grants = self.grants.of(&account.owner());
        let grants = Arc::new(grants.map_err(EngineError)?);
        let Runner {
            maker,
            preparer,
            long_runners,
            ..
        } = &self.runner;
        let idle = Arc::new(IdleSandboxes::new(long_runners.handle().clone()));
        let shelves = Arc::new(Shelves::default());
        self.spare.add(&idle, &shelves);
        let network = Arc::new(maker.network.beside(long_runners.handle().clone()));
        let maker = Arc::new(Maker {
            hosts: Arc::new(Hosts {
                environment: account,
                outbound: Some(Arc::clone(&network)),
                files: maker.hosts.files.clone(),
                // What is not named here, accounts do not share.
                ..Hosts::default()
            }),
            network,
            grants,
            concurrency: Concurrency::default(),
            ..Maker::clone(maker)
        });
        let kept = Kept {
            idle,
            shelves,
            spare: self.spare.clone(),
            turns: preparer.turns.clone(),
        };
        let (long_runners, grants) = (Arc::clone(long_runners), Arc::clone(&self.grants));
        Ok(Self::of(maker, kept, long_runners, grants))
    }

    /// Has initializations count like invocations, at the account's `gate`. The first gate stays.
    pub fn count_initializations_at(&self, gate: Gate) {
        self.maker().concurrency.count_at(gate);
    }

    fn maker(&self) -> &Maker {
        &self.runner.maker
    }

    /// Whether there is compiled code that fits this host.
    async fn can_run(&self, code: &Code) -> bool {
        let Maker { loaded, loader, .. } = self.maker();
        loaded.get(code.component).is_some()
            || matches!(load_artifact(loader, code).await, Ok(Some(_)))
    }

    /// Removes what is left of `/tmp` of the guests of all accounts, whoever still holds this: none runs any more. Blocks.
    pub fn remove_tmp(&self) {
        if let Some(files) = &self.maker().hosts.files {
            files.remove_tmp();
        }
    }

    /// The rules for HTTP requests that functions need, by function, as far as they were learned.
    pub fn learned_http(&self) -> Vec<(FunctionName, Vec<String>)> {
        self.maker().network.learned()
    }
}

impl CompileGuest for Sandboxes {
    type Accepted = Accepted;

    /// What this host has compiled and can run needs neither: another function has the same code, or had
    /// it a moment ago. Compiled code that is handed in is not compared with what is there, since whether
    /// it is taken in may have changed.
    async fn accept(&self, lane: &Lane, code: &Code, wasm: Bytes) -> Result<Accepted, Rejection> {
        if !Precompiled::is_one(&wasm) && self.can_run(code).await {
            return Ok(Accepted::known(lane, code));
        }
        self.maker().compiler.accept(lane, code, wasm).await
    }

    /// An artifact counts when it has been loaded once, by the engine that will run it: what does not
    /// fit a sandbox is told to the person who deploys and not to those who call.
    async fn finish(
        &self,
        accepted: Accepted,
        source: Arc<dyn ComponentSource>,
    ) -> Result<(), Rejection> {
        if accepted.is_known() {
            return Ok(());
        }
        let code = accepted.code().clone();
        self.maker().compiler.finish(accepted, source).await?;
        load_artifact(&self.maker().loader, &code)
            .await?
            .map(drop)
            .ok_or_else(gone)
    }

    async fn initialize(
        &self,
        lane: &Lane,
        version: &Arc<Version>,
        source: Arc<dyn ComponentSource>,
    ) -> Result<Initialized, Rejection> {
        let Maker {
            compiler,
            hosts,
            concurrency,
            ..
        } = self.maker();
        let account = (&hosts.environment, concurrency);
        let initialized = compiler.initialize(account, lane, version, source);
        initialized.await
    }

    async fn load(&self, version: &Version) -> Result<(), Rejection> {
        let image = version.image();
        let loaded = load_artifact(&self.maker().loader, image).await?;
        let loaded = loaded.ok_or_else(gone)?;
        self.maker().loaded.put(image.component, loaded).await;
        Ok(())
    }

    fn interpreter(&self, language: Language) -> Result<Digest, Rejection> {
        self.maker().compiler.interpreter(language)
    }

    fn forget(&self, component: Digest) {
        if self.maker().compiler.is_interpreter(component) {
            return;
        }
        self.spare.forget(component);
        self.maker().loaded.remove(component);
        if let Err(error) = self.maker().loader.artifacts.remove(component) {
            tracing::warn!(%component, %error, "compiled code that nothing uses could not be removed");
        }
    }

    fn figures(&self) -> DeployFigures {
        self.maker().compiler.figures()
    }
}

impl RunGuest for Sandboxes {
    fn run(
        &self,
        version: Arc<Version>,
        invocation: Arc<Invocation>,
        how: How,
        admission: Admission,
    ) -> impl Future<Output = Result<Report, HostFailure>> + Send {
        self.runner.run(version, invocation, how, admission)
    }

    fn memory(&self) -> GuestMemory {
        let memory = &self.maker().host_memory;
        GuestMemory {
            held_bytes: memory.held_bytes(),
            limit_bytes: memory.bound().bytes,
            left_bytes: memory.bound().left_bytes(),
        }
    }
}

impl PrepareGuest for Sandboxes {
    async fn prepare(&self, version: &Arc<Version>, count: u32) -> Result<(), PrepareFailure> {
        self.runner.preparer.prepare(version, count).await
    }

    fn waiting(&self, version: &Version) -> u32 {
        self.runner.preparer.waiting(version)
    }
}

impl AllGrants {
    fn of(&self, account: &AccountId) -> Result<Grants, String> {
        let is_theirs = |named: &Option<AccountId>| named.as_ref().unwrap_or(&self.own) == account;
        let folders = self.folders.iter();
        let secrets = self.secrets.iter();
        Grants::open(
            folders.filter(|folder| is_theirs(&folder.account)),
            secrets.filter(|secret| is_theirs(&secret.account)),
        )
    }
}

/// What of memory a data directory may take that lies there, in bytes.
#[cfg(feature = "storage")]
pub(crate) fn data_memory_bytes_max() -> u64 {
    Bound::of_this_process().for_data()
}

/// What all guests may hold, without what their slots keep, and without what `/tmp` may take of memory, which is the
/// second, where it is in memory.
fn set_aside(bound: Bound, kept_bytes: u64, tmp_is_memory: bool) -> (Bound, Option<u64>) {
    let (bound, tmp) = bound.set_aside(kept_bytes, tmp_is_memory);
    if let Some(bytes) = tmp {
        tracing::info!(
            bytes,
            "/tmp of functions lies in memory, of which so much is set aside for it; another folder in TMPDIR, or \
             a data directory on a disk, leaves functions that"
        );
    }
    (bound, tmp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Environment, GrantName, SecretSource, SecretValue, samples};

    #[test]
    fn what_is_named_for_an_account_is_granted_to_no_other() {
        let [own, other, third] =
            ["123456789012", "210987654321", "555555555555"].map(AccountId::from);
        let secret = |account: Option<&AccountId>, name: &str| HostSecret {
            account: account.cloned(),
            function: None,
            name: GrantName::parse(name).expect("a name"),
            source: SecretSource::Value(SecretValue::new(format!("the secret {name}"))),
        };
        let all = AllGrants {
            own: own.clone(),
            folders: Vec::new(),
            secrets: vec![
                secret(None, "own"),
                secret(Some(&own), "own-too"),
                secret(Some(&other), "others"),
            ],
        };
        let is_granted = |account: &AccountId, name: &str| {
            let mut version = samples::version("f");
            let reference = format!("{{{{secret:{name}}}}}");
            version.settings.environment =
                Some(Environment([("KEY".to_owned(), reference)].into()));
            let grants = all.of(account).expect("grants");
            let granted = grants.of(&version);
            granted
                .is_ok_and(|granted| granted.is_some_and(|granted| granted.secret("KEY").is_some()))
        };
        for (account, name, expected) in [
            (&own, "own", true),
            (&own, "own-too", true),
            (&own, "others", false),
            (&other, "others", true),
            (&other, "own", false),
            (&third, "own", false),
            (&third, "others", false),
        ] {
            assert_eq!(is_granted(account, name), expected, "{account} {name}");
        }
    }
}
