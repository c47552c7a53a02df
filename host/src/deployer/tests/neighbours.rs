//! Hosts that share what they work on.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use super::super::jobs::Job;
use super::super::*;
use super::host::{Host, code, name, wasm};
use crate::catalog::in_tests::BehindJournal;
use crate::catalog::in_tests::CAUSE;
use crate::catalog::{Journal, MemoryJournal};
use crate::domain::samples;
use crate::limits::LEASE_DURATION;
use crate::storage::{Fut, Held, MemoryContent, MemoryLeases, StorageError};

/// A host that has all but its leases for itself.
async fn with_leases(leases: Arc<dyn Leases>) -> Host {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
    let packages: Arc<dyn Content> = Arc::new(MemoryContent::default());
    Host::of(Account::default(), (journal, packages, leases)).await
}

/// Has a function be there that waits for its code, as if a neighbour had made it.
async fn put_pending(host: &Host) {
    let (name, settings) = (name(), samples::settings());
    let pending = lifecycle::created(name.clone(), settings, code("1"), BTreeMap::new(), stamp());
    let catalog = host.deployer.catalog();
    let put = catalog.change(&CAUSE, &name, |_| Ok(Some(pending.clone())));
    put.await.expect("put");
}

#[tokio::test]
async fn a_package_stays_that_a_function_of_another_account_has() {
    let other = Account {
        id: "999999999999".into(),
        ..Account::default()
    };
    let [host, neighbour] = Host::sharing([Account::default(), other]).await;
    for host in [&host, &neighbour] {
        host.create("shared").await.expect("created");
        host.settled().await;
    }
    host.deployer.recover().await.expect("recovered");
    assert!(host.stores("shared"));
    host.deployer
        .by(CAUSE.clone())
        .delete(&name())
        .await
        .expect("deleted");
    assert!(neighbour.stores("shared"));
    neighbour
        .deployer
        .by(CAUSE.clone())
        .delete(&name())
        .await
        .expect("deleted");
    neighbour.gone("shared").await;
}

#[tokio::test]
async fn work_that_a_neighbour_has_ended_is_not_begun_where_its_end_is_not_seen_yet() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
    let packages: Arc<dyn Content> = Arc::new(MemoryContent::default());
    let leases: Arc<dyn Leases> = Arc::new(MemoryLeases::default());
    let stores = (
        Arc::clone(&journal),
        Arc::clone(&packages),
        Arc::clone(&leases),
    );
    let host = Host::of(Account::default(), stores).await;
    let behind = BehindJournal::around(journal);
    let stores = (Arc::clone(&behind) as Arc<dyn Journal>, packages, leases);
    let neighbour = Host::of(Account::default(), stores).await;

    host.create("slow").await.expect("created");
    let mut changes = neighbour.deployer.pipeline.changes.subscribe();
    while neighbour.deployer.catalog().get(&name()).is_none() {
        changes.changed().await.expect("a change");
    }
    behind.hold();
    host.script.gate.add_permits(1);
    host.settled().await;
    neighbour.script.gate.add_permits(1);
    assert_eq!(neighbour.settled().await.state, State::Active);
    assert_eq!(neighbour.script.checks_begun.available_permits(), 0);
}

#[tokio::test]
async fn whoever_waits_is_told_when_a_job_has_broken_off() {
    let host = Host::ephemeral().await;
    let changes = host.deployer.pipeline.changes.subscribe();
    let working = host.deployer.pipeline.in_hand.begin(Job::Work(name()));
    assert!(!changes.has_changed().expect("open"));
    drop(working);
    assert!(changes.has_changed().expect("open"));
}

#[tokio::test]
async fn a_host_that_waits_for_a_neighbour_can_be_dropped() {
    let leases = Arc::new(MemoryLeases::default());
    let host = with_leases(Arc::clone(&leases) as Arc<dyn Leases>).await;
    let lease = Job::Work(name()).lease(&Account::default());
    let held = leases.take(&lease, LEASE_DURATION).await.expect("given");
    put_pending(&host).await;
    let pipeline = Arc::downgrade(&host.deployer.pipeline);
    drop(host);
    assert!(held.is_some() && pipeline.upgrade().is_none());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_done_is_tried_ever_more_seldom() {
    struct NoLeases(AtomicU32);

    impl Leases for NoLeases {
        fn take<'a>(
            &'a self,
            _what: &'a str,
            _ttl: Duration,
        ) -> Fut<'a, Result<Option<Held>, StorageError>> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Box::pin(async { Err(StorageError::of("they are away")) })
        }

        fn held<'a>(&'a self, _prefix: &'a str) -> Fut<'a, Result<Vec<String>, StorageError>> {
            Box::pin(async { Ok(Vec::new()) })
        }

        fn freed<'a>(&'a self, _what: &'a str) -> Fut<'a, Result<(), StorageError>> {
            Box::pin(async { Ok(()) })
        }
    }

    let leases = Arc::new(NoLeases(AtomicU32::new(0)));
    let host = with_leases(Arc::clone(&leases) as Arc<dyn Leases>).await;
    put_pending(&host).await;
    // A minute in which nothing else happens passes at once.
    let name = name();
    let waited = tokio::time::timeout(Duration::from_secs(60), host.deployer.settled(&name));
    assert!(waited.await.is_err());
    // After 1, 3, 7, 15 and 31 s, and at first.
    assert_eq!(leases.0.load(Ordering::SeqCst), 6);
}

#[tokio::test(start_paused = true)]
async fn what_panics_while_it_is_done_is_tried_again() {
    let host = Host::ephemeral().await;
    host.store("1");
    host.script.check_panics.store(2, Ordering::SeqCst);
    put_pending(&host).await;
    let name = name();
    let waited = tokio::time::timeout(Duration::from_secs(60), host.deployer.settled(&name));
    let settled = waited.await.expect("it is done").expect("it exists");
    assert_eq!(settled.state, State::Active);
}

#[tokio::test]
async fn a_function_is_seen_to_again_after_whoever_saw_to_it_has_panicked() {
    /// The first lease on work that is asked for is none.
    #[derive(Default)]
    struct Broken {
        leases: MemoryLeases,
        has_panicked: AtomicBool,
    }

    impl Leases for Broken {
        fn take<'a>(
            &'a self,
            what: &'a str,
            ttl: Duration,
        ) -> Fut<'a, Result<Option<Held>, StorageError>> {
            if what.starts_with("work/") && !self.has_panicked.swap(true, Ordering::SeqCst) {
                panic!("as the test says");
            }
            self.leases.take(what, ttl)
        }

        fn held<'a>(&'a self, prefix: &'a str) -> Fut<'a, Result<Vec<String>, StorageError>> {
            self.leases.held(prefix)
        }

        fn freed<'a>(&'a self, what: &'a str) -> Fut<'a, Result<(), StorageError>> {
            self.leases.freed(what)
        }
    }

    let leases = Arc::new(Broken::default());
    let host = with_leases(Arc::clone(&leases) as Arc<dyn Leases>).await;
    host.store("1");
    put_pending(&host).await;
    while !leases.has_panicked.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
    let name = name();
    let tagged = host.deployer.catalog().change(&CAUSE, &name, |record| {
        let mut record = record.expect("there").clone();
        record.tags.insert("changed".into(), String::new());
        Ok(Some(record))
    });
    tagged.await.expect("changed");
    let waited = tokio::time::timeout(Duration::from_secs(30), host.deployer.settled(&name));
    let settled = waited.await.expect("it is done").expect("it exists");
    assert_eq!(settled.state, State::Active);
}

/// Leases whose holders can all be taken for gone.
#[derive(Default)]
struct Lapsing {
    leases: MemoryLeases,
    lapsed: Mutex<Vec<watch::Sender<bool>>>,
}

impl Lapsing {
    fn lapse(&self) {
        for lapsed in self.lapsed.lock().expect("a lock").iter() {
            lapsed.send_replace(true);
        }
    }
}

impl Leases for Lapsing {
    fn take<'a>(
        &'a self,
        what: &'a str,
        ttl: Duration,
    ) -> Fut<'a, Result<Option<Held>, StorageError>> {
        Box::pin(async move {
            let held = self.leases.take(what, ttl).await?;
            let (sender, lapsed) = watch::channel(false);
            self.lapsed.lock().expect("a lock").push(sender);
            Ok(held.map(|held| Held::new(lapsed, move || drop(held))))
        })
    }

    fn held<'a>(&'a self, prefix: &'a str) -> Fut<'a, Result<Vec<String>, StorageError>> {
        self.leases.held(prefix)
    }

    fn freed<'a>(&'a self, what: &'a str) -> Fut<'a, Result<(), StorageError>> {
        self.leases.freed(what)
    }
}

#[tokio::test]
async fn a_snapshot_that_a_neighbour_removed_meanwhile_is_stored_again() {
    let leases = Arc::new(Lapsing::default());
    let host = with_leases(Arc::clone(&leases) as Arc<dyn Leases>).await;
    // It waits when its own code is checked, and when its snapshot is.
    host.script.gate.add_permits(2);
    let check_begun = async || {
        let begun = host.script.checks_begun.acquire().await;
        begun.expect("open").forget();
    };
    host.create_and_publish("slow-check").await;
    check_begun().await;
    check_begun().await;
    let image = "image of slow-check";
    assert!(host.stores(image));
    leases.lapse();
    let removed = host.packages.remove(Digest::of(&wasm(image)));
    removed.await.expect("removed");
    host.script.gate.add_permits(2);
    let ready = host.deployer.ready(&name(), VersionId::Number(1)).await;
    assert!(ready.expect("there").is_snapshotted());
    assert!(host.stores(image));
}

#[tokio::test]
async fn compiled_code_is_forgotten_at_every_host_when_its_function_is_deleted_at_one() {
    let [host, neighbour] = Host::sharing([Account::default(), Account::default()]).await;
    host.create("1").await.expect("created");
    host.settled().await;
    host.deployer
        .by(CAUSE.clone())
        .delete(&name())
        .await
        .expect("deleted");
    while !neighbour.script.has_forgotten("1") {
        let forgets = neighbour.script.forgets.acquire().await;
        forgets.expect("open").forget();
    }
}
