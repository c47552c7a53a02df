//! A deployer over a compiler that follows a script.

use crate::domain::FunctionRecord;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Semaphore;

use super::super::*;
use crate::catalog::in_tests::CAUSE;
use crate::catalog::in_tests::wait;
use crate::catalog::{Journal, MemoryJournal, SqliteJournal};
use crate::domain::samples;
use crate::storage::{ContentFiles, DataDir, MemoryContent, MemoryLeases};

/// Does what the "wasm" says: `bad` is not accepted, `fails` and `panics` do so while they compile, with
/// `no-compiler` and `no-disk` the host fails before and after that, and what contains `slow` waits for a permit: to be accepted (`slow-check`), or to be finished.
pub(super) struct Script {
    pub(super) gate: Semaphore,
    pub(super) checks_begun: Semaphore,
    /// So many checks from now on panic.
    pub(super) check_panics: AtomicU32,
    finished: Mutex<Vec<Digest>>,
    forgotten: Mutex<Vec<Digest>>,
    /// One for each time that something was forgotten.
    pub(super) forgets: Semaphore,
    /// What was initialized, by its script.
    pub(super) initialized: Mutex<Vec<String>>,
    pub(super) loaded: Mutex<Vec<Digest>>,
}

impl Script {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            gate: Semaphore::new(0),
            checks_begun: Semaphore::new(0),
            check_panics: AtomicU32::new(0),
            finished: Mutex::default(),
            forgotten: Mutex::default(),
            forgets: Semaphore::new(0),
            initialized: Mutex::default(),
            loaded: Mutex::default(),
        })
    }

    pub(super) async fn wait_if(&self, waits: bool) {
        if waits {
            self.gate.acquire().await.expect("open").forget();
        }
    }

    pub(super) fn has_finished(&self, code: &str) -> bool {
        let digest = Digest::of(&wasm(code));
        self.finished.lock().expect("a lock").contains(&digest)
    }

    pub(super) fn has_forgotten(&self, code: &str) -> bool {
        let digest = Digest::of(&wasm(code));
        self.forgotten.lock().expect("a lock").contains(&digest)
    }
}

impl CompileGuest for Script {
    type Accepted = (Digest, String);

    async fn accept(
        &self,
        _lane: &Lane,
        code: &Code,
        wasm: Bytes,
    ) -> Result<Self::Accepted, Rejection> {
        let component = code.component;
        assert_eq!(Digest::of(&wasm), component);
        let script = String::from_utf8_lossy(&wasm[4..]).into_owned();
        self.checks_begun.add_permits(1);
        let fewer = |left: u32| left.checked_sub(1);
        let panics = self
            .check_panics
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer);
        assert!(panics.is_err(), "as the test says");
        self.wait_if(script.contains("slow-check")).await;
        if script.contains("no-compiler") {
            return Err(Rejection::of_host("/opt/compiler is gone"));
        }
        match script.contains("bad") {
            true => Err(Rejection::of_code("It imports what nobody has.")),
            false => Ok((component, script)),
        }
    }

    async fn finish(
        &self,
        (component, script): Self::Accepted,
        _source: Arc<dyn ComponentSource>,
    ) -> Result<(), Rejection> {
        self.wait_if(script.contains("slow")).await;
        assert!(!script.contains("panics"), "as the script says");
        if script.contains("fails") {
            return Err(Rejection::of_code("It cannot be compiled."));
        }
        if script.contains("no-disk") {
            return Err(Rejection::of_host("/data is full"));
        }
        self.finished.lock().expect("a lock").push(component);
        Ok(())
    }

    /// `no-snapshot` cannot be initialized, `init-breaks` fails in it, and `late-init` waits for a permit.
    async fn initialize(
        &self,
        _lane: &Lane,
        version: &Arc<Version>,
        source: Arc<dyn ComponentSource>,
    ) -> Result<Initialized, Rejection> {
        let component = source.component(&version.code).await;
        let component = component.map_err(|error| Rejection::of_host(error.to_string()))?;
        let script = String::from_utf8_lossy(&component[4..]).into_owned();
        self.initialized
            .lock()
            .expect("a lock")
            .push(script.clone());
        self.wait_if(script.contains("late-init")).await;
        let outcome = if script.contains("no-snapshot") {
            InitOutcome::Impossible("It changes tables.".into())
        } else if script.contains("init-breaks") {
            InitOutcome::Failed(InitFailure {
                cause: InitCause::Failed,
                reason: "NoTable: it is empty".into(),
            })
        } else {
            InitOutcome::Taken(wasm(&format!("image of {script}")))
        };
        Ok(Initialized {
            outcome,
            ..Initialized::impossible("")
        })
    }

    async fn load(&self, version: &Version) -> Result<(), Rejection> {
        let component = version.image().component;
        self.loaded.lock().expect("a lock").push(component);
        Ok(())
    }

    fn interpreter(&self, _: Language) -> Result<Digest, Rejection> {
        Err(Rejection::of_code("there is no interpreter"))
    }

    fn forget(&self, component: Digest) {
        self.forgotten.lock().expect("a lock").push(component);
        self.forgets.add_permits(1);
    }

    fn figures(&self) -> DeployFigures {
        DeployFigures::default()
    }
}

pub(super) struct Host {
    pub(super) deployer: Arc<Deployer<Script>>,
    pub(super) script: Arc<Script>,
    pub(super) packages: Arc<dyn Content>,
}

impl Host {
    pub(super) async fn ephemeral() -> Self {
        let journal = Arc::new(MemoryJournal::default());
        Self::assemble(journal, Arc::new(MemoryContent::default())).await
    }

    /// Hosts of these accounts that share all their stores.
    pub(super) async fn sharing<const N: usize>(accounts: [Account; N]) -> [Self; N] {
        let (journal, packages) = (
            Arc::new(MemoryJournal::default()),
            Arc::new(MemoryContent::default()),
        );
        let leases = Arc::new(MemoryLeases::default());
        let mut hosts = Vec::new();
        for account in accounts {
            let stores = (
                Arc::clone(&journal) as Arc<dyn Journal>,
                Arc::clone(&packages) as Arc<dyn Content>,
                Arc::clone(&leases) as Arc<dyn Leases>,
            );
            hosts.push(Self::of(account, stores).await);
        }
        hosts.try_into().ok().expect("as many hosts as accounts")
    }

    /// As a data directory is opened: see `app`.
    pub(super) async fn on_disk(path: &std::path::Path) -> Self {
        let data_dir = DataDir::open(path).expect("a data directory");
        let packages = ContentFiles::in_dir(&data_dir, "packages").expect("packages");
        if !SqliteJournal::exists(&data_dir).expect("looked") {
            packages.keep_orphans().expect("marked");
        }
        let account = Account::default().owner();
        let journal = SqliteJournal::open(&data_dir, &account).expect("a journal");
        Self::assemble(Arc::new(journal), Arc::new(packages)).await
    }

    async fn assemble(journal: Arc<dyn Journal>, packages: Arc<dyn Content>) -> Self {
        let leases = Arc::new(MemoryLeases::default());
        Self::of(Account::default(), (journal, packages, leases)).await
    }

    pub(super) async fn of(
        account: Account,
        (journal, packages, leases): (Arc<dyn Journal>, Arc<dyn Content>, Arc<dyn Leases>),
    ) -> Self {
        let catalog = Catalog::open(journal, &account.owner()).await;
        let script = Script::new();
        let deployer = Arc::new(Deployer::new(
            account,
            Arc::new(catalog.expect("a catalog")),
            Arc::clone(&packages),
            leases,
            Arc::clone(&script),
        ));
        Self {
            deployer,
            script,
            packages,
        }
    }

    /// Stores a package that no function has.
    pub(super) fn store(&self, code: &str) {
        let package = wasm(code);
        wait(self.packages.put(Digest::of(&package), package)).expect("stored");
    }

    pub(super) async fn create(&self, code: &str) -> Result<Arc<Version>, Refusal> {
        self.deployer
            .by(CAUSE.clone())
            .create(new_function(code))
            .await
    }

    pub(super) async fn update(&self, code: &str) -> Result<Arc<Version>, Refusal> {
        self.deployer
            .by(CAUSE.clone())
            .update_code(&name(), code_change(code))
            .await
    }

    pub(super) async fn settled(&self) -> Arc<Version> {
        self.deployer.settled(&name()).await.expect("settled")
    }

    /// Waits until `code` is removed, which callers are not made to wait for.
    pub(super) async fn gone(&self, code: &str) {
        let mut changes = self.deployer.pipeline.changes.subscribe();
        while self.stores(code) || !self.script.has_forgotten(code) {
            changes.changed().await.expect("a change");
        }
    }

    pub(super) fn record(&self) -> Arc<FunctionRecord> {
        self.deployer.catalog().get(&name()).expect("a function")
    }

    pub(super) fn runs(&self) -> Option<Code> {
        let record = self.record();
        record.running.as_ref().map(|version| version.code.clone())
    }

    pub(super) fn stores(&self, code: &str) -> bool {
        let package = wait(self.packages.get(Digest::of(&wasm(code))));
        package.expect("read").is_some()
    }
}

pub(super) fn name() -> FunctionName {
    FunctionName::parse("greet").expect("a name")
}

pub(super) fn arn() -> crate::domain::FunctionArn {
    Account::default().function_arn(&name(), None)
}

pub(super) fn wasm(code: &str) -> Bytes {
    format!("\0asm{code}").into()
}

pub(super) fn code(text: &str) -> Code {
    let wasm = wasm(text);
    Code {
        package: Digest::of(&wasm),
        package_bytes: wasm.len() as u64,
        component: Digest::of(&wasm),
        reuse: 0,
        interpreter: None,
    }
}

pub(super) fn new_function(code: &str) -> NewFunction {
    NewFunction {
        name: name(),
        settings: samples::settings(),
        package: wasm(code),
        tags: BTreeMap::new(),
        publish: false,
        sender: None,
    }
}

pub(super) fn code_change(code: &str) -> CodeChange {
    CodeChange {
        package: wasm(code),
        architecture: None,
        dry_run: false,
        publish: false,
        expected_revision: None,
        sender: None,
    }
}
