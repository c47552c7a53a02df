//! What is known of a file of logs.

use std::time::SystemTime;

/// A file that is there.
#[derive(Clone, Debug)]
pub(crate) struct LogFile {
    /// Its name in the folder.
    pub(crate) name: String,
    /// Its size.
    pub(crate) bytes: u64,
    /// When it was last appended to.
    pub(crate) modified: SystemTime,
}
