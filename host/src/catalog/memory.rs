//! The journal of a host that keeps nothing: what is in memory is all there is.

use super::{Journal, JournalError};
use crate::domain::FunctionName;
use crate::domain::FunctionRecord;

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryJournal;

impl Journal for MemoryJournal {
    fn load(&self) -> Result<Vec<FunctionRecord>, JournalError> {
        Ok(Vec::new())
    }

    fn put(
        &self,
        _before: Option<&FunctionRecord>,
        _after: &FunctionRecord,
    ) -> Result<(), JournalError> {
        Ok(())
    }

    fn remove(&self, _name: &FunctionName) -> Result<(), JournalError> {
        Ok(())
    }
}
