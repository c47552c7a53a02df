//! The whole queue with a scripted guest and a clock that leaps to whatever is waited for.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::event::Event;
use super::log::{LogBounds, LogClock};
use super::*;
use crate::domain::attachments::EventInvoke;
use crate::domain::lifecycle::{self, Stamp};
use crate::domain::quotas::CurrentQuotas;
use crate::domain::{
    FunctionError, FunctionName, FunctionRecord, Invocation, Outcome, Report, RequestId, Version,
    samples,
};
use crate::invoker::{Admission, Gate, GuestMemory, HostFailure, How};
use crate::logs::LogKeeper;
use crate::storage::DataDir;

mod dead_events;
mod two_hosts;

pub(super) const START_MS: u64 = 1_000_000;
pub(super) const HOUR_MS: u64 = 3_600_000;

/// An event of the function `greet`.
pub(super) fn event(id: u64, payload: &'static str) -> Event {
    Event {
        id: EventId(id),
        account: Account::default().id.into(),
        new: new_event("greet", payload),
        accepted_ms: 0,
        runs: 0,
        hops: 0,
    }
}

pub(super) fn name(text: &str) -> FunctionName {
    FunctionName::parse(text).expect("a name")
}

pub(super) fn new_event(function: &str, payload: &str) -> NewEvent {
    NewEvent {
        function: name(function),
        qualifier: None,
        request_id: RequestId(Uuid::from_u128(7)),
        trace_id: None,
        tenant_id: None,
        payload: Bytes::copy_from_slice(payload.as_bytes()),
    }
}

/// Whoever waits for a time finds that it has come.
pub(super) struct Leaping(pub(super) Mutex<u64>);

impl Clock for Leaping {
    fn now_ms(&self) -> u64 {
        *self.0.lock().expect("the time")
    }

    fn until(&self, at_ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut now_ms = self.0.lock().expect("the time");
        *now_ms = (*now_ms).max(at_ms);
        Box::pin(std::future::ready(()))
    }
}

/// What a guest saw of an attempt.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    function: String,
    request_id: RequestId,
    payload: String,
    at_ms: u64,
}

/// Tells of each attempt; fails where the event is `"fail"`, never ends where it is `"hang"`.
struct Script {
    seen: mpsc::UnboundedSender<Seen>,
    clock: Arc<Leaping>,
}

impl RunGuest for Script {
    async fn run(
        &self,
        version: Arc<Version>,
        invocation: Arc<Invocation>,
        _how: How,
        _admission: Admission,
    ) -> Result<Report, HostFailure> {
        let payload =
            String::from_utf8_lossy(&invocation.payload.event().expect("an event")).into_owned();
        let fails = payload == "\"fail\"";
        let hangs = payload == "\"hang\"";
        let _ = self.seen.send(Seen {
            function: version.function.to_string(),
            request_id: invocation.request_id,
            payload,
            at_ms: self.clock.now_ms(),
        });
        if hangs {
            std::future::pending::<()>().await;
        }
        Ok(report(fails))
    }

    fn memory(&self) -> GuestMemory {
        GuestMemory {
            held_bytes: 1,
            limit_bytes: 2,
            left_bytes: 0,
        }
    }
}

fn report(fails: bool) -> Report {
    Report::of(match fails {
        true => Outcome::Failed(FunctionError::Exited { status: 1 }),
        false => Outcome::Returned("\"done\"".into()),
    })
}

struct World {
    events: Events<Script>,
    catalog: Arc<Catalog>,
    gate: Gate,
    clock: Arc<Leaping>,
    seen: mpsc::UnboundedReceiver<Seen>,
}

impl World {
    fn new() -> Self {
        Self::over(Arc::new(MemoryEventLog::default()))
    }

    fn over(log: Arc<dyn EventLog>) -> Self {
        Self::with(log, Destinations::default(), &[])
    }

    /// A host whose functions are there before it takes up what its log holds.
    fn with(log: Arc<dyn EventLog>, destinations: Destinations, functions: &[&str]) -> Self {
        let catalog = catalog_of(functions);
        let clock = Arc::new(Leaping(Mutex::new(START_MS)));
        let (sender, seen) = mpsc::unbounded_channel();
        let script = Arc::new(Script {
            seen: sender,
            clock: Arc::clone(&clock),
        });
        let (events, gate) = start(log, script, &catalog, &clock, destinations);
        Self {
            events,
            catalog,
            gate,
            clock,
            seen,
        }
    }

    /// A function that can be invoked.
    fn function(&self, text: &str, edit: impl FnOnce(&mut FunctionRecord)) {
        define(&self.catalog, text, edit);
    }

    async fn accept(&self, function: &str, payload: &str) {
        let accepted = self.events.accept(new_event(function, payload)).await;
        accepted.expect("there is room");
    }

    async fn attempt(&mut self) -> Seen {
        self.seen.recv().await.expect("the guest lives")
    }

    async fn list(&self) -> Listing {
        let listing = self.events.list(&Selection::default()).await;
        listing.expect("events can be read")
    }

    /// The dead events, as soon as there are so many and nothing else.
    async fn dead(&self, count: u64) -> Vec<Listed> {
        loop {
            let listing = self.list().await;
            let expected = Counts {
                dead: count,
                ..Counts::default()
            };
            if listing.counts == expected {
                return listing.events;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// A catalog with these functions.
fn catalog_of(functions: &[&str]) -> Arc<Catalog> {
    let catalog = Catalog::in_memory();
    for function in functions {
        define(&catalog, function, |_| ());
    }
    Arc::new(catalog)
}

/// The events of a host with this guest, and the gate that its invocations pass.
fn start<G: RunGuest>(
    log: Arc<dyn EventLog>,
    guest: Arc<G>,
    catalog: &Arc<Catalog>,
    clock: &Arc<Leaping>,
    destinations: Destinations,
) -> (Events<G>, Gate) {
    let (account, gate) = (Account::default(), Gate::new(100));
    let invoker = Invoker::new(
        account.clone(),
        Arc::clone(catalog),
        guest,
        gate.clone(),
        Arc::new(LogKeeper::in_memory().expect("it starts")),
    );
    let events = Events::start(EventsParts {
        account,
        catalog: Arc::clone(catalog),
        invoker: Arc::new(invoker),
        log,
        concurrency_max: 100,
        config: EventsConfig {
            destinations,
            retry_delays: RetryDelays::default(),
        },
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        quotas: CurrentQuotas::default(),
    });
    (events, gate)
}

fn define(catalog: &Catalog, text: &str, edit: impl FnOnce(&mut FunctionRecord)) {
    let mut record = active(text);
    edit(&mut record);
    catalog.put_now(&record);
}

/// A log on disk.
fn log_in(folder: &std::path::Path) -> SqliteEventLog {
    let data_dir = DataDir::open(folder).expect("a data directory");
    SqliteEventLog::open(&data_dir, &Account::default()).expect("a log")
}

fn active(text: &str) -> FunctionRecord {
    let stamp = || Stamp::new(UNIX_EPOCH, Uuid::new_v4());
    let (settings, code) = (samples::settings(), samples::code(text));
    let record = lifecycle::created(name(text), settings, code, BTreeMap::new(), stamp());
    let work = lifecycle::work(&record).expect("work");
    lifecycle::ended(&record, &work, Ok(None), samples::revisions()).expect("not late")
}

fn configure(record: &mut FunctionRecord, edit: impl FnOnce(&mut EventInvoke)) {
    let mut config = EventInvoke {
        last_modified: UNIX_EPOCH,
        retries_max: None,
        age_seconds_max: None,
        on_success: None,
        on_failure: None,
    };
    edit(&mut config);
    *record = record.with_attached(None, |attached| attached.event_invoke = Some(config));
}

fn arn(function: &str) -> String {
    Account::default()
        .function_arn(&name(function), None)
        .to_string()
}

#[tokio::test]
async fn a_failing_function_runs_three_times_under_one_id_and_the_event_is_kept() {
    let mut world = World::new();
    world.function("f", |_| ());
    world.accept("f", "\"fail\"").await;
    let mut times = Vec::new();
    for _ in 0..3 {
        let seen = world.attempt().await;
        assert_eq!(seen.request_id, RequestId(Uuid::from_u128(7)));
        times.push(seen.at_ms);
    }
    assert_eq!(times, [START_MS, START_MS + 60_000, START_MS + 180_000]);
    let dead = world.dead(1).await;
    assert_eq!(dead[0].condition.as_deref(), Some("RetriesExhausted"));
    assert_eq!(dead[0].runs, 3);
    let reason = dead[0].reason.as_deref().unwrap_or_default();
    assert!(reason.contains("exit status 1"), "{reason}");
}

#[tokio::test]
async fn success_leaves_nothing_behind() {
    let mut world = World::new();
    world.function("f", |_| ());
    world.accept("f", "1").await;
    assert_eq!(world.attempt().await.payload, "1");
    assert!(world.dead(0).await.is_empty());
}

#[tokio::test]
async fn a_full_queue_refuses_in_a_sentence() {
    let bounds = LogBounds {
        bytes_max: 10,
        ..LogBounds::IN_MEMORY
    };
    let log = MemoryEventLog::new(bounds, LogClock::default());
    let world = World::over(Arc::new(log));
    world.accept("f", "123456").await;
    let refused = world.events.accept(new_event("f", "12345")).await;
    let text = refused.expect_err("no room").to_string();
    assert!(text.contains("1 wait, with 6 bytes"), "{text}");
    world.accept("f", "1234").await;
}

#[tokio::test]
async fn both_endings_reach_other_functions_as_events() {
    let mut world = World::new();
    world.function("f", |record| {
        configure(record, |config| {
            config.retries_max = Some(0);
            config.on_success = Some(arn("good"));
            config.on_failure = Some(arn("bad"));
        });
    });
    world.function("good", |_| ());
    world.function("bad", |_| ());
    for (payload, target, condition) in [
        ("{\"a\": 1}", "good", "Success"),
        ("\"fail\"", "bad", "RetriesExhausted"),
    ] {
        world.accept("f", payload).await;
        assert_eq!(world.attempt().await.function, "f");
        let told = world.attempt().await;
        assert_eq!(told.function, target);
        let record: Value = serde_json::from_str(&told.payload).expect("JSON");
        let context = &record["requestContext"];
        assert_eq!(context["condition"], condition);
        assert_eq!(context["approximateInvokeCount"], 1);
        assert_eq!(context["requestId"], Uuid::from_u128(7).to_string());
        assert!(
            told.payload
                .contains(&format!("\"requestPayload\":{payload}"))
        );
        assert_ne!(told.request_id, RequestId(Uuid::from_u128(7)));
    }
    world.dead(0).await;
}

#[tokio::test]
async fn an_event_that_would_be_too_old_ends_after_the_attempt_before() {
    let mut world = World::new();
    world.function("f", |record| {
        configure(record, |config| config.age_seconds_max = Some(60));
    });
    world.accept("f", "\"fail\"").await;
    world.attempt().await;
    let dead = world.dead(1).await;
    assert_eq!(dead[0].condition.as_deref(), Some("EventAgeExceeded"));
    assert_eq!(dead[0].runs, 1);
    assert!(world.seen.try_recv().is_err(), "it was tried again");
}

#[tokio::test]
async fn a_function_that_may_not_run_is_not_tried() {
    let folder = tempfile::tempdir().expect("a folder");
    let destinations = Destinations {
        folder: Some(folder.path().to_owned()),
        ..Destinations::default()
    };
    let mut world = World::with(Arc::new(MemoryEventLog::default()), destinations, &[]);
    world.function("f", |record| {
        record.reserved_concurrency = Some(0);
        configure(record, |config| {
            config.on_failure = Some("arn:aws:sqs:us-east-1:123456789012:failed".into());
        });
    });
    world.accept("f", "1").await;
    world.dead(0).await;
    assert!(world.seen.try_recv().is_err());
    let files = std::fs::read_dir(folder.path().join("failed")).expect("a folder");
    let files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    let record = std::fs::read(&files[0]).expect("a record");
    let record: Value = serde_json::from_slice(&record).expect("JSON");
    assert_eq!(files.len(), 1);
    let context = &record["requestContext"];
    assert_eq!(context["condition"], "ZeroReservedConcurrency");
    assert_eq!(context["approximateInvokeCount"], 0);
    assert_eq!(record["requestPayload"], json!(1));
    assert_eq!(record.get("responseContext"), None);
    assert_eq!(record.get("responsePayload"), None);
}

#[tokio::test]
async fn a_throttled_event_waits_and_uses_up_no_retries() {
    let mut world = World::new();
    world.function("f", |record| {
        configure(record, |config| config.retries_max = Some(0));
    });
    let all: Vec<_> = (0..100)
        .map(|_| world.gate.enter().expect("room"))
        .collect();
    world.accept("f", "1").await;
    while world.clock.now_ms() < START_MS + 63_000 {
        tokio::task::yield_now().await;
    }
    drop(all);
    let seen = world.attempt().await;
    assert!(seen.at_ms >= START_MS + 63_000, "{}", seen.at_ms);
    world.dead(0).await;
}

#[tokio::test]
async fn a_throttled_event_ends_when_its_next_attempt_would_be_too_late() {
    let mut world = World::new();
    world.function("f", |record| {
        configure(record, |config| config.age_seconds_max = Some(60));
    });
    let all: Vec<_> = (0..100)
        .map(|_| world.gate.enter().expect("room"))
        .collect();
    world.accept("f", "1").await;
    let dead = world.dead(1).await;
    drop(all);
    assert_eq!(dead[0].condition.as_deref(), Some("EventAgeExceeded"));
    assert_eq!(dead[0].runs, 0);
    // After waits of 1, 2, 4, 8 and 16 seconds, of which the next would be 32.
    assert_eq!(dead[0].ended_ms, Some(START_MS + 31_000));
    let reason = dead[0].reason.as_deref().unwrap_or_default();
    assert!(reason.contains("Rate Exceeded"), "{reason}");
    assert!(world.seen.try_recv().is_err());
}

#[tokio::test]
async fn a_loop_of_functions_ends() {
    let mut world = World::new();
    world.function("f", |record| {
        configure(record, |config| config.on_success = Some(arn("f")));
    });
    world.accept("f", "1").await;
    let dead = world.dead(1).await;
    assert_eq!(dead[0].condition.as_deref(), Some("RecursiveInvocation"));
    let mut runs = 0;
    while world.seen.try_recv().is_ok() {
        runs += 1;
    }
    assert_eq!(runs, 1 + crate::limits::EVENT_HOPS_MAX);
}

#[tokio::test]
async fn a_record_that_is_too_large_for_an_event_is_kept_and_not_sent_to_a_function() {
    let mut world = World::new();
    world.function("f", |record| {
        configure(record, |config| config.on_success = Some(arn("f")));
    });
    let largest = crate::limits::EVENT_PAYLOAD_BYTES_MAX;
    let payload = format!("\"{}\"", "x".repeat(largest - 2));
    world.accept("f", &payload).await;
    world.attempt().await;
    let dead = world.dead(1).await;
    let reason = dead[0].reason.as_deref().unwrap_or_default();
    assert!(reason.contains(&largest.to_string()), "{reason}");
    assert!(world.seen.try_recv().is_err(), "it was sent");
}

#[test]
fn what_a_crash_interrupts_runs_again_under_its_id() {
    let folder = tempfile::tempdir().expect("a folder");
    let ids: Vec<RequestId> = (0..2)
        .map(|_| {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            let id = runtime.block_on(async {
                let log = Arc::new(log_in(folder.path()));
                // The time leaps: without its function, the event would be too old before the next line.
                let mut world = World::with(log, Destinations::default(), &["f"]);
                if world.list().await.events.is_empty() {
                    world.accept("f", "\"hang\"").await;
                }
                world.attempt().await.request_id
            });
            // Ends the attempt, which would never end.
            drop(runtime);
            id
        })
        .collect();
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn an_event_that_cannot_be_written_is_refused_and_takes_no_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = log_in(folder.path());
    log.break_writes();
    let world = World::over(Arc::new(log));
    let accepted = world.events.accept(new_event("f", "1")).await;
    assert_eq!(accepted, Err(Refusal::Internal));
    assert_eq!(world.list().await.counts, Counts::default());
}

#[tokio::test]
async fn a_stopped_queue_begins_nothing_and_waits_for_what_runs() {
    let mut world = World::new();
    world.function("f", |_| ());
    world.accept("f", "\"hang\"").await;
    world.attempt().await;
    world.events.stop();
    let drained = world.events.drained();
    tokio::select! {
        biased;
        () = drained => panic!("an event still runs"),
        () = tokio::task::yield_now() => {}
    }
    world.accept("f", "1").await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(world.seen.try_recv().is_err(), "it was begun");
    assert_eq!(world.list().await.counts.waiting, 1);
}
