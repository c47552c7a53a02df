//! Which functions exist.
//!
//! All of them are in memory, where an invocation finds its version; a [`Journal`] makes each change
//! durable before it is seen.

mod functions;
mod memory;
mod sqlite;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

pub use memory::MemoryJournal;
pub use sqlite::SqliteJournal;

use crate::domain::FunctionRecord;
use crate::domain::{Digest, FunctionName, Qualifier, Refusal};
use functions::Functions;

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

/// The functions that exist.
pub struct Catalog {
    /// Held for a whole change, so that changes wait for each other; readers never take it.
    journal: Mutex<Box<dyn Journal>>,
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
            journal: Mutex::new(journal),
            functions: RwLock::new(functions),
        })
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
        // What a panic in `decide` interrupted had not changed anything yet.
        let journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.get(name);
        let after = decide(before.as_deref())?.map(Arc::new);
        let written = match (&before, &after) {
            (_, Some(record)) => journal.put(before.as_deref(), record),
            (Some(_), None) => journal.remove(name),
            (None, None) => Ok(()),
        };
        written.map_err(|error| {
            tracing::error!(function = %name, %error, "a change of the catalog was not made");
            Refusal::Internal
        })?;
        let mut functions = self
            .functions
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        match &after {
            Some(record) => functions.put(Arc::clone(record)),
            None => functions.remove(name),
        }
        Ok(after)
    }

    fn read(&self) -> RwLockReadGuard<'_, Functions> {
        self.functions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
