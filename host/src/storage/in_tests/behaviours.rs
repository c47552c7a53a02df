//! What all implementations of content and of leases do.

use std::sync::Arc;

use bytes::Bytes;

use crate::domain::Digest;
use crate::limits::LEASE_DURATION;
use crate::storage::{Content, ContentFiles, DataDir, Held, Leases, MemoryContent, MemoryLeases};

/// Tests of each of `$behaviour` with what `$open` gives, and whatever has to live as long.
macro_rules! behaviours {
    ($implementation:ident, $open:expr, $($behaviour:ident),*) => {
        mod $implementation {
            use super::*;

            $(#[tokio::test]
            async fn $behaviour() {
                let (_keep, store) = $open;
                super::$behaviour(store).await;
            })*
        }
    };
}

macro_rules! content_behaviours {
    ($implementation:ident, $open:expr) => {
        behaviours!(
            $implementation,
            $open,
            what_is_put_is_got_until_it_is_removed,
            what_is_put_again_is_there_once,
            content_that_nothing_refers_to_need_not_be_kept
        );
    };
}

macro_rules! lease_behaviours {
    ($implementation:ident, $open:expr) => {
        behaviours!(
            $implementation,
            $open,
            a_lease_has_one_holder_at_a_time,
            whoever_waits_for_a_lease_finds_it_free,
            leases_that_are_held_are_found_by_how_their_names_begin
        );
    };
}

content_behaviours!(
    content_in_memory,
    ((), Arc::new(MemoryContent::default()) as Arc<dyn Content>)
);
content_behaviours!(content_in_files, {
    let temp = tempfile::tempdir().expect("a directory");
    let data_dir = DataDir::open(temp.path()).expect("opened");
    let content = ContentFiles::in_dir(&data_dir, "packages").expect("a store");
    (temp, Arc::new(content) as Arc<dyn Content>)
});
lease_behaviours!(
    leases_in_memory,
    ((), Arc::new(MemoryLeases::default()) as Arc<dyn Leases>)
);

async fn put(store: &Arc<dyn Content>, content: &'static [u8]) -> Digest {
    let digest = Digest::of(content);
    store
        .put(digest, Bytes::from_static(content))
        .await
        .expect("stored");
    digest
}

async fn what_is_put_is_got_until_it_is_removed(store: Arc<dyn Content>) {
    let (one, two) = (put(&store, b"one").await, put(&store, b"two").await);
    assert_eq!(
        store.get(one).await.expect("read").as_deref(),
        Some(&b"one"[..])
    );
    let mut digests = store.digests().await.expect("listed");
    digests.sort();
    let mut both = [one, two];
    both.sort();
    assert_eq!(digests, both);
    store.remove(one).await.expect("removed");
    store.remove(one).await.expect("removed twice");
    assert_eq!(store.get(one).await.expect("read"), None);
    assert_eq!(store.digests().await.expect("listed"), [two]);
}

async fn what_is_put_again_is_there_once(store: Arc<dyn Content>) {
    let digest = put(&store, b"content").await;
    assert_eq!(put(&store, b"content").await, digest);
    assert_eq!(store.digests().await.expect("listed"), [digest]);
    assert_eq!(
        store.get(digest).await.expect("read").as_deref(),
        Some(&b"content"[..])
    );
}

async fn content_that_nothing_refers_to_need_not_be_kept(store: Arc<dyn Content>) {
    assert_eq!(store.orphans_kept_by().await.expect("looked"), None);
}

async fn take(leases: &Arc<dyn Leases>, what: &str) -> Option<Held> {
    leases.take(what, LEASE_DURATION).await.expect("asked")
}

async fn a_lease_has_one_holder_at_a_time(leases: Arc<dyn Leases>) {
    let held = take(&leases, "work/a").await.expect("it is free");
    assert!(!held.has_lapsed());
    assert!(take(&leases, "work/a").await.is_none());
    assert!(take(&leases, "work/b").await.is_some());
    drop(held);
    assert!(take(&leases, "work/a").await.is_some());
}

async fn whoever_waits_for_a_lease_finds_it_free(leases: Arc<dyn Leases>) {
    let held = take(&leases, "work/a").await.expect("it is free");
    let waiting = {
        let leases = Arc::clone(&leases);
        tokio::spawn(async move {
            loop {
                match take(&leases, "work/a").await {
                    Some(held) => return held,
                    None => leases.freed("work/a").await.expect("waited"),
                }
            }
        })
    };
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    drop(held);
    drop(waiting.await.expect("it got the lease"));
    leases.freed("work/a").await.expect("nobody has it");
}

async fn leases_that_are_held_are_found_by_how_their_names_begin(leases: Arc<dyn Leases>) {
    let held = [
        take(&leases, "claim/a/1").await,
        take(&leases, "claim/a/2").await,
        take(&leases, "claim/b/1").await,
    ];
    let mut found = leases.held("claim/a/").await.expect("listed");
    found.sort();
    assert_eq!(found, ["claim/a/1", "claim/a/2"]);
    drop(held);
    assert!(leases.held("claim/").await.expect("listed").is_empty());
}
