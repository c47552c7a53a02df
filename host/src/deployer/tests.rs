mod crash;
mod host;
mod neighbours;
mod no_room;
mod snapshots;

use std::time::Duration;

use tokio::{runtime::Runtime, time::Instant};

use super::*;
use crate::catalog::Usage;
use crate::catalog::in_tests::CAUSE;
use crate::domain::settings::SettingsChange;
use crate::domain::{Code, LastUpdate, Publication, State, VersionId};
use crate::limits::UPDATE_DURATION_MIN;
use host::{Host, arn, code, code_change, name, new_function, wasm};

#[tokio::test]
async fn a_function_is_pending_then_active_then_updated_then_gone() {
    let host = Host::ephemeral().await;
    let created = host.create("slow 1").await.expect("created");
    assert_eq!(created.state, State::Pending);
    assert_eq!(created.last_update, None);
    assert_eq!(host.runs(), None);
    assert_eq!(
        host.update("2").await,
        Err(Refusal::FunctionNotActive { state: "Pending" })
    );

    host.script.gate.add_permits(1);
    let active = host.settled().await;
    assert_eq!(active.state, State::Active);
    assert_eq!(active.last_update, Some(LastUpdate::Successful));
    assert_ne!(active.revision, created.revision);
    assert_eq!(host.runs(), Some(code("slow 1")));

    let updating = host.update("slow 2").await.expect("begun");
    assert_eq!(updating.state, State::Active);
    assert_eq!(updating.last_update, Some(LastUpdate::InProgress));
    assert_eq!(host.runs(), Some(code("slow 1")));
    assert_eq!(
        host.update("3").await,
        Err(Refusal::UpdateInProgress(arn()))
    );
    let settings = SettingsChange::default();
    let refused = host
        .deployer
        .by(CAUSE.clone())
        .update_settings(&name(), None, settings)
        .await;
    assert_eq!(refused, Err(Refusal::UpdateInProgress(arn())));

    host.script.gate.add_permits(1);
    let updated = host.settled().await;
    assert_eq!(updated.last_update, Some(LastUpdate::Successful));
    assert_eq!(host.runs(), Some(code("slow 2")));
    host.gone("slow 1").await;

    host.deployer
        .by(CAUSE.clone())
        .delete(&name())
        .await
        .expect("deleted");
    host.gone("slow 2").await;
    let again = host.deployer.by(CAUSE.clone()).delete(&name()).await;
    assert_eq!(again, Err(Refusal::FunctionNotFound(arn())));
    assert_eq!(
        host.deployer.settled(&name()).await,
        Err(Refusal::FunctionNotFound(arn()))
    );
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let host = Host::ephemeral().await;
    let refused = host.create("bad").await;
    let reason = "It imports what nobody has.".to_owned();
    assert_eq!(refused, Err(Refusal::InvalidParameter(reason.clone())));
    assert!(!host.stores("bad"));
    assert!(host.script.has_forgotten("bad"));
    assert_eq!(host.deployer.catalog().usage(), Usage::default());

    host.create("1").await.expect("created");
    let active = host.settled().await;
    assert_eq!(host.create("2").await, Err(Refusal::FunctionExists(name())));
    assert_eq!(
        host.update("bad").await,
        Err(Refusal::InvalidParameter(reason))
    );
    let not_wasm = CodeChange {
        package: Bytes::from_static(b"PK"),
        ..code_change("")
    };
    let refused = host
        .deployer
        .by(CAUSE.clone())
        .update_code(&name(), not_wasm)
        .await;
    assert!(matches!(refused, Err(Refusal::InvalidParameter(text)) if text.contains("unzip")));
    let too_large = CodeChange {
        package: vec![0; 50 * 1024 * 1024 + 1].into(),
        ..code_change("")
    };
    let refused = host
        .deployer
        .by(CAUSE.clone())
        .update_code(&name(), too_large)
        .await;
    let limit_bytes = 50 * 1024 * 1024;
    assert_eq!(refused, Err(Refusal::PackageTooLarge { limit_bytes }));
    assert_eq!(host.settled().await, active);
}

#[tokio::test]
async fn code_that_cannot_be_compiled_fails_and_a_good_upload_heals() {
    let host = Host::ephemeral().await;
    host.create("fails").await.expect("created");
    let failed = host.settled().await;
    let State::Failed {
        reason,
        reason_code,
    } = &failed.state
    else {
        panic!("{:?}", failed.state);
    };
    assert_eq!(reason, "It cannot be compiled.");
    assert_eq!(reason_code, "FunctionError.InvalidEntryPoint");

    host.update("good").await.expect("begun");
    assert_eq!(host.settled().await.state, State::Active);
    assert_eq!(host.runs(), Some(code("good")));

    host.update("panics").await.expect("begun");
    let failed = host.settled().await;
    let Some(LastUpdate::Failed { reason_code, .. }) = &failed.last_update else {
        panic!("{:?}", failed.last_update);
    };
    assert_eq!(reason_code, "InternalError");
    assert_eq!(failed.state, State::Active);
    assert_eq!(host.runs(), Some(code("good")));
    assert!(host.stores("good"), "what runs is kept");
}

#[tokio::test]
async fn what_the_host_failed_of_is_not_told_of_the_code() {
    let host = Host::ephemeral().await;
    let refused = host.create("no-compiler").await;
    assert_eq!(refused, Err(Refusal::Internal));
    host.gone("no-compiler").await;

    host.create("no-disk").await.expect("created");
    let failed = host.settled().await;
    let State::Failed {
        reason,
        reason_code,
    } = &failed.state
    else {
        panic!("{:?}", failed.state);
    };
    assert_eq!(reason_code, "InternalError");
    assert_eq!(
        reason,
        "The host could not make the function ready; its log says why."
    );
}

#[tokio::test]
async fn an_update_counts_on_its_revision() {
    let host = Host::ephemeral().await;
    host.create("1").await.expect("created");
    let active = host.settled().await;
    let stale = CodeChange {
        expected_revision: Some("stale".into()),
        ..code_change("2")
    };
    let refused = host
        .deployer
        .by(CAUSE.clone())
        .update_code(&name(), stale)
        .await;
    assert_eq!(refused, Err(Refusal::RevisionMismatch));
    let current = Some(active.revision.to_string());
    let change = SettingsChange {
        timeout_seconds: Some(9),
        ..SettingsChange::default()
    };
    let name = name();
    let both = tokio::join!(
        host.deployer
            .by(CAUSE.clone())
            .update_settings(&name, current.clone(), change.clone()),
        host.deployer
            .by(CAUSE.clone())
            .update_settings(&name, current, change),
    );
    assert_eq!(
        usize::from(both.0.is_ok()) + usize::from(both.1.is_ok()),
        1,
        "{both:?}"
    );
}

#[tokio::test]
async fn of_two_updates_at_once_one_is_told_of_the_other() {
    let host = Host::ephemeral().await;
    host.create("1").await.expect("created");
    host.settled().await;
    let both = tokio::join!(host.update("slow 2"), host.update("slow 3"));
    let ((Ok(winner), Err(refused)) | (Err(refused), Ok(winner))) = both else {
        panic!("{both:?}");
    };
    assert_eq!(refused, Refusal::UpdateInProgress(arn()));
    host.script.gate.add_permits(2);
    assert_eq!(host.settled().await.code, winner.code);
    let loser = if winner.code == code("slow 2") {
        "slow 3"
    } else {
        "slow 2"
    };
    assert!(!host.stores(loser));
    assert!(host.script.has_forgotten(loser));
}

#[tokio::test]
async fn of_two_creations_at_once_one_wins_and_shared_code_stays() {
    let host = Host::ephemeral().await;
    let both = tokio::join!(host.create("same"), host.create("same"));
    let ((Ok(_), Err(refused)) | (Err(refused), Ok(_))) = both else {
        panic!("{both:?}");
    };
    assert_eq!(refused, Refusal::FunctionExists(name()));
    assert_eq!(host.settled().await.state, State::Active);
    assert!(host.stores("same"));
    let package = host
        .deployer
        .package(code("same").package)
        .await
        .expect("read");
    assert_eq!(package, Some(wasm("same")));
}

#[tokio::test]
async fn new_settings_are_in_progress_in_the_answer_and_then_in_force() {
    let host = Host::ephemeral().await;
    host.create("1").await.expect("created");
    host.settled().await;
    let change = SettingsChange {
        memory_mb: Some(512),
        ..SettingsChange::default()
    };
    let begun = host
        .deployer
        .by(CAUSE.clone())
        .update_settings(&name(), None, change)
        .await
        .expect("begun");
    assert_eq!(begun.last_update, Some(LastUpdate::InProgress));
    assert_eq!(begun.settings.memory_mb, 512);
    let ended = host.settled().await;
    assert_eq!(ended.last_update, Some(LastUpdate::Successful));
    assert_ne!(ended.revision, begun.revision);
    assert_eq!(host.record().running, Some(ended));
}

#[tokio::test(start_paused = true)]
async fn an_update_is_in_progress_for_a_while_even_where_nothing_is_to_be_done() {
    let host = Host::ephemeral().await;
    let created = Instant::now();
    host.create("1").await.expect("created");
    host.settled().await;
    assert_eq!(
        created.elapsed(),
        Duration::ZERO,
        "a creation need not wait"
    );
    let begun = Instant::now();
    let settings = SettingsChange::default();
    let updated = host
        .deployer
        .by(CAUSE.clone())
        .update_settings(&name(), None, settings)
        .await;
    updated.expect("begun");
    host.settled().await;
    assert!(begun.elapsed() >= UPDATE_DURATION_MIN);
    let begun = Instant::now();
    host.update("1").await.expect("begun");
    host.settled().await;
    assert!(begun.elapsed() >= UPDATE_DURATION_MIN);
}

#[tokio::test]
async fn the_code_of_a_version_is_kept_until_the_version_is_deleted() {
    let host = Host::ephemeral().await;
    let first = NewFunction {
        publish: true,
        ..new_function("1")
    };
    let first = host
        .deployer
        .by(CAUSE.clone())
        .create(first)
        .await
        .expect("created");
    assert_eq!(first.id, VersionId::Number(1));
    host.settled().await;
    host.update("2").await.expect("begun");
    host.settled().await;
    assert!(host.stores("1"), "version 1 needs it");
    assert!(!host.script.has_forgotten("1"));
    let second = host
        .deployer
        .by(CAUSE.clone())
        .publish(&name(), Publication::default())
        .await;
    assert_eq!(second.expect("published").id, VersionId::Number(2));
    let usage = host.deployer.catalog().usage();
    assert_eq!(usage.package_bytes, 3 * code("1").package_bytes);

    host.deployer
        .by(CAUSE.clone())
        .delete_version(&name(), 1)
        .await
        .expect("deleted");
    assert!(!host.stores("1") && host.script.has_forgotten("1"));
    host.deployer
        .by(CAUSE.clone())
        .delete_version(&name(), 2)
        .await
        .expect("deleted");
    assert!(host.stores("2"), "$LATEST needs it");
    host.deployer
        .by(CAUSE.clone())
        .delete(&name())
        .await
        .expect("deleted");
    host.gone("2").await;
    assert_eq!(host.deployer.catalog().usage(), Usage::default());
}

#[tokio::test]
async fn a_dry_run_checks_and_changes_nothing() {
    let host = Host::ephemeral().await;
    host.create("1").await.expect("created");
    let active = host.settled().await;
    let dry = |code| CodeChange {
        dry_run: true,
        ..code_change(code)
    };
    let answer = host
        .deployer
        .by(CAUSE.clone())
        .update_code(&name(), dry("2"))
        .await;
    assert_eq!(answer.expect("checked"), active);
    assert!(!host.stores("2"));
    assert!(host.script.has_forgotten("2"));
    let refused = host
        .deployer
        .by(CAUSE.clone())
        .update_code(&name(), dry("bad"))
        .await;
    assert!(matches!(refused, Err(Refusal::InvalidParameter(_))));
    assert_eq!(host.settled().await, active);
}

#[tokio::test]
async fn the_same_code_again_is_an_update_of_its_own() {
    let host = Host::ephemeral().await;
    host.create("1").await.expect("created");
    let active = host.settled().await;
    let begun = host.update("1").await.expect("begun");
    assert_eq!(begun.last_update, Some(LastUpdate::InProgress));
    let ended = host.settled().await;
    assert_ne!(ended.revision, active.revision);
    assert!(host.stores("1"));
    assert!(!host.script.has_forgotten("1"));
}

#[tokio::test]
async fn a_function_deleted_while_it_is_compiled_leaves_nothing() {
    let host = Host::ephemeral().await;
    host.create("slow").await.expect("created");
    host.deployer
        .by(CAUSE.clone())
        .delete(&name())
        .await
        .expect("deleted");
    // The compilation goes on, and what it makes goes when it ends.
    assert!(!host.script.has_forgotten("slow"));
    host.script.gate.add_permits(1);
    host.gone("slow").await;
    assert!(host.script.has_finished("slow"));
    assert_eq!(host.deployer.catalog().usage(), Usage::default());
}

#[tokio::test]
async fn a_late_result_does_not_touch_the_function_that_was_created_anew() {
    let host = Host::ephemeral().await;
    host.create("slow fails").await.expect("created");
    host.deployer
        .by(CAUSE.clone())
        .delete(&name())
        .await
        .expect("deleted");
    let anew = host.create("slow good").await.expect("created anew");
    // One of them ends, then the other, in whatever order.
    host.script.gate.add_permits(2);
    let settled = host.settled().await;
    host.gone("slow fails").await;
    assert_eq!(settled.state, State::Active);
    assert_eq!(settled.code, anew.code);
    assert_eq!(host.settled().await, settled);
}

#[tokio::test]
async fn a_caller_who_leaves_does_not_stop_a_creation() {
    let host = Host::ephemeral().await;
    let deployer = Arc::clone(&host.deployer);
    let caller = tokio::spawn(async move {
        deployer
            .by(CAUSE.clone())
            .create(new_function("slow-check"))
            .await
    });
    host.script
        .checks_begun
        .acquire()
        .await
        .expect("open")
        .forget();
    let mut changes = host.deployer.pipeline.changes.subscribe();
    caller.abort();
    assert!(caller.await.expect_err("gone").is_cancelled());
    assert_eq!(host.deployer.catalog().usage(), Usage::default());

    host.script.gate.add_permits(2);
    changes.changed().await.expect("a change");
    assert_eq!(host.settled().await.state, State::Active);
}

#[tokio::test]
async fn code_that_several_functions_have_stays_until_the_last_one_goes() {
    let host = Host::ephemeral().await;
    let other = FunctionName::parse("other").expect("a name");
    host.create("shared").await.expect("created");
    let second = NewFunction {
        name: other.clone(),
        ..new_function("shared")
    };
    host.deployer
        .by(CAUSE.clone())
        .create(second)
        .await
        .expect("created");
    host.settled().await;
    host.deployer.settled(&other).await.expect("settled");
    host.deployer
        .by(CAUSE.clone())
        .delete(&name())
        .await
        .expect("deleted");
    assert!(host.stores("shared"));
    assert!(!host.script.has_forgotten("shared"));
    host.deployer
        .by(CAUSE.clone())
        .delete(&other)
        .await
        .expect("deleted");
    host.gone("shared").await;
    let package = host.deployer.package(code("shared").package).await;
    assert_eq!(package.expect("looked up"), None);
}

#[tokio::test]
async fn code_that_is_being_deployed_outlives_its_last_version() {
    let host = Host::ephemeral().await;
    host.script.gate.add_permits(2);
    host.create("slow-check").await.expect("created");
    host.settled().await;
    host.script
        .checks_begun
        .acquire()
        .await
        .expect("open")
        .forget();

    let other = FunctionName::parse("other").expect("a name");
    let (deployer, second) = (Arc::clone(&host.deployer), other.clone());
    let creation = tokio::spawn(async move {
        let new = NewFunction {
            name: second,
            ..new_function("slow-check")
        };
        deployer.by(CAUSE.clone()).create(new).await
    });
    host.script
        .checks_begun
        .acquire()
        .await
        .expect("open")
        .forget();
    host.deployer
        .by(CAUSE.clone())
        .delete(&name())
        .await
        .expect("deleted");
    assert!(host.stores("slow-check"));
    assert!(!host.script.has_forgotten("slow-check"));

    host.script.gate.add_permits(2);
    creation.await.expect("whole").expect("created");
    host.deployer.settled(&other).await.expect("settled");
    assert!(host.stores("slow-check"));
    assert!(!host.script.has_forgotten("slow-check"));
    host.deployer
        .by(CAUSE.clone())
        .delete(&other)
        .await
        .expect("deleted");
    host.gone("slow-check").await;
}

#[tokio::test]
async fn what_waits_to_be_compiled_holds_up_no_deploy() {
    let host = Host::ephemeral().await;
    for number in 0..2 * crate::limits::CONCURRENT_DEPLOYS_MAX {
        let new = NewFunction {
            name: FunctionName::parse(&format!("slow-{number}")).expect("a name"),
            ..new_function("slow")
        };
        host.deployer
            .by(CAUSE.clone())
            .create(new)
            .await
            .expect("answered");
    }
    host.create("1").await.expect("answered");
    assert_eq!(host.settled().await.state, State::Active);
    let unpacking = &host.deployer.figures().stages[0];
    assert_eq!((unpacking.0, unpacking.1.served), ("unpack", 0));
}

#[test]
fn creating_and_deleting_the_same_code_from_many_sides_never_loses_it() {
    let runtime = Runtime::new().expect("a runtime");
    let host = runtime.block_on(Host::ephemeral());
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let (deployer, packages) = (Arc::clone(&host.deployer), Arc::clone(&host.packages));
            runtime.spawn(async move {
                let name = FunctionName::parse(&format!("f{number}")).expect("a name");
                for _ in 0..40 {
                    let new = NewFunction {
                        name: name.clone(),
                        ..new_function("shared")
                    };
                    deployer
                        .by(CAUSE.clone())
                        .create(new)
                        .await
                        .expect("created");
                    let settled = deployer.settled(&name).await.expect("settled");
                    let stored = packages.get(settled.code.package).await.expect("read");
                    assert!(stored.is_some(), "a function lost its package");
                    deployer
                        .by(CAUSE.clone())
                        .delete(&name)
                        .await
                        .expect("deleted");
                }
            })
        })
        .collect();
    for task in tasks {
        runtime.block_on(task).expect("no loss");
    }
    runtime.block_on(host.gone("shared"));
    assert_eq!(host.deployer.catalog().usage(), Usage::default());
}

#[tokio::test]
async fn components_come_back_out_of_stored_packages() {
    let host = Host::ephemeral().await;
    host.store("1");
    let source = StoredComponents(Arc::clone(&host.packages));
    let component = source.component(&code("1")).await;
    assert_eq!(component.expect("read"), wasm("1"));
    let other = Code {
        component: Digest::of(b"another"),
        ..code("1")
    };
    let refused = source.component(&other).await;
    let sentence = refused.expect_err("refused").to_string();
    assert!(sentence.contains("deploy the function again"), "{sentence}");
    let refused = source.component(&code("2")).await;
    let sentence = refused.expect_err("refused").to_string();
    assert!(sentence.contains("is gone"), "{sentence}");
}
