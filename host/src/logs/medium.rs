//! Where segments live: in files, or in memory.

use std::collections::HashMap;
use std::time::SystemTime;

use crate::domain::Lock;
use crate::storage::{LogFile, StorageError};

/// A place for bytes that are appended to, read in pieces and removed as a whole.
pub(super) trait Medium: Send + Sync {
    /// What is there from an earlier run.
    fn list(&self) -> Result<Vec<LogFile>, StorageError>;

    fn append(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError>;

    /// At most `bytes_max` bytes from `offset` on; none where there is nothing of this name.
    fn read(&self, name: &str, offset: u64, bytes_max: usize) -> Result<Vec<u8>, StorageError>;

    fn remove(&self, name: &str) -> Result<(), StorageError>;
}

/// Nothing of it outlives the process.
#[derive(Default)]
pub(super) struct InMemory(Lock<Segments>);

impl Medium for InMemory {
    fn list(&self) -> Result<Vec<LogFile>, StorageError> {
        Ok(self
            .0
            .lock()
            .by_name
            .iter()
            .map(|(name, bytes)| LogFile {
                name: name.clone(),
                bytes: bytes.len() as u64,
                modified: SystemTime::now(),
            })
            .collect())
    }

    fn append(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.0.lock().append(name, bytes);
        Ok(())
    }

    fn read(&self, name: &str, offset: u64, bytes_max: usize) -> Result<Vec<u8>, StorageError> {
        let segments = self.0.lock();
        let rest = segments
            .by_name
            .get(name)
            .and_then(|bytes| bytes.get(usize::try_from(offset).ok()?..))
            .unwrap_or_default();
        Ok(rest[..rest.len().min(bytes_max)].to_vec())
    }

    fn remove(&self, name: &str) -> Result<(), StorageError> {
        self.0.lock().remove(name);
        Ok(())
    }
}

/// Segments in memory.
#[derive(Default)]
struct Segments {
    by_name: HashMap<String, Vec<u8>>,
    /// The memory of one that was removed, for the next one: under load there is one many times a second, and
    /// memory that goes back to the system and comes again costs more than all that is written.
    spare: Vec<u8>,
}

impl Segments {
    fn append(&mut self, name: &str, bytes: &[u8]) {
        match self.by_name.get_mut(name) {
            Some(segment) => segment.extend_from_slice(bytes),
            None => {
                let mut segment = std::mem::take(&mut self.spare);
                segment.extend_from_slice(bytes);
                self.by_name.insert(name.to_owned(), segment);
            }
        }
    }

    fn remove(&mut self, name: &str) {
        if let Some(mut removed) = self.by_name.remove(name) {
            removed.clear();
            self.spare = removed;
        }
    }
}
