//! A disk that has no room: nothing is begun, and whatever makes room is done.

use crate::domain::Publication;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::*;
use crate::catalog::in_tests::CAUSE;
use crate::catalog::{Journal, MemoryJournal};
use crate::domain::{Growing, Snapshot};
use crate::limits::UNSTORED_IMAGES_BYTES_MAX;
use crate::storage::{Fut, MemoryContent, MemoryLeases, NoRoom, Promise, StorageError};

/// Content that has no room where a test says so.
#[derive(Default)]
struct Bounded {
    content: MemoryContent,
    is_full: AtomicBool,
}

impl Content for Bounded {
    fn put(&self, digest: Digest, content: Bytes) -> Fut<'_, Result<(), StorageError>> {
        self.content.put(digest, content)
    }

    fn get(&self, digest: Digest) -> Fut<'_, Result<Option<Bytes>, StorageError>> {
        self.content.get(digest)
    }

    fn remove(&self, digest: Digest) -> Fut<'_, Result<(), StorageError>> {
        self.content.remove(digest)
    }

    fn digests(&self) -> Fut<'_, Result<Vec<Digest>, StorageError>> {
        self.content.digests()
    }

    fn room(
        &self,
        _content: Option<(Digest, u64)>,
        _beside: u64,
    ) -> Fut<'_, Result<Promise, NoRoom>> {
        let room = match self.is_full.load(Ordering::SeqCst) {
            true => Err(NoRoom("The disk is full.".into())),
            false => Ok(Promise::default()),
        };
        Box::pin(async { room })
    }
}

async fn host() -> (Host, Arc<Bounded>) {
    let content = Arc::new(Bounded::default());
    let stores = (
        Arc::new(MemoryJournal::default()) as Arc<dyn Journal>,
        Arc::clone(&content) as Arc<dyn Content>,
        Arc::new(MemoryLeases::default()) as Arc<dyn Leases>,
    );
    (Host::of(Account::default(), stores).await, content)
}

fn no_room(growing: Growing) -> Refusal {
    Refusal::NoRoom(growing, "The disk is full.".into())
}

/// Gives the function so many tags.
async fn tagged(host: &Host, tags: usize) -> Result<(), Refusal> {
    let tags: BTreeMap<_, _> = (0..tags)
        .map(|number| (format!("tag-{number}"), "value".to_owned()))
        .collect();
    let name = name();
    let amended = host.deployer.by(CAUSE.clone()).amend(&name, move |record| {
        let mut after = record.clone();
        after.tags.clone_from(&tags);
        Ok((after, ()))
    });
    amended.await
}

#[tokio::test]
async fn nothing_is_begun_without_room() {
    let (host, content) = host().await;
    content.is_full.store(true, Ordering::SeqCst);
    assert_eq!(host.create("1").await, Err(no_room(Growing::Code)));
    assert_eq!(host.deployer.catalog().usage(), Usage::default());
    assert!(!host.stores("1"));
    assert!(!host.script.has_finished("1"));

    content.is_full.store(false, Ordering::SeqCst);
    host.create("1").await.expect("created");
    host.settled().await;
    content.is_full.store(true, Ordering::SeqCst);
    let before = host.record();
    assert_eq!(host.update("2").await, Err(no_room(Growing::Code)));
    let published = host
        .deployer
        .by(CAUSE.clone())
        .publish(&name(), Publication::default())
        .await;
    assert_eq!(published, Err(no_room(Growing::Code)));
    assert_eq!(tagged(&host, 3).await, Err(no_room(Growing::Configuration)));
    assert!(Arc::ptr_eq(&host.record(), &before));
}

#[tokio::test]
async fn without_room_what_is_there_becomes_smaller_and_goes() {
    let (host, content) = host().await;
    host.create("1").await.expect("created");
    host.settled().await;
    tagged(&host, 3).await.expect("tagged");
    content.is_full.store(true, Ordering::SeqCst);
    tagged(&host, 2).await.expect("a tag less");
    assert_eq!(host.record().tags.len(), 2);
    host.deployer
        .by(CAUSE.clone())
        .delete(&name())
        .await
        .expect("deleted");
    host.gone("1").await;
}

/// A deployment that was begun ends, whatever has become of the disk.
#[tokio::test]
async fn without_room_what_was_begun_ends() {
    let (host, content) = host().await;
    host.create("slow 1").await.expect("created");
    content.is_full.store(true, Ordering::SeqCst);
    host.script.gate.add_permits(1);
    assert_eq!(host.settled().await.state, State::Active);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_without_room_is_taken_again_when_there_is_some() {
    let (host, content) = host().await;
    host.create_and_publish("late-init").await;
    content.is_full.store(true, Ordering::SeqCst);
    host.script.gate.add_permits(2);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let version = host.deployer.catalog().get(&name()).expect("there");
    assert_eq!(version.versions[&1].state, State::Pending);
    assert_eq!(host.initializations(), 1, "not while there is no room");
    content.is_full.store(false, Ordering::SeqCst);
    assert!(host.first().await.is_snapshotted());
    assert_eq!(host.initializations(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_image_that_finds_no_memory_until_it_is_stored_is_taken_again_when_there_is_some() {
    let (host, _content) = host().await;
    host.create_and_publish("late-init").await;
    let images = &host.deployer.pipeline.images;
    let others = images.take(&"999999999999".into(), UNSTORED_IMAGES_BYTES_MAX);
    assert!(others.is_some());
    host.script.gate.add_permits(2);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let version = host.deployer.catalog().get(&name()).expect("there");
    assert_eq!(version.versions[&1].state, State::Pending);
    assert_eq!(host.initializations(), 1, "not while there is no memory");
    drop(others);
    assert!(host.first().await.is_snapshotted());
    assert_eq!(host.initializations(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_version_runs_without_a_snapshot_that_has_no_room_for_long() {
    let (host, content) = host().await;
    host.create_and_publish("late-init").await;
    content.is_full.store(true, Ordering::SeqCst);
    host.script.gate.add_permits(1);
    let version = host.first().await;
    assert_eq!(version.state, State::Active);
    let Some(Snapshot::Impossible { reason }) = &version.snapshot else {
        panic!("{:?}", version.snapshot);
    };
    assert!(reason.contains("The disk is full."), "{reason}");
}
