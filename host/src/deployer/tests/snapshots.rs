//! Versions that start from snapshots: taken behind the answer, kept as long as they are needed.

use crate::domain::Publication;
use tokio::runtime::Runtime;

use super::super::*;
use super::host::{Host, name, new_function, wasm};
use crate::catalog::in_tests::CAUSE;
use crate::domain::quotas::Quotas;
use crate::domain::settings::SnapStart;
use crate::domain::{Snapshot, VersionId};
use crate::limits::CONCURRENT_DEPLOYS_MAX;

const FIRST: VersionId = VersionId::Number(1);

fn with_snap_start(code: &str) -> NewFunction {
    let mut new = new_function(code);
    new.settings.snap_start = SnapStart::PublishedVersions;
    new
}

fn image(code: &str) -> String {
    format!("image of {code}")
}

impl Host {
    /// Creates the function and publishes it when it is ready.
    pub(super) async fn create_and_publish(&self, code: &str) -> Arc<Version> {
        let created = self
            .deployer
            .by(CAUSE.clone())
            .create(with_snap_start(code))
            .await;
        created.expect("created");
        self.settled().await;
        let published = self
            .deployer
            .by(CAUSE.clone())
            .publish(&name(), Publication::default())
            .await;
        published.expect("published")
    }

    pub(super) async fn first(&self) -> Arc<Version> {
        self.deployer.ready(&name(), FIRST).await.expect("there")
    }

    pub(super) fn initializations(&self) -> usize {
        self.script.initialized.lock().expect("a lock").len()
    }
}

#[tokio::test]
async fn a_published_version_is_active_when_its_snapshot_is_stored_compiled_and_loaded() {
    let host = Host::ephemeral().await;
    let published = host.create_and_publish("1").await;
    assert_eq!(published.state, State::Pending);
    let ready = host.first().await;
    assert_eq!(ready.state, State::Active);
    let component = ready.image().component;
    assert_eq!(component, Digest::of(&wasm(&image("1"))));
    assert!(host.stores(&image("1")) && host.script.has_finished(&image("1")));
    assert_eq!(*host.script.loaded.lock().expect("a lock"), [component]);
    let again = host
        .deployer
        .by(CAUSE.clone())
        .publish(&name(), Publication::default())
        .await;
    assert_eq!(again.expect("the same"), ready);
    assert_eq!(host.initializations(), 1);
}

#[tokio::test]
async fn initializations_hold_up_no_deploy() {
    let host = Host::ephemeral().await;
    for number in 0..2 * CONCURRENT_DEPLOYS_MAX {
        let new = NewFunction {
            name: FunctionName::parse(&format!("slow-{number}")).expect("a name"),
            publish: true,
            ..with_snap_start("late-init")
        };
        host.deployer
            .by(CAUSE.clone())
            .create(new)
            .await
            .expect("created");
    }
    while host.initializations() < 2 * CONCURRENT_DEPLOYS_MAX {
        tokio::task::yield_now().await;
    }
    host.create("1").await.expect("answered");
    assert_eq!(host.settled().await.state, State::Active);
}

#[tokio::test]
async fn an_image_waits_on_disk_for_its_turn_to_be_checked() {
    let host = Host::ephemeral().await;
    host.deployer
        .by(CAUSE.clone())
        .create(with_snap_start("1"))
        .await
        .expect("created");
    host.settled().await;
    for number in 0..CONCURRENT_DEPLOYS_MAX {
        let new = NewFunction {
            name: FunctionName::parse(&format!("slow-{number}")).expect("a name"),
            ..new_function("slow-check")
        };
        let deployer = Arc::clone(&host.deployer);
        tokio::spawn(async move { deployer.by(CAUSE.clone()).create(new).await.map(drop) });
    }
    let checks = u32::try_from(1 + CONCURRENT_DEPLOYS_MAX).expect("a few");
    let begun = host.script.checks_begun.acquire_many(checks).await;
    begun.expect("open").forget();
    let published = host
        .deployer
        .by(CAUSE.clone())
        .publish(&name(), Publication::default())
        .await;
    published.expect("published");
    let images = &host.deployer.pipeline.images;
    while !host.stores(&image("1")) || images.held_bytes() > 0 {
        tokio::task::yield_now().await;
    }
    let begun = host.script.checks_begun.available_permits();
    assert_eq!(begun, 0, "it is not checked yet");
    host.script.gate.add_permits(2 * CONCURRENT_DEPLOYS_MAX);
    assert!(host.first().await.is_snapshotted());
}

/// Two images that each had room when they were made, and have not both.
#[tokio::test]
async fn snapshots_that_are_made_at_once_stay_within_the_quota_of_their_account() {
    let host = Host::ephemeral().await;
    let codes = ["slow late-init 1", "slow late-init 2"];
    let names = ["one", "two"].map(|name| FunctionName::parse(name).expect("a name"));
    let changes = || host.deployer.by(CAUSE.clone());
    host.script.gate.add_permits(codes.len());
    for (name, code) in names.iter().zip(codes) {
        let new = NewFunction {
            name: name.clone(),
            ..with_snap_start(code)
        };
        changes().create(new).await.expect("created");
        host.deployer.settled(name).await.expect("settled");
    }
    // Not before all are created, which would lose a permit to an initialization.
    for name in &names {
        let published = changes().publish(name, Publication::default()).await;
        published.expect("published");
    }
    while host.initializations() < codes.len() {
        tokio::task::yield_now().await;
    }
    let image_bytes = wasm(&image(codes[0])).len() as u64;
    let code_bytes = host.deployer.catalog().usage().package_bytes + image_bytes;
    let quotas = Quotas {
        code_bytes,
        ..Quotas::NONE
    };
    host.deployer.quotas().set(quotas);
    host.script.gate.add_permits(codes.len());
    while !codes.iter().all(|code| host.stores(&image(code))) {
        tokio::task::yield_now().await;
    }
    host.script.gate.add_permits(codes.len());
    let mut taken = 0;
    for name in &names {
        let version = host.deployer.ready(name, FIRST).await.expect("there");
        assert_eq!(version.state, State::Active);
        match &version.snapshot {
            Some(Snapshot::Impossible { reason }) => {
                assert!(reason.contains("may store"), "{reason}");
            }
            _ => taken += 1,
        }
    }
    assert_eq!(taken, 1);
    assert_eq!(host.deployer.catalog().usage().package_bytes, code_bytes);
}

#[tokio::test]
async fn a_function_that_is_published_as_it_is_created_is_initialized_when_its_code_is_ready() {
    let host = Host::ephemeral().await;
    let mut new = with_snap_start("1");
    new.publish = true;
    host.deployer
        .by(CAUSE.clone())
        .create(new)
        .await
        .expect("created");
    assert!(host.first().await.is_snapshotted());
}

#[tokio::test]
async fn a_snapshot_goes_with_the_last_version_that_has_it() {
    let host = Host::ephemeral().await;
    host.create_and_publish("1").await;
    host.first().await;
    host.deployer
        .by(CAUSE.clone())
        .delete_version(&name(), 1)
        .await
        .expect("deleted");
    host.gone(&image("1")).await;
    assert!(host.stores("1"));
}

#[tokio::test]
async fn a_function_that_is_deleted_meanwhile_leaves_nothing() {
    let host = Host::ephemeral().await;
    host.create_and_publish("late-init").await;
    host.deployer
        .by(CAUSE.clone())
        .delete(&name())
        .await
        .expect("deleted");
    host.script.gate.add_permits(1);
    host.gone(&image("late-init")).await;
    host.gone("late-init").await;
}

#[tokio::test]
async fn what_cannot_be_snapshotted_runs_and_what_fails_does_not() {
    for (code, state, has_reason) in [
        ("no-snapshot", "Active", true),
        ("init-breaks", "Failed", false),
    ] {
        let host = Host::ephemeral().await;
        host.create_and_publish(code).await;
        let ready = host.first().await;
        assert_eq!(ready.state.name(), state, "{code}");
        let impossible = matches!(ready.snapshot, Some(Snapshot::Impossible { .. }));
        assert_eq!(impossible, has_reason, "{code}");
        assert!(!host.stores(&image(code)));
    }
}

#[test]
fn after_a_crash_a_snapshot_that_was_begun_is_taken_and_one_that_was_taken_stays() {
    let temp = tempfile::tempdir().expect("a directory");
    let runtime = Runtime::new().expect("a runtime");
    let host = runtime.block_on(Host::on_disk(temp.path()));
    runtime.block_on(host.create_and_publish("late-init"));
    drop((runtime, host));

    let runtime = Runtime::new().expect("a runtime");
    let host = runtime.block_on(Host::on_disk(temp.path()));
    let taken = runtime.block_on(async {
        host.deployer.recover().await.expect("recovered");
        host.script.gate.add_permits(1);
        host.first().await
    });
    assert!(taken.is_snapshotted());
    drop((runtime, host));

    let runtime = Runtime::new().expect("a runtime");
    let host = runtime.block_on(Host::on_disk(temp.path()));
    runtime.block_on(async {
        host.deployer.recover().await.expect("recovered");
        assert_eq!(host.first().await, taken);
    });
    assert_eq!(host.initializations(), 0);
    assert!(host.stores(&image("late-init")));
}
