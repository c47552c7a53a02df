//! Group commit: one thread makes the changes of all callers durable, many a transaction.
//!
//! While one transaction waits for the disk, the changes for the next one gather. So the disk's pace
//! bounds how long a caller waits, and not how many callers are served.

use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use super::change::Change;
use super::store::Store;
use crate::events::log::LogError;
use crate::limits::{EVENT_COMMIT_BYTES_MAX, EVENT_COMMIT_CHANGES_MAX};

/// What is done on the writer's thread when changes are durable, or could not be made so.
type Afterwards = Box<dyn FnOnce(Result<(), LogError>) + Send>;

struct Commit {
    changes: Vec<Change>,
    afterwards: Afterwards,
}

/// The thread that writes. It ends, and is waited for, when this is dropped.
pub(super) struct Writer {
    sender: Option<mpsc::Sender<Commit>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(store: Store) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(EVENT_COMMIT_CHANGES_MAX);
        let thread = std::thread::Builder::new()
            .name("events-writer".into())
            .spawn(move || write(&store, receiver))?;
        Ok(Self {
            sender: Some(sender),
            thread: Some(thread),
        })
    }

    /// Makes `changes` durable together, then calls `afterwards`, even where nobody waits any more:
    /// the order of calls is the order of commits.
    ///
    /// # Errors
    /// When they could not be written: then none of them is there.
    pub(super) async fn commit(
        &self,
        changes: Vec<Change>,
        afterwards: impl FnOnce(&Result<(), LogError>) + Send + 'static,
    ) -> Result<(), LogError> {
        let (done, written) = oneshot::channel();
        let commit = Commit {
            changes,
            afterwards: Box::new(move |result| {
                afterwards(&result);
                // Whoever asked may have gone.
                let _ = done.send(result);
            }),
        };
        let gone = || LogError::Failed("the thread that writes events has ended".into());
        let sender = self.sender.as_ref().ok_or_else(gone)?;
        sender.send(commit).await.map_err(|_| gone())?;
        written.await.map_err(|_| gone())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            // A panic of it was seen by those who waited for it.
            let _ = thread.join();
        }
    }
}

fn write(store: &Store, mut receiver: mpsc::Receiver<Commit>) {
    while let Some(first) = receiver.blocking_recv() {
        let commits = gathered(first, &mut receiver);
        match write_all(store, &commits) {
            // What removes something may have room, and make some, where all of it together has none.
            Err(LogError::NoRoom(_)) if commits.len() > 1 => {
                for commit in commits {
                    let result = write_all(store, std::slice::from_ref(&commit));
                    (commit.afterwards)(told(result));
                }
            }
            result => {
                let result = told(result);
                for commit in commits {
                    (commit.afterwards)(result.clone());
                }
            }
        }
    }
}

fn write_all(store: &Store, commits: &[Commit]) -> Result<(), LogError> {
    store.commit(commits.iter().flat_map(|commit| &commit.changes))
}

fn told(result: Result<(), LogError>) -> Result<(), LogError> {
    if let Err(error) = &result {
        tracing::error!(%error, "events are not durable");
    }
    result
}

/// What has come in behind `first`, within the bounds of one transaction.
fn gathered(first: Commit, receiver: &mut mpsc::Receiver<Commit>) -> Vec<Commit> {
    let size = |commit: &Commit| -> usize { commit.changes.iter().map(Change::bytes).sum() };
    let (mut bytes, mut changes) = (size(&first), first.changes.len());
    let mut commits = vec![first];
    while bytes < EVENT_COMMIT_BYTES_MAX
        && changes < EVENT_COMMIT_CHANGES_MAX
        && let Ok(next) = receiver.try_recv()
    {
        bytes += size(&next);
        changes += next.changes.len();
        commits.push(next);
    }
    commits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::event::EventId;
    use crate::events::log::sqlite::tests::store;
    use crate::events::tests::event;
    use std::sync::{Arc, Mutex};

    fn accept(id: u64, payload: &'static str) -> Change {
        Change::Accept(Arc::new(event(id, payload)))
    }

    fn commit(id: u64, payload: &'static str) -> Commit {
        Commit {
            changes: vec![accept(id, payload)],
            afterwards: Box::new(|_| ()),
        }
    }

    #[test]
    fn what_has_come_in_goes_into_one_transaction_within_its_bounds() {
        let (sender, mut receiver) = mpsc::channel(EVENT_COMMIT_CHANGES_MAX + 10);
        for id in 0..EVENT_COMMIT_CHANGES_MAX as u64 + 5 {
            sender.try_send(commit(id, "1")).expect("room");
        }
        let first = receiver.try_recv().expect("a commit");
        let batch = gathered(first, &mut receiver);
        assert_eq!(batch.len(), EVENT_COMMIT_CHANGES_MAX);

        let (sender, mut receiver) = mpsc::channel(10);
        let half: &'static str = "x".repeat(EVENT_COMMIT_BYTES_MAX / 2).leak();
        for id in 0..3 {
            sender.try_send(commit(id, half)).expect("room");
        }
        let first = receiver.try_recv().expect("a commit");
        assert_eq!(gathered(first, &mut receiver).len(), 2);
    }

    #[test]
    fn where_there_is_no_room_for_all_what_removes_something_is_done() {
        let (store, _folder) = store();
        let large: &'static str = "x".repeat(100_000).leak();
        store.commit(&[accept(1, large)]).expect("written");
        // No larger than it is.
        store.execute("PRAGMA max_page_count = 1");
        let told = Arc::new(Mutex::new(Vec::new()));
        let (sender, receiver) = mpsc::channel(10);
        let changes = [accept(2, large), Change::Remove(EventId(1))];
        for (number, change) in changes.into_iter().enumerate() {
            let told = Arc::clone(&told);
            let commit = Commit {
                changes: vec![change],
                afterwards: Box::new(move |result| {
                    told.lock().expect("the list").push((number, result));
                }),
            };
            assert!(sender.try_send(commit).is_ok());
        }
        drop(sender);
        write(&store, receiver);
        let told = told.lock().expect("the list");
        assert!(
            matches!(&told[..], [(0, Err(LogError::NoRoom(_))), (1, Ok(()))]),
            "{told:?}"
        );
        assert!(store.load().expect("loaded").waiting.is_empty());
    }

    #[tokio::test]
    async fn everybody_is_told_in_the_order_of_the_commits() {
        let (store, _folder) = store();
        let writer = Arc::new(Writer::start(store.clone()).expect("a thread"));
        let told = Arc::new(Mutex::new(Vec::new()));
        let waiting: Vec<_> = (1..=500)
            .map(|id| {
                let (writer, told) = (Arc::clone(&writer), Arc::clone(&told));
                tokio::spawn(async move {
                    let written = writer.commit(vec![accept(id, "1")], move |written| {
                        assert!(written.is_ok());
                        told.lock().expect("the list").push(id);
                    });
                    written.await
                })
            })
            .collect();
        for task in waiting {
            task.await.expect("no panic").expect("written");
        }
        let told = told.lock().expect("the list").clone();
        assert_eq!(told, (1..=500).collect::<Vec<_>>());
        assert_eq!(store.load().expect("loaded").waiting.len(), 500);
    }

    #[tokio::test]
    async fn a_commit_goes_on_when_its_caller_goes_away() {
        let (store, _folder) = store();
        let writer = Writer::start(store.clone()).expect("a thread");
        let (sender, receiver) = oneshot::channel();
        let caller = writer.commit(vec![accept(1, "1")], move |written| {
            let _ = sender.send(written.is_ok());
        });
        // Polled once, which hands the change over, and dropped.
        tokio::select! {
            biased;
            _ = caller => {}
            () = std::future::ready(()) => {}
        }
        assert_eq!(receiver.await, Ok(true));
        drop(writer);
        assert_eq!(store.load().expect("loaded").waiting.len(), 1);
    }
}
