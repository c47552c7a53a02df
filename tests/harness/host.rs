//! The product as a library, in this process, on a real socket.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use sparkler::internals::{Parts as _, State, Version};
use sparkler::{
    CompileIsolation, CompileLimits, EventsConfig, FunctionName, Host, HostConfig, Storage,
};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::http::Reply;
use crate::lambda::{Lambda, NewFunction};
use crate::server;

/// A host without state on a free loopback port, stopped when it is dropped.
pub struct TestHost {
    lambda: Lambda,
    host: Host,
    runtime: Runtime,
    serving: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl TestHost {
    /// A host of one's own.
    #[track_caller]
    pub fn start() -> Self {
        Self::compiling_within(CompileLimits::default())
    }

    /// A host of one's own whose compiler may use so much.
    #[track_caller]
    pub fn compiling_within(limits: CompileLimits) -> Self {
        Self::of(config(limits))
    }

    /// A host of one's own that treats asynchronous events in this way.
    #[track_caller]
    pub fn with_events(events: EventsConfig) -> Self {
        Self::of(HostConfig {
            events,
            ..config(CompileLimits::default())
        })
    }

    /// A host of one's own, configured by `change`.
    #[track_caller]
    pub fn configured(change: impl FnOnce(&mut HostConfig)) -> Self {
        let mut config = config(CompileLimits::default());
        change(&mut config);
        Self::of(config)
    }

    /// A host of one's own that lets all HTTP requests out and notes which rules they need.
    #[track_caller]
    pub fn learning_http() -> Self {
        Self::configured(|config| config.learn_http = true)
    }

    #[track_caller]
    fn of(config: HostConfig) -> Self {
        let runtime = Runtime::new().expect("start a runtime");
        let (host, listener) = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await;
            (Host::start(config).await, listener)
        });
        let host = host.unwrap_or_else(|error| panic!("the host starts: {error}"));
        let listener = listener.expect("listen on a free port");
        let address = listener.local_addr().expect("the address of the listener");
        let (stop, stopped) = oneshot::channel();
        let serving = runtime.spawn({
            let host = host.clone();
            async move {
                let stopped = async { drop(stopped.await) };
                let served = host.serve(listener, stopped).await;
                served.expect("it serves");
            }
        });
        Self {
            lambda: Lambda { address },
            host,
            runtime,
            serving: Some((stop, serving)),
        }
    }

    /// The host that the tests of a suite share; they do not see each other, since each has functions
    /// of its own.
    #[track_caller]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<TestHost> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Its API.
    pub fn lambda(&self) -> Lambda {
        self.lambda
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.lambda.address
    }

    /// The library behind the socket.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Runs a future of the library.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// A function to deploy here, under a name that no other test uses.
    pub fn function(&self, package: impl Into<Vec<u8>>) -> Deploying<'_> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Deploying {
            host: self,
            new: NewFunction::new(format!("function-{count}"), package),
        }
    }

    /// A function with settings that suit most tests.
    #[track_caller]
    pub fn deploy(&self, package: impl Into<Vec<u8>>) -> Function<'_> {
        self.function(package).deploy()
    }

    /// Waits until a function is neither Pending nor being updated.
    #[track_caller]
    pub fn settled(&self, name: &str) -> Arc<Version> {
        let name = FunctionName::parse(name).expect("the name of a function");
        self.block_on(self.host.deployer().settled(&name))
            .unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
    }
}

impl Drop for TestHost {
    fn drop(&mut self) {
        if let Some((stop, serving)) = self.serving.take() {
            let _ = stop.send(());
            let _ = self.runtime.block_on(serving);
        }
    }
}

/// A host without state that compiles as the product does: in a limited process.
fn config(limits: CompileLimits) -> HostConfig {
    HostConfig {
        storage: Storage::Ephemeral,
        compile: CompileIsolation::Child {
            program: server::program().into(),
            arguments: vec!["compile-worker".into()],
            limits,
        },
        ..HostConfig::default()
    }
}

/// A function that is about to be deployed.
pub struct Deploying<'host> {
    host: &'host TestHost,
    new: NewFunction,
}

impl<'host> Deploying<'host> {
    /// Longest run.
    #[must_use]
    pub fn timeout_seconds(mut self, seconds: u32) -> Self {
        self.new.timeout_seconds = seconds;
        self
    }

    /// What its owner says that is to be run: a runtime and a handler.
    #[must_use]
    pub fn runs(mut self, runtime: &str, handler: &str) -> Self {
        self.new.runs = [runtime, handler].map(str::to_owned);
        self
    }

    /// Most memory.
    #[must_use]
    pub fn memory_mb(mut self, memory_mb: u32) -> Self {
        self.new.memory_mb = memory_mb;
        self
    }

    /// A variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.new.environment.insert(name.into(), value.into());
        self
    }

    /// Creates it and waits until it can be invoked.
    ///
    /// # Panics
    /// With the reason, where it cannot.
    #[track_caller]
    pub fn deploy(self) -> Function<'host> {
        let (host, name) = (self.host, self.new.name.clone());
        match self.attempt() {
            Ok(function) => function,
            Err(reason) => panic!("{name} on {} is not deployed: {reason}", host.address()),
        }
    }

    /// Creates it and waits until it can be invoked, or tells why it cannot: the text of the refusal,
    /// or the reason of the state `Failed`.
    #[track_caller]
    pub fn attempt(self) -> Result<Function<'host>, String> {
        let reply = self.host.lambda.create(&self.new);
        if reply.status != 201 {
            return Err(reply.text().to_owned());
        }
        let (host, name) = (self.host, self.new.name);
        match &host.settled(&name).state {
            State::Active => Ok(Function { host, name }),
            State::Failed { reason, .. } => Err(reason.clone()),
            State::Pending => Err("it is settled and still Pending".into()),
        }
    }
}

/// A function that can be invoked.
#[derive(Clone)]
pub struct Function<'host> {
    host: &'host TestHost,
    name: String,
}

impl Function<'_> {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Invokes it, with the log tail.
    #[track_caller]
    pub fn invoke(&self, payload: impl ToString) -> Reply {
        self.host.lambda.invoke(&self.name, payload.to_string())
    }
}
