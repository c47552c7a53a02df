//! Catalogs for tests of what uses one, which need not wait for them.

mod behind;
mod troubled;

use std::sync::{Arc, LazyLock};
use std::thread;

use tokio::runtime::{Builder, Runtime};

pub(crate) use behind::BehindJournal;
pub(crate) use troubled::TroubledJournal;

use super::{Catalog, Journal, MemoryJournal};
use crate::domain::{Account, AccountId, Cause, FunctionName, FunctionRecord};

/// Where such catalogs are followed, so that a test which does not wait finds what it has changed.
static ASIDE: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    builder
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
});

/// What tests change functions for.
pub(crate) static CAUSE: Cause = Cause::host("Test");

/// Waits for a future, also within a runtime.
pub(crate) fn wait<T: Send>(future: impl Future<Output = T> + Send) -> T {
    thread::scope(|scope| {
        let waiting = scope.spawn(|| ASIDE.block_on(future));
        waiting.join().expect("it did not panic")
    })
}

impl Catalog {
    /// An empty one.
    pub(crate) fn in_memory() -> Self {
        Self::of_journal(Arc::new(MemoryJournal::default()))
    }

    /// What `journal` holds.
    pub(crate) fn of_journal(journal: Arc<dyn Journal>) -> Self {
        Self::opened_for(journal, &Account::default().owner())
    }

    /// What `journal` holds of an account.
    pub(crate) fn opened_for(journal: Arc<dyn Journal>, account: &AccountId) -> Self {
        wait(Self::open(journal, account)).expect("a catalog")
    }

    /// Makes `record` what there is of its function.
    pub(crate) fn put_now(&self, record: &FunctionRecord) {
        let name = &record.latest.function;
        wait(self.change(&CAUSE, name, |_| Ok(Some(record.clone())))).expect("changed");
    }

    pub(crate) fn remove_now(&self, name: &FunctionName) {
        wait(self.change(&CAUSE, name, |_| Ok(None))).expect("removed");
    }
}
