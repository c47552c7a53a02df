//! What is in a folder, read a little ahead of the guest.

use std::io;
use std::sync::Arc;

use cap_std::fs::{DirEntry, ReadDir};
use rustix::io::Errno;

use super::places::OpenPlace;
use super::status::Kind;
use crate::limits;
use crate::package::Sources;

/// A folder that is being listed.
pub(super) struct Listing {
    entries: Entries,
    place: OpenPlace,
}

enum Entries {
    Host(ReadDir),
    /// A folder of a package, behind the name that was read last.
    Packaged {
        sources: Arc<Sources>,
        folder: String,
        last: String,
    },
}

/// An entry of a folder.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) kind: Kind,
}

impl Listing {
    pub(super) fn new(entries: ReadDir, place: OpenPlace) -> Self {
        Self {
            entries: Entries::Host(entries),
            place,
        }
    }

    /// That of a folder in a package.
    pub(super) fn packaged(sources: Arc<Sources>, folder: &str, place: OpenPlace) -> Self {
        Self {
            entries: Entries::Packaged {
                sources,
                folder: folder.to_owned(),
                last: String::new(),
            },
            place,
        }
    }

    pub(super) fn place(&self) -> &OpenPlace {
        &self.place
    }

    /// The next entries; none at the end. One whose name is no Unicode is an error, and the next follows.
    pub(super) fn next_entries(&mut self) -> Vec<io::Result<Entry>> {
        match &mut self.entries {
            Entries::Host(entries) => entries
                .take(limits::FOLDER_ENTRIES_READ_AHEAD)
                .map(|entry| Entry::of(&entry?))
                .collect(),
            Entries::Packaged {
                sources,
                folder,
                last,
            } => {
                let names = sources.names(folder, last, limits::FOLDER_ENTRIES_READ_AHEAD);
                if let Some((name, _)) = names.last() {
                    last.clone_from(name);
                }
                let entry = |(name, is_folder)| {
                    let kind = Kind::Packaged { is_folder };
                    Ok(Entry { name, kind })
                };
                names.into_iter().map(entry).collect()
            }
        }
    }
}

impl Entry {
    fn of(entry: &DirEntry) -> io::Result<Self> {
        let name = entry.file_name().into_string().map_err(|_| Errno::ILSEQ)?;
        Ok(Self {
            name,
            kind: Kind::Host(entry.file_type()?),
        })
    }
}
