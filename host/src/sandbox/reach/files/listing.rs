//! What is in a folder, read a little ahead of the guest.

use std::io;

use cap_std::fs::{DirEntry, FileType, ReadDir};
use rustix::io::Errno;

use super::places::OpenPlace;
use crate::limits;

/// A folder that is being listed.
pub(super) struct Listing {
    entries: ReadDir,
    place: OpenPlace,
}

/// An entry of a folder.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) kind: FileType,
}

impl Listing {
    pub(super) fn new(entries: ReadDir, place: OpenPlace) -> Self {
        Self { entries, place }
    }

    pub(super) fn place(&self) -> &OpenPlace {
        &self.place
    }

    /// The next entries; none at the end. One whose name is no Unicode is an error, and the next follows.
    pub(super) fn next_entries(&mut self) -> Vec<io::Result<Entry>> {
        let entries = self.entries.by_ref();
        entries
            .take(limits::FOLDER_ENTRIES_READ_AHEAD)
            .map(|entry| Entry::of(&entry?))
            .collect()
    }
}

impl Entry {
    fn of(entry: &DirEntry) -> io::Result<Self> {
        let name = entry.file_name().into_string().map_err(|_| Errno::ILSEQ)?;
        Ok(Self {
            name,
            kind: entry.file_type()?,
        })
    }
}
