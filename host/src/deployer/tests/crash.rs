//! What a host finds that takes over from one that was killed.

use tokio::runtime::Runtime;

use super::super::*;
use super::host::{Host, code, code_change, name};
use crate::catalog::Usage;
use crate::catalog::in_tests::CAUSE;
use crate::domain::{LastUpdate, State};

/// Ends a host as a crash does: whatever its tasks wait for never comes.
fn crash(runtime: Runtime, host: Host) {
    drop(runtime);
    drop(host);
}

#[test]
fn after_a_crash_what_was_begun_is_ended() {
    let temp = tempfile::tempdir().expect("a directory");
    let runtime = Runtime::new().expect("a runtime");
    let host = runtime.block_on(Host::on_disk(temp.path()));
    let created = runtime.block_on(host.create("slow 1")).expect("created");
    crash(runtime, host);

    let runtime = Runtime::new().expect("a runtime");
    let host = runtime.block_on(Host::on_disk(temp.path()));
    let found = Arc::clone(&host.record().latest);
    assert_eq!(found, created);
    let settled = runtime.block_on(async {
        host.deployer.recover().await.expect("recovered");
        host.script.gate.add_permits(1);
        host.settled().await;
        host.update("slow 2").await.expect("begun")
    });
    assert_eq!(settled.last_update, Some(LastUpdate::InProgress));
    crash(runtime, host);

    let runtime = Runtime::new().expect("a runtime");
    let host = runtime.block_on(Host::on_disk(temp.path()));
    assert_eq!(
        host.runs(),
        Some(code("slow 1")),
        "the old code runs meanwhile"
    );
    runtime.block_on(async {
        host.deployer.recover().await.expect("recovered");
        assert_eq!(host.runs(), Some(code("slow 1")));
        host.script.gate.add_permits(1);
        let settled = host.settled().await;
        assert_eq!(settled.last_update, Some(LastUpdate::Successful));
        assert_eq!(host.runs(), Some(code("slow 2")));
        host.gone("slow 1").await;
    });
}

#[test]
fn after_a_crash_a_version_that_waited_for_new_code_becomes_ready_with_it() {
    let temp = tempfile::tempdir().expect("a directory");
    let runtime = Runtime::new().expect("a runtime");
    let host = runtime.block_on(Host::on_disk(temp.path()));
    let published = runtime.block_on(async {
        host.create("1").await.expect("created");
        host.settled().await;
        let change = CodeChange {
            publish: true,
            ..code_change("slow 2")
        };
        host.deployer
            .by(CAUSE.clone())
            .update_code(&name(), change)
            .await
    });
    let published = published.expect("begun");
    assert_eq!(published.state, State::Pending);
    crash(runtime, host);

    let runtime = Runtime::new().expect("a runtime");
    let host = runtime.block_on(Host::on_disk(temp.path()));
    assert_eq!(host.record().versions.get(&1), Some(&published));
    runtime.block_on(async {
        host.deployer.recover().await.expect("recovered");
        host.script.gate.add_permits(1);
        host.settled().await;
    });
    let record = host.record();
    let version = record.versions.get(&1).expect("it is published");
    assert_eq!(version.state, State::Active);
    assert_eq!(version.code, code("slow 2"));
}

#[test]
fn a_crash_before_the_catalog_knows_leaves_a_package_that_the_next_start_removes() {
    let temp = tempfile::tempdir().expect("a directory");
    let runtime = Runtime::new().expect("a runtime");
    let host = runtime.block_on(Host::on_disk(temp.path()));
    host.store("orphan");
    runtime.block_on(async {
        host.create("1").await.expect("created");
        host.settled().await;
    });
    crash(runtime, host);
    let runtime = Runtime::new().expect("a runtime");
    let host = runtime.block_on(Host::on_disk(temp.path()));
    runtime
        .block_on(host.deployer.recover())
        .expect("recovered");
    assert!(!host.stores("orphan"));
    assert!(host.stores("1"));
}

#[test]
fn packages_outlast_the_catalog_that_was_moved_away() {
    let temp = tempfile::tempdir().expect("a directory");
    let during_a_run = |check: &dyn Fn(&Runtime, &Host)| {
        let runtime = Runtime::new().expect("a runtime");
        let host = runtime.block_on(Host::on_disk(temp.path()));
        runtime
            .block_on(host.deployer.recover())
            .expect("recovered");
        check(&runtime, &host);
        crash(runtime, host);
    };
    during_a_run(&|runtime, host| {
        runtime.block_on(host.create("1")).expect("created");
        runtime.block_on(host.settled());
    });
    let (database, aside) = (temp.path().join("catalog.db"), temp.path().join("aside"));
    std::fs::rename(&database, &aside).expect("moved away");
    for _ in 0..2 {
        during_a_run(&|_, host| {
            assert_eq!(host.deployer.catalog().usage(), Usage::default());
            assert!(host.stores("1"));
        });
    }
    std::fs::rename(&aside, &database).expect("put back");
    during_a_run(&|_, host| {
        assert_eq!(host.runs(), Some(code("1")));
        host.store("orphan");
    });
    std::fs::remove_file(temp.path().join("keep-packages")).expect("removed");
    during_a_run(&|_, host| {
        assert!(host.stores("1"));
        assert!(!host.stores("orphan"));
    });
}

#[test]
fn work_whose_package_is_gone_or_damaged_ends_as_failed() {
    for damage in [
        |path: &std::path::Path| std::fs::remove_file(path),
        |path: &std::path::Path| std::fs::write(path, "other"),
    ] {
        let temp = tempfile::tempdir().expect("a directory");
        let runtime = Runtime::new().expect("a runtime");
        let host = runtime.block_on(Host::on_disk(temp.path()));
        runtime.block_on(host.create("slow")).expect("created");
        crash(runtime, host);
        let package = code("slow").package.to_string();
        damage(
            &temp
                .path()
                .join("packages")
                .join(&package[..2])
                .join(&package),
        )
        .expect("damaged");

        let runtime = Runtime::new().expect("a runtime");
        let host = runtime.block_on(Host::on_disk(temp.path()));
        let settled = runtime.block_on(async {
            host.deployer.recover().await.expect("recovered");
            host.settled().await
        });
        let State::Failed {
            reason,
            reason_code,
        } = &settled.state
        else {
            panic!("{:?}", settled.state);
        };
        assert_eq!(reason_code, "InternalError");
        assert!(reason.contains("Deploy it again"), "{reason}");
        let path = temp.path().to_string_lossy();
        assert!(!reason.contains(&*path), "{reason}");
    }
}
