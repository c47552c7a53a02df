//! The router as clients see it, with a guest that follows a script instead of running wasm.

mod aliases;
mod any_request;
mod audit;
mod configuration;
mod concurrency;
mod door;
mod events;
mod functions;
mod identity;
mod invocations;
mod left_behind;
mod logs;
mod neighbours;
mod resource_policies;
mod streams;
mod versions;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::routes::Routes;
use super::{
    Accounts, Api, DownloadKey, ExpectedAnswers, HostApi, HostNames, LogReads, RefusalLog,
    RequestCounts, TrustedProxies, router,
};
use crate::app::Stores;
use crate::catalog::Catalog;
use crate::deployer::{
    CompileGuest, ComponentSource, DeployFigures, Deployer, InitCause, InitFailure, InitOutcome,
    Initialized, Lane, PlaceFigures, Rejection,
};
use crate::domain::language::Language;
use crate::domain::quotas::CurrentQuotas;
use crate::domain::{
    Account, ClientContext, Code, Digest, FunctionError, FunctionName, Invocation, Outcome, Report,
    Version,
};
use crate::events::{Events, EventsConfig, EventsParts, RetryDelays, SystemClock};
use crate::identity::Identities;
use crate::invoker::{
    Admission, Gate, GuestMemory, HostFailure, How, Invoker, PrepareFailure, PrepareGuest,
    Provisioner, ResponseSink, RunGuest,
};
use crate::logs::LogKeeper;

const FUNCTIONS: &str = "/2015-03-31/functions";
const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function";

/// What tells which operation a request is for, as the door knows it.
static ROUTES: LazyLock<Routes> = LazyLock::new(Routes::new);

/// A guest that answers with what it was given; events that are a string say how it fails.
#[derive(Default)]
struct Script {
    /// What it saw, run by run, at all hosts.
    ran: watch::Sender<Vec<Value>>,
}

impl CompileGuest for Script {
    type Accepted = ();

    async fn accept(&self, _: &Lane, _: &Code, wasm: Bytes) -> Result<(), Rejection> {
        match wasm.ends_with(b"refuse me") {
            true => Err(Rejection::of_code("It imports what nobody has.")),
            false => Ok(()),
        }
    }

    async fn finish(&self, (): (), _: Arc<dyn ComponentSource>) -> Result<(), Rejection> {
        Ok(())
    }

    /// What is described as having no form of a snapshot has none.
    async fn initialize(
        &self,
        _: &Lane,
        version: &Arc<Version>,
        source: Arc<dyn ComponentSource>,
    ) -> Result<Initialized, Rejection> {
        let wasm = source.component(&version.code).await;
        let wasm = wasm.map_err(|error| Rejection::of_host(error.to_string()))?;
        let outcome = match version.settings.description.as_str() {
            "has no snapshot" => InitOutcome::Impossible("It changes tables.".into()),
            "fails while it is initialized" => InitOutcome::Failed(InitFailure {
                cause: InitCause::TimedOut,
                reason: "The initialization took longer than 130 seconds.".into(),
            }),
            _ => InitOutcome::Taken(Bytes::from([&wasm[..], b" image"].concat())),
        };
        Ok(Initialized {
            outcome,
            ..Initialized::impossible("")
        })
    }

    async fn load(&self, _: &Version) -> Result<(), Rejection> {
        Ok(())
    }

    fn interpreter(&self, _: Language) -> Result<Digest, Rejection> {
        Err(Rejection::of_code("there is no interpreter"))
    }

    fn forget(&self, _: Digest) {}

    fn figures(&self) -> DeployFigures {
        let figures = PlaceFigures {
            waiting: 3,
            served: 2,
            lost: 1,
        };
        DeployFigures {
            stages: vec![("compile", figures)],
            killed: 4,
        }
    }
}

impl RunGuest for Script {
    async fn run(
        &self,
        version: Arc<Version>,
        invocation: Arc<Invocation>,
        how: How,
        _admission: Admission,
    ) -> Result<Report, HostFailure> {
        let seen = seen(&version, &invocation);
        self.ran.send_modify(|ran| ran.push(seen.clone()));
        let outcome = match &invocation.payload.event().expect("an event")[..] {
            br#""stream until nobody reads""# => {
                let response = written_first(how);
                response.left().await;
                return Err(HostFailure::Panicked);
            }
            br#""stream and panic""# => {
                written_first(how);
                return Err(HostFailure::Panicked);
            }
            br#""time out""# => Outcome::Failed(FunctionError::TimedOut {
                timeout: version.settings.timeout(),
            }),
            br#""no capacity""# => return Err(HostFailure::NoCapacity),
            br#""panic""# => return Err(HostFailure::Panicked),
            _ => Outcome::Returned(seen.to_string().into()),
        };
        Ok(Report {
            log: "from the guest\n".into(),
            duration: Duration::from_millis(1),
            memory_bytes_peak: 1024 * 1024,
            ..Report::of(outcome)
        })
    }

    fn memory(&self) -> GuestMemory {
        GuestMemory {
            held_bytes: 1,
            limit_bytes: 2,
            left_bytes: 1,
        }
    }
}

/// Where a response is streamed to, to which its first piece was written.
fn written_first(how: How) -> ResponseSink {
    let response = how.response.expect("somebody reads along");
    response.push(b"first");
    response
}

impl PrepareGuest for Script {
    async fn prepare(&self, version: &Arc<Version>, _: u32) -> Result<(), PrepareFailure> {
        match version.settings.description.as_str() {
            "fails while it is set up" => {
                let timeout = version.settings.timeout();
                Err(PrepareFailure::Guest(FunctionError::TimedOut { timeout }))
            }
            _ => Ok(()),
        }
    }

    fn waiting(&self, _: &Version) -> u32 {
        1
    }
}

fn seen(version: &Version, invocation: &Invocation) -> Value {
    json!({
        "request_id": invocation.request_id.to_string(),
        "arn": invocation.target.text(),
        "version": version.id.to_string(),
        "event": String::from_utf8_lossy(&invocation.payload.event().expect("an event")),
        "trace": invocation.trace_id,
        "client_context": invocation.client_context.as_ref().map(ClientContext::text),
        "tenant": invocation.tenant_id,
    })
}

/// One host, or several that share what they keep: requests go to them in turn.
struct Host {
    doors: Vec<Door>,
    turn: AtomicUsize,
    deployer: Arc<Deployer<Script>>,
    /// What guests saw.
    ran: watch::Receiver<Vec<Value>>,
}

/// The way into one host.
struct Door {
    router: Router,
    catalog: Arc<Catalog>,
}

impl Door {
    async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.sent(request).await.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body
                .collect()
                .await
                .expect("the body is in memory")
                .to_bytes(),
        }
    }

    /// The answer as it comes, of a host that is asked under a name of its own, unless another is named.
    async fn sent(&self, mut request: Request<Body>) -> Response {
        let own = HeaderValue::from_static("localhost:9001");
        request.headers_mut().entry(HOST).or_insert(own);
        let response = self.router.clone().oneshot(request).await;
        response.expect("a router always answers")
    }
}

/// An answer that was read to its end.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap_or("not ASCII"))
    }

    /// Asserts that this is an error: its status, its name and its body.
    #[track_caller]
    fn assert_error(&self, status: u16, name: &str, body: &Value) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("x-amzn-errortype"), name);
        assert_eq!(&self.json(), body);
        assert_eq!(self.header("content-type"), "application/json");
        assert!(uuid::Uuid::parse_str(self.header("x-amzn-requestid")).is_ok());
    }
}

/// The host's own account, and those whose keys are known.
async fn accounts(
    stores: &Stores,
    guests: &Arc<Script>,
    logs: &Arc<LogKeeper>,
    identities: Option<Arc<Identities>>,
) -> Arc<Accounts<Script>> {
    let own = Account::default();
    let catalog = Catalog::open(Arc::clone(&stores.journal), &own.owner()).await;
    let catalog = catalog.expect("a catalog");
    let refusals = RefusalLog::start(catalog.audit_log());
    let secret = catalog.secret("downloads").await;
    let others = identities.as_ref().map(|known| known.accounts());
    let host = Arc::new(HostApi {
        engine: Digest([0; 32]),
        downloads: DownloadKey::new(secret.expect("a secret")),
        proxies: TrustedProxies::default(),
        identities,
        peers: Arc::default(),
        answers: ExpectedAnswers::default(),
        log_reads: LogReads::default(),
        refusals,
        requests: RequestCounts::default(),
        jail: Vec::new(),
        host_names: HostNames::default(),
        open_function_urls: false,
    });
    let parts = (Arc::clone(guests), Arc::clone(logs));
    let accounts = Accounts::of(api(stores.clone(), own.clone(), parts, Arc::clone(&host)).await);
    for id in others.into_iter().flatten().map(|(id, _)| id) {
        let account = Account {
            id: id.to_string(),
            region: own.region.clone(),
        };
        if account != own {
            let logs = Arc::new(LogKeeper::in_memory().expect("it starts"));
            let parts = (Arc::clone(guests), logs);
            accounts.add(api(stores.clone(), account, parts, Arc::clone(&host)).await);
        }
    }
    Arc::new(accounts)
}

async fn api(
    stores: Stores,
    account: Account,
    (guests, logs): (Arc<Script>, Arc<LogKeeper>),
    host: Arc<HostApi>,
) -> Api<Script> {
    let catalog = Catalog::open(stores.journal, &account.owner()).await;
    let catalog = Arc::new(catalog.expect("a catalog"));
    let deployer = Arc::new(Deployer::new(
        account.clone(),
        Arc::clone(&catalog),
        stores.content,
        stores.leases,
        Arc::clone(&guests),
    ));
    let provisioner = Provisioner::start(&catalog, Arc::clone(&guests));
    let invoker = Arc::new(Invoker::new(
        account.clone(),
        Arc::clone(&catalog),
        guests,
        Gate::new(10),
        Arc::clone(&logs),
    ));
    let events = Events::start(EventsParts {
        account: account.clone(),
        catalog: Arc::clone(&catalog),
        invoker: Arc::clone(&invoker),
        log: stores.events,
        concurrency_max: 10,
        config: EventsConfig {
            // A function that failed is tried again at once.
            retry_delays: RetryDelays([Duration::ZERO; 2]),
            ..EventsConfig::default()
        },
        clock: Arc::new(SystemClock::default()),
        quotas: CurrentQuotas::default(),
    });
    Api {
        account,
        catalog,
        invoker,
        events,
        deployer,
        logs,
        provisioner,
        host,
    }
}

fn zip_file(code: &str) -> String {
    BASE64_STANDARD.encode([b"\0asm", code.as_bytes()].concat())
}

impl Host {
    async fn start() -> Self {
        match neighbours::are_wanted() {
            true => Self::of(neighbours::stores(2)).await,
            false => Self::of(vec![Stores::in_memory()]).await,
        }
    }

    /// One host, for what each of several does for itself.
    async fn alone() -> Self {
        let stores = match neighbours::are_wanted() {
            true => neighbours::stores(1),
            false => vec![Stores::in_memory()],
        };
        Self::of(stores).await
    }

    /// A host on each of these stores.
    async fn of(all: Vec<Stores>) -> Self {
        Self::knowing(all, None).await
    }

    /// The same, where callers have to be one of these.
    async fn knowing(all: Vec<Stores>, known: Option<Arc<Identities>>) -> Self {
        let logs = Arc::new(LogKeeper::in_memory().expect("it starts"));
        let guests = Arc::new(Script::default());
        let mut apis: Vec<Arc<Accounts<Script>>> = Vec::new();
        for stores in all {
            // Logs are of one host each; whoever looks for a line here finds it at any of them.
            apis.push(accounts(&stores, &guests, &logs, known.clone()).await);
        }
        let deployer = Arc::clone(&apis[0].own().deployer);
        let doors = apis.into_iter().map(|accounts| Door {
            catalog: Arc::clone(&accounts.own().catalog),
            router: router(accounts),
        });
        Self {
            doors: doors.collect(),
            turn: AtomicUsize::new(0),
            deployer,
            ran: guests.ran.subscribe(),
        }
    }

    /// The host whose turn it is. What goes by what is shown there finds all that was answered anywhere.
    async fn next_door(&self, request: &Request<Body>) -> &Door {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let door = &self.doors[turn % self.doors.len()];
        let found = ROUTES.find(request.method(), request.uri(), request.headers());
        if !found.is_some_and(|(operation, _)| operation.reads_catalog()) {
            door.catalog.catch_up().await.expect("it is not far behind");
        }
        door
    }

    /// A host with a function of this name that can be invoked.
    async fn with_function(name: &str) -> Self {
        Self::start().await.having(name).await
    }

    /// The same, with such a function.
    async fn having(self, name: &str) -> Self {
        let created = self.create(name, json!({})).await;
        assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
        self.settled(name).await;
        self
    }

    async fn settled(&self, name: &str) {
        let name = FunctionName::parse(name).expect("a name");
        let shown = self.deployer.catalog().catch_up().await;
        shown.expect("it is not far behind");
        self.deployer.settled(&name).await.expect("it exists");
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        self.next_door(&request).await.send(request).await
    }

    async fn call(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(method).uri(path);
        self.send(request.body(body.into()).expect("a request"))
            .await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Body::empty()).await
    }

    async fn create(&self, name: &str, more: Value) -> Answer {
        let mut wanted = json!({
            "FunctionName": name,
            "Role": "arn:aws:iam::123456789012:role/r",
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Code": {"ZipFile": zip_file("first")},
        });
        let members = wanted.as_object_mut().expect("an object");
        members.extend(more.as_object().expect("an object").clone());
        self.call("POST", FUNCTIONS, wanted.to_string()).await
    }

    async fn update(&self, path: &str, change: &Value) -> Answer {
        let path = format!("{FUNCTIONS}/{path}");
        self.call("PUT", &path, change.to_string()).await
    }

    /// Changes a setting, so that there is something to publish, and waits for it.
    async fn change(&self, name: &str, description: &str) {
        let change = json!({"Description": description});
        let changed = self.update(&format!("{name}/configuration"), &change).await;
        assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
        self.settled(name).await;
    }

    async fn publish(&self, name: &str, wanted: &Value) -> Answer {
        let path = format!("{FUNCTIONS}/{name}/versions");
        self.call("POST", &path, wanted.to_string()).await
    }

    async fn alias(&self, name: &str, wanted: &Value) -> Answer {
        let path = format!("{FUNCTIONS}/{name}/aliases");
        self.call("POST", &path, wanted.to_string()).await
    }

    async fn invoke(&self, name: &str, event: impl Into<Body>) -> Answer {
        self.invoke_with(name, &[], event).await
    }

    async fn invoke_with(
        &self,
        name: &str,
        headers: &[(&str, &str)],
        event: impl Into<Body>,
    ) -> Answer {
        let uri = format!("{FUNCTIONS}/{name}/invocations");
        let mut request = Request::builder().method("POST").uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(event.into()).expect("a request"))
            .await
    }
}

#[tokio::test]
async fn what_is_no_operation_is_unknown() {
    let host = Host::with_function("fn").await;
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/2015-03-31/functions/fn/invocations"),
        ("PATCH", "/2015-03-31/functions/fn"),
        ("PUT", "/2015-03-31/functions/fn/versions"),
        ("GET", "/2015-03-31/functions/fn/nothing"),
        ("GET", "/2099-01-01/functions"),
    ] {
        let answer = host.call(method, path, "").await;
        answer.assert_error(404, "UnknownOperationException", &json!({}));
        assert!(!answer.headers.contains_key("allow"), "{method} {path}");
    }
}

#[tokio::test]
async fn the_host_says_that_it_is_well() {
    let answer = Host::start().await.get("/health").await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::OK, json!({"status": "ok"}))
    );
}

#[tokio::test]
async fn web_pages_are_refused_everywhere_but_at_the_health_check() {
    let host = Host::with_function("fn").await;
    let asked = async |method: &str, path: &str, header: (&str, &str)| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header.0, header.1)
            .body(Body::from("{}"));
        host.send(request.expect("a request")).await
    };
    let invocations = "/2015-03-31/functions/fn/invocations";
    let streams = "/2021-11-15/functions/fn/response-streaming-invocations";
    for (method, path) in [
        ("POST", invocations),
        ("GET", invocations),
        ("POST", streams),
        ("GET", streams),
        ("GET", FUNCTIONS),
        ("POST", FUNCTIONS),
        ("DELETE", "/2015-03-31/functions/fn"),
        ("GET", "/_sparkler/packages/none"),
        ("GET", "/metrics"),
        ("GET", "/"),
    ] {
        for header in [
            ("origin", "http://localhost:9001"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-origin"),
        ] {
            let answer = asked(method, path, header).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
            assert_eq!(answer.header("x-amzn-errortype"), "AccessDeniedException");
            let text = answer.json()["Message"].to_string();
            assert!(text.contains("no requests from web pages"), "{text}");
            assert!(uuid::Uuid::parse_str(answer.header("x-amzn-requestid")).is_ok());
        }
    }
    let typed = asked("POST", invocations, ("sec-fetch-site", "none")).await;
    assert_eq!(typed.status, StatusCode::OK);
    let health = asked("GET", "/health", ("origin", "http://elsewhere")).await;
    assert_eq!(health.status, StatusCode::OK);
}
