//! What a data directory holds, and how much it may.

use super::named::named;

named! {
    /// A part of a data directory.
    pub enum DataPart {
        /// Packages as they were uploaded, and snapshots.
        Packages = "packages",
        /// Compiled code, which can be made again.
        Artifacts = "artifacts",
        /// What functions wrote.
        Logs = "logs",
        /// Functions, versions and aliases.
        Catalog = "catalog",
        /// Asynchronous events.
        Events = "events",
        /// What is set aside, so that deleting works on a full disk.
        Reserve = "reserve",
    }
}

/// What a data directory holds, and how much it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFigures {
    /// What each part takes, in bytes.
    pub parts: Vec<(DataPart, u64)>,
    /// What all of them may take.
    pub bytes_max: u64,
    /// What is free in the file system.
    pub free_bytes: u64,
    /// What must stay free there.
    pub free_bytes_min: u64,
    /// How often compiled code gave way to something else.
    pub gave_way: u64,
    /// Its bytes.
    pub gave_way_bytes: u64,
    /// How often there was no room.
    pub refused: u64,
}

impl DataFigures {
    /// What all parts take together.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|(_, bytes)| bytes).sum()
    }
}
