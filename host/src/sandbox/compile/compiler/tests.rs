//! The host's side, with a script in the place of the compiler.

use super::*;
use crate::deployer::{InitOutcome, StoredComponents};
use crate::domain::samples;
use crate::invoker::Gate;
use crate::sandbox::compile::compiling::{Compilation, Compile};
use crate::sandbox::compile::derivation::{Derivation, Imported, Interpreter};
use crate::storage::{Content, ContentFiles, DataDir, PACKAGES_FOLDER};

const MB: u64 = 1_000_000;

/// Compiles whatever it is given, when it is let to.
struct Script {
    begun: Semaphore,
    gate: Semaphore,
}

struct Scripted(Arc<Script>);

impl Compile for Scripted {
    fn check(&self, _wasm: Bytes, _meter: Meter) -> Step<'_, Box<dyn Compilation>> {
        let script = Arc::clone(&self.0);
        Box::pin(async move { Ok(Box::new(Scripted(script)) as Box<dyn Compilation>) })
    }

    fn derive(&self, _: Derivation, _: Bytes, _: Meter) -> Step<'_, compiling::Code> {
        Box::pin(async { Err(failed("It is a script.").into()) })
    }

    fn import<'a>(
        &'a self,
        _account: &'a Account,
        _version: &'a Version,
        _interpreter: Interpreter,
        _package: Bytes,
        _meter: Meter,
    ) -> Step<'a, Imported> {
        Box::pin(async { Ok(Initialized::impossible("It is a script.").into()) })
    }

    fn initialize<'a>(
        &'a self,
        _account: &'a Account,
        _version: &'a Version,
        _wasm: Bytes,
        _meter: Meter,
    ) -> Step<'a, Initialized> {
        Box::pin(async { Ok(Initialized::impossible("It is a script.")) })
    }
}

impl Compilation for Scripted {
    fn artifact(&mut self, _meter: Meter) -> Step<'_, compiling::Code> {
        Box::pin(async {
            self.0.begun.add_permits(1);
            self.0.gate.acquire().await.expect("open").forget();
            Ok(Box::new(io::Cursor::new(b"compiled")) as compiling::Code)
        })
    }
}

/// A compiler, with what is stored beside what it makes.
struct Bench {
    script: Arc<Script>,
    compiler: Arc<Compiler>,
    packages: Arc<dyn Content>,
    _folder: tempfile::TempDir,
}

impl Bench {
    /// In a data directory that may take so much.
    fn within(bytes: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data_dir = DataDir::within(folder.path(), Some(bytes), u64::MAX);
        let data_dir = data_dir.expect("a data directory");
        let packages = ContentFiles::in_dir(&data_dir, PACKAGES_FOLDER).expect("packages");
        let script = Arc::new(Script {
            begun: Semaphore::new(0),
            gate: Semaphore::new(0),
        });
        let compiler = Compiler {
            compile: Box::new(Scripted(Arc::clone(&script))),
            engine_key: "script".into(),
            artifacts: Arc::new(ArtifactStore::in_dir(&data_dir).expect("artifacts")),
            trusts_artifacts: false,
            queues: Queues::default(),
            waiting: Arc::new(Semaphore::new(1_000)),
            interpreters: Interpreters::new(Runtimes::default()),
        };
        Self {
            script,
            compiler: Arc::new(compiler),
            packages: Arc::new(packages),
            _folder: folder,
        }
    }

    /// Has a component of so many bytes checked, and compiled when its turn comes.
    async fn compile(&self, name: &str, bytes: u64) -> tokio::task::JoinHandle<()> {
        let mut wasm = name.as_bytes().to_owned();
        wasm.resize(usize::try_from(bytes).expect("it fits"), 0);
        let digest = Digest::of(&wasm);
        let code = Code {
            package: digest,
            package_bytes: bytes,
            component: digest,
            reuse: 0,
            interpreter: None,
        };
        let lane = Lane {
            owner: "somebody".into(),
            name: name.into(),
        };
        let accepted = self.compiler.accept(&lane, &code, wasm.into()).await;
        let accepted = accepted.expect("accepted");
        let source = Arc::new(StoredComponents(Arc::clone(&self.packages)));
        let compiler = Arc::clone(&self.compiler);
        tokio::spawn(async move {
            let finished = compiler.finish(accepted, source).await;
            finished.expect("compiled");
        })
    }

    /// Whether there is room for another package, and for what is compiled of it.
    async fn has_room(&self, bytes: u64, beside: u64) -> bool {
        let package = Some((Digest::of(b"another"), bytes));
        self.packages.room(package, beside).await.is_ok()
    }
}

#[tokio::test]
async fn room_on_disk_is_kept_for_what_is_compiled_and_not_for_what_waits_for_its_turn() {
    let bench = Bench::within(20 * MB);
    let at_once = limits::COMPILE_LEVELS[0].0;
    let mut compiling = Vec::new();
    for number in 0..2 * at_once {
        // So small that each is expected to be done on the first level.
        let name = format!("function-{number}");
        compiling.push(bench.compile(&name, 4 * MB / 10).await);
    }
    let begun = u32::try_from(at_once).expect("a few");
    let begun = bench.script.begun.acquire_many(begun).await;
    begun.expect("open").forget();
    // 8 MB are set aside, and twice its size is kept for each of three.
    assert!(bench.has_room(4 * MB, 4 * MB).await);
    assert!(!bench.has_room(5 * MB, 5 * MB).await);

    bench.script.gate.add_permits(compiling.len());
    for compiling in compiling {
        compiling.await.expect("compiled");
    }
    assert!(bench.has_room(5 * MB, 5 * MB).await);
}

#[tokio::test]
async fn what_has_no_room_for_what_it_may_come_to_is_compiled_nevertheless() {
    let bench = Bench::within(20 * MB);
    bench.script.gate.add_permits(1);
    let compiling = bench.compile("large", 10 * MB).await;
    compiling.await.expect("compiled");
}

/// Where the account runs as much as it may, an initialization waits without a place, and not forever.
#[tokio::test(start_paused = true)]
async fn an_initialization_counts_to_what_its_account_runs_at_once() {
    let bench = Bench::within(20 * MB);
    let wasm = Bytes::from_static(b"\0asm1");
    let digest = Digest::of(&wasm);
    bench.packages.put(digest, wasm).await.expect("stored");
    let code = Code {
        package: digest,
        package_bytes: 5,
        component: digest,
        reuse: 0,
        interpreter: None,
    };
    let version = Version {
        code,
        ..samples::version("greet")
    };
    let (gate, concurrency) = (Gate::new(1), Concurrency::default());
    concurrency.count_at(gate.clone());
    let reason = async || {
        let account = (&Account::default(), &concurrency);
        let lane = Lane {
            owner: "somebody".into(),
            name: "greet".into(),
        };
        let source = Arc::new(StoredComponents(Arc::clone(&bench.packages)));
        let initialized = bench.compiler.initialize(account, &lane, &version, source);
        match initialized.await.expect("initialized").outcome {
            InitOutcome::Impossible(reason) => reason,
            other => panic!("{other:?}"),
        }
    };
    let call = gate.enter().expect("there is room");
    let refused = reason().await;
    assert!(refused.contains("as many functions at once"), "{refused}");
    drop(call);
    assert_eq!(reason().await, "It is a script.");
    assert!(gate.enter().is_ok(), "it has given back what it took");
}
