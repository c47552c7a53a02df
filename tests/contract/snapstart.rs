//! SnapStart: a published version is initialized once, and its sandboxes start from what that left.

use std::sync::Arc;

use serde_json::{Value, json};
use sparkler::FunctionName;
use sparkler::internals::{Parts as _, Version, VersionId};
use sparkler_tests::{Deploying, Function, Reply, TestHost, guests, wat};

use super::assert_refused;

/// A function whose versions start from snapshots, and its first version.
struct Published<'host> {
    function: Function<'host>,
    version: Arc<Version>,
}

impl<'host> Published<'host> {
    #[track_caller]
    fn of(deploying: Deploying<'host>) -> Self {
        let host = TestHost::shared();
        let function = deploying.memory_mb(256).deploy();
        let change = json!({ "SnapStart": { "ApplyOn": "PublishedVersions" } });
        let reply = host.lambda().update_settings(function.name(), &change);
        assert_eq!(reply.status, 200, "{}", reply.text());
        host.settled(function.name());
        let path = format!("{}/versions", function.name());
        let reply = host.lambda().call("POST", &path, &json!({}));
        assert_eq!(
            (reply.status, &reply.json()["State"]),
            (201, &json!("Pending"))
        );
        let name = FunctionName::parse(function.name()).expect("a name");
        let deployer = host.host().deployer();
        let ready = host.block_on(deployer.ready(&name, VersionId::Number(1)));
        Self {
            function,
            version: ready.expect("it is there"),
        }
    }

    fn invoke(&self) -> Reply {
        let name = format!("{}:1", self.function.name());
        TestHost::shared().lambda().invoke(&name, "{}")
    }

    #[track_caller]
    fn answer(&self) -> Value {
        let reply = self.invoke();
        assert_eq!(reply.function_error(), None, "{}", reply.text());
        reply.json()
    }

    #[track_caller]
    fn configuration(&self) -> Value {
        let path = format!("{}/configuration?Qualifier=1", self.function.name());
        TestHost::shared()
            .lambda()
            .call("GET", &path, &json!({}))
            .json()
    }
}

fn lifecycle() -> Deploying<'static> {
    TestHost::shared().function(guests::lifecycle())
}

#[test]
fn every_sandbox_of_a_version_starts_from_what_its_initialization_left() {
    let published = Published::of(lifecycle());
    assert_eq!(
        published.configuration()["SnapStart"]["OptimizationStatus"],
        "On"
    );
    let (one, other) = (published.answer(), published.answer());
    for answer in [&one, &other] {
        assert_eq!(answer["inits"], 1);
        assert_eq!(answer["restores"], 1, "after-restore runs in each of them");
        assert_eq!(answer["initialized_as"], "snap-start");
        assert_eq!(answer["clock_goes_on"], true);
        assert_eq!(answer["row"], 49);
    }
    assert_eq!(one["drawn"], other["drawn"], "what init drew is kept");
    for fresh in ["redrawn", "fresh"] {
        assert_ne!(one[fresh], other[fresh], "{fresh}");
    }
}

#[test]
fn latest_is_initialized_in_each_sandbox_and_never_restored() {
    let published = Published::of(lifecycle());
    let latest = |_| published.function.invoke("{}");
    let [one, other] = [(); 2].map(latest);
    assert_ne!(one.json()["drawn"], other.json()["drawn"]);
    assert_eq!(
        (&one.json()["inits"], &one.json()["restores"]),
        (&json!(1), &json!(0))
    );
    let log = one.log().text();
    assert!(
        log.contains("initializing") && log.contains("Init Duration: "),
        "{log}"
    );
    assert!(!log.contains("Restore"), "{log}");
}

#[test]
fn the_report_says_how_long_restoring_took_and_the_log_goes_on_under_the_same_handles() {
    let published = Published::of(lifecycle());
    let reply = published.invoke();
    let log = reply.log().text();
    assert!(log.contains("\nrestored\nhandling\n"), "{log}");
    assert!(
        !log.contains("initializing") && !log.contains("Init Duration"),
        "{log}"
    );
    let report = log.lines().last().expect("a report");
    assert!(report.contains("\tRestore Duration: "), "{log}");
    assert!(report.contains(" ms\tBilled Restore Duration: "), "{log}");
}

#[test]
fn a_version_whose_initialization_fails_has_failed_with_the_reason() {
    for (how, code, text) in [
        (
            "fail",
            "FunctionError.RuntimeInitError",
            "NoTable: the table is empty",
        ),
        (
            "panic",
            "FunctionError.RuntimeInitError",
            "the table is on fire",
        ),
        (
            "hoard",
            "FunctionError.InitResourceExhausted",
            "the 256 MB of memory",
        ),
    ] {
        let published = Published::of(lifecycle().variable("INIT", how));
        let configuration = published.configuration();
        assert_eq!(configuration["State"], "Failed", "{how}");
        assert_eq!(configuration["StateReasonCode"], code, "{how}");
        let reason = configuration["StateReason"].as_str().unwrap_or_default();
        assert!(reason.contains(text), "{how}: {reason}");
        assert_refused(
            &published.invoke(),
            409,
            "ResourceConflictException",
            "Failed",
        );
    }
}

#[test]
fn a_sandbox_that_cannot_take_up_its_work_fails_its_invocation() {
    for (how, kind) in [("fail", "Error"), ("panic", "Runtime.Panic")] {
        let published = Published::of(lifecycle().variable("AFTER_RESTORE", how));
        let reply = published.invoke();
        let error = reply.function_error().unwrap_or_default();
        assert!(error.contains(kind), "{how}: {}", reply.text());
        assert!(
            reply.text().contains("there are no secrets"),
            "{}",
            reply.text()
        );
    }
}

#[test]
fn what_cannot_be_snapshotted_runs_as_ever_and_says_why() {
    let published = Published::of(TestHost::shared().function(wat::guest("grow_tables.wat")));
    let configuration = published.configuration();
    assert_eq!(configuration["State"], "Active");
    assert_eq!(configuration["SnapStart"]["OptimizationStatus"], "Off");
    let reason = configuration["StateReason"].as_str().unwrap_or_default();
    assert!(reason.contains("table.grow"), "{reason}");
    assert_eq!(published.invoke().status, 200);
}

#[test]
fn a_component_without_a_lifecycle_is_snapshotted_after_its_instantiation() {
    let published = Published::of(TestHost::shared().function(guests::echo()));
    assert!(published.version.is_snapshotted());
    let reply = published.invoke();
    assert_eq!(reply.text(), "{}");
    let log = reply.log().text();
    assert!(log.contains("Restore Duration"), "{log}");
}

#[test]
fn a_sandbox_that_is_reused_is_restored_once() {
    let published = Published::of(lifecycle().variable("SPARKLER_REUSE", "2"));
    let logs = [(); 3].map(|()| published.invoke().log().text());
    let restored = logs.each_ref().map(|log| log.contains("\nrestored\n"));
    assert_eq!(restored, [true, false, true], "{logs:?}");
    assert!(!logs[1].contains("Restore Duration"), "{}", logs[1]);
}

#[test]
fn a_version_that_is_deleted_takes_its_snapshot_along() {
    let host = TestHost::shared();
    let published = Published::of(lifecycle().variable("INIT", "deleted"));
    let path = format!("{}?Qualifier=1", published.function.name());
    assert_eq!(host.lambda().call("DELETE", &path, &json!({})).status, 204);
    let catalog = host.host().deployer().catalog();
    assert!(!catalog.uses_component(published.version.image().component));
    assert_eq!(published.invoke().status, 404);
    assert_eq!(published.function.invoke("{}").json()["inits"], 1);
}
