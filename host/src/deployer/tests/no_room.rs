//! A disk that has no room: nothing is begun, and whatever makes room is done.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::catalog::{Journal, MemoryJournal};
use crate::domain::Growing;
use crate::storage::{Fut, MemoryContent, MemoryLeases, NoRoom, StorageError};

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

    fn room(&self, _bytes: u64, _beside: u64) -> Fut<'_, Result<(), NoRoom>> {
        let room = match self.is_full.load(Ordering::SeqCst) {
            true => Err(NoRoom("The disk is full.".into())),
            false => Ok(()),
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
    let amended = host.deployer.amend(&name, move |record| {
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
    let published = host.deployer.publish(&name(), Publication::default()).await;
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
    host.deployer.delete(&name()).await.expect("deleted");
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
