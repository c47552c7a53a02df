//! Which functions exist.
//!
//! All of them are in memory, where an invocation finds its version; a [`Journal`] makes each change
//! durable before it is seen.

mod functions;
mod memory;
mod sqlite;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

pub use memory::MemoryJournal;
pub use sqlite::SqliteJournal;

use crate::domain::FunctionRecord;
use crate::domain::{Digest, FunctionName, Qualifier, Refusal};
use functions::Functions;

/// Functions that a new observer is told of without looking for the next ones.
const OBSERVED_AT_ONCE: usize = 1_000;

/// Where changes of the catalog are made durable. A trait, since a cluster would put them elsewhere.
pub trait Journal: Send + Sync + 'static {
    /// All functions, as of the last change.
    fn load(&self) -> Result<Vec<FunctionRecord>, JournalError>;
    /// Makes `after` what there is of its function, where `before` is now: returns when that is durable,
    /// all or nothing.
    fn put(
        &self,
        before: Option<&FunctionRecord>,
        after: &FunctionRecord,
    ) -> Result<(), JournalError>;
    /// Removes a function: returns when that is durable.
    fn remove(&self, name: &FunctionName) -> Result<(), JournalError>;
}

/// A change could not be made durable, or what was durable cannot be read; the text says why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct JournalError(pub String);

/// What all functions together take up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Functions.
    pub functions: usize,
    /// Bytes of the packages of all their versions.
    pub package_bytes: u64,
    /// Concurrency that is reserved for single functions.
    pub reserved_concurrency: u64,
    /// Concurrency that is provisioned for functions which have none reserved.
    pub provisioned_concurrency: u64,
}

/// A change of one function, durable and visible.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// Of which function.
    pub name: &'a FunctionName,
    /// The function before; `None` where there was none.
    pub before: Option<&'a FunctionRecord>,
    /// The function after; `None` where it was removed.
    pub after: Option<&'a FunctionRecord>,
}

/// Who is told of changes.
type Observer = Box<dyn Fn(Change<'_>) + Send + Sync>;

/// What a change needs.
struct Writer {
    journal: Box<dyn Journal>,
    observers: Vec<Observer>,
}

impl Writer {
    /// Tells every observer of a change that was made. One that panics keeps neither the others from
    /// being told nor the maker of the change from hearing that it was made.
    fn tell(&self, change: Change<'_>) {
        for observer in &self.observers {
            if catch_unwind(AssertUnwindSafe(|| observer(change))).is_err() {
                tracing::error!(function = %change.name, "an observer of the catalog panicked");
            }
        }
    }
}

/// The functions that exist.
pub struct Catalog {
    /// Held for a whole change, so that changes wait for each other; readers never take it.
    writer: Mutex<Writer>,
    /// Written for the moment in which a durable change becomes visible.
    functions: RwLock<Functions>,
}

impl Catalog {
    /// The catalog that `journal` holds.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn open(journal: Box<dyn Journal>) -> Result<Self, JournalError> {
        let mut functions = Functions::default();
        for record in journal.load()? {
            functions.put(Arc::new(record));
        }
        Ok(Self {
            writer: Mutex::new(Writer {
                journal,
                observers: Vec::new(),
            }),
            functions: RwLock::new(functions),
        })
    }

    /// Has `observer` told of all functions that there are, and from now on of every change, before
    /// whoever made it is. It delays changes, so it is to be quick, and it must not make one itself.
    pub fn observe(&self, observer: impl Fn(Change<'_>) + Send + Sync + 'static) {
        let mut writer = self.writer();
        let mut after = None;
        loop {
            let page = self.page(after.as_ref(), OBSERVED_AT_ONCE);
            let Some(last) = page.last() else {
                break;
            };
            after = Some(last.latest.function.clone());
            for record in &page {
                observer(Change {
                    name: &record.latest.function,
                    before: None,
                    after: Some(record),
                });
            }
        }
        writer.observers.push(Box::new(observer));
    }

    /// A function. Never waits for a change.
    pub fn get(&self, name: &FunctionName) -> Option<Arc<FunctionRecord>> {
        self.read().get(name).cloned()
    }

    /// Up to `limit` functions in the order of their names, those after `after`.
    pub fn page(&self, after: Option<&FunctionName>, limit: usize) -> Vec<Arc<FunctionRecord>> {
        self.read().page(after, limit)
    }

    /// The function whose URL has this id, and what of it the URL is attached to: `$LATEST` stands for
    /// the function itself.
    pub fn with_url(&self, id: &str) -> Option<(Arc<FunctionRecord>, Qualifier)> {
        self.read().with_url(id)
    }

    /// What all functions together take up.
    pub fn usage(&self) -> Usage {
        self.read().usage()
    }

    /// Whether some version, shown or running, has this package.
    pub fn uses_package(&self, package: Digest) -> bool {
        self.read().uses_package(package)
    }

    /// Whether some version, shown or running, has this component.
    pub fn uses_component(&self, component: Digest) -> bool {
        self.read().uses_component(component)
    }

    /// Reads, decides and writes one function as one transaction; changes wait for each other, reads
    /// do not. `decide` gets the record as it is and gives what it becomes; `None` removes it.
    ///
    /// Blocks the thread while the change becomes durable.
    ///
    /// # Errors
    /// Whatever `decide` refuses, and [`Refusal::Internal`] when the journal fails (then nothing
    /// changed).
    pub fn change(
        &self,
        name: &FunctionName,
        decide: impl FnOnce(Option<&FunctionRecord>) -> Result<Option<FunctionRecord>, Refusal>,
    ) -> Result<Option<Arc<FunctionRecord>>, Refusal> {
        let writer = self.writer();
        let before = self.get(name);
        let after = decide(before.as_deref())?.map(Arc::new);
        let written = match (&before, &after) {
            (_, Some(record)) => writer.journal.put(before.as_deref(), record),
            (Some(_), None) => writer.journal.remove(name),
            (None, None) => Ok(()),
        };
        written.map_err(|error| {
            tracing::error!(function = %name, %error, "a change of the catalog was not made");
            Refusal::Internal
        })?;
        self.show(name, after.as_ref());
        writer.tell(Change {
            name,
            before: before.as_deref(),
            after: after.as_deref(),
        });
        Ok(after)
    }

    fn show(&self, name: &FunctionName, after: Option<&Arc<FunctionRecord>>) {
        let functions = self.functions.write();
        let mut functions = functions.unwrap_or_else(PoisonError::into_inner);
        match after {
            Some(record) => functions.put(Arc::clone(record)),
            None => functions.remove(name),
        }
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        // What a panic in a decision interrupted had not changed anything yet.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> RwLockReadGuard<'_, Functions> {
        self.functions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
