//! Folders in a data directory, whose lock keeps other hosts away from them.

use super::{Home, TmpFolders};
use crate::storage::emptying::empty;
use crate::storage::{DataDir, StorageError};

/// The folder of the data directory that they are kept in.
const TMP_FOLDER: &str = "tmp";

impl TmpFolders {
    /// In a data directory. What is left there of an earlier run is removed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn in_dir(data_dir: &DataDir) -> Result<Self, StorageError> {
        let folder = data_dir.folder(TMP_FOLDER)?;
        let failed = |error| folder.failed("empty", "", &error);
        empty(folder.dir()).map_err(failed)?;
        let home = Home {
            dir: folder.dir().try_clone().map_err(failed)?,
            system: None,
            _lock: Some(Box::new(data_dir.clone())),
        };
        Ok(Self::with(Some(home)))
    }
}
