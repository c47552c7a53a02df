//! A package of sources, as its function finds it at `/var/task`: a tree of files that are unpacked when they are read.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read as _};
use std::ops::Bound;

use bytes::Bytes;
use zip::ZipArchive;

use super::archive::{Archive, path_trick};
use super::{PackageError, choice};
use crate::limits::{PACKAGE_PATHS_BYTES_MAX, UNZIPPED_BYTES_MAX};

/// The files of a package.
pub(crate) struct Sources {
    archive: ZipArchive<Cursor<Bytes>>,
    package_bytes: usize,
    /// What paths take, with all that is kept of each.
    paths_bytes: usize,
    /// By their paths, without a slash at either end. The folder that all are in has the empty one.
    entries: BTreeMap<String, SourceEntry>,
}

/// What there is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceEntry {
    /// A folder, which has a number of its own.
    Folder {
        /// The number.
        number: u64,
    },
    /// A file.
    File {
        /// Its number.
        number: u64,
        /// Its size, unpacked.
        bytes: u64,
        /// Where it is in the package.
        place: usize,
    },
}

impl Sources {
    /// The files of `package`, of which each was unpacked once and found to be sound. Takes as long as unpacking does.
    ///
    /// # Errors
    /// For anything but a sound zip within the limits, and one in which a file is a folder as well.
    pub(crate) fn checked(package: Bytes) -> Result<Self, PackageError> {
        Archive::open(&package)?.unpack(None)?;
        Self::open(package)
    }

    /// The files of a package that was checked before.
    ///
    /// # Errors
    /// As [`Sources::checked`], as far as the directory of the package tells.
    pub(crate) fn open(package: Bytes) -> Result<Self, PackageError> {
        let package_bytes = package.len();
        let archive =
            ZipArchive::new(Cursor::new(package)).map_err(|_| PackageError::unreadable())?;
        let mut sources = Self {
            entries: BTreeMap::from([(String::new(), SourceEntry::Folder { number: 0 })]),
            package_bytes,
            paths_bytes: 0,
            archive,
        };
        for place in 0..sources.archive.len() {
            sources.add(place)?;
        }
        Ok(sources)
    }

    /// What there is at a path without a slash at either end.
    pub(crate) fn entry(&self, path: &str) -> Option<SourceEntry> {
        self.entries.get(path).copied()
    }

    /// Names of what is in a folder, each with whether it is one: so many of those behind `after`, in their order.
    pub(crate) fn names(&self, folder: &str, after: &str, most: usize) -> Vec<(String, bool)> {
        let prefix = match folder {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let last = format!("{prefix}{after}");
        let behind = self
            .entries
            .range::<str, _>((Bound::Excluded(last.as_str()), Bound::Unbounded));
        behind
            .take_while(|(path, _)| path.starts_with(&prefix))
            .filter_map(|(path, entry)| {
                let name = &path[prefix.len()..];
                let is_in_it = !name.is_empty() && !name.contains('/');
                let is_folder = matches!(entry, SourceEntry::Folder { .. });
                is_in_it.then(|| (name.to_owned(), is_folder))
            })
            .take(most)
            .collect()
    }

    /// The paths of the files that hold code of a machine, as their names tell; none of it can run in a sandbox.
    #[cfg(any(test, feature = "compiler"))]
    pub(crate) fn native_files(&self) -> Vec<&str> {
        let is_native = |path: &&String| {
            let name = path.rsplit('/').next().unwrap_or_default();
            let endings = [".so", ".pyd", ".node"];
            name.contains(".so.") || endings.iter().any(|ending| name.ends_with(ending))
        };
        self.entries
            .keys()
            .filter(is_native)
            .map(String::as_str)
            .collect()
    }

    /// The content of the file at a place, which has so many bytes.
    ///
    /// # Errors
    /// Where the package is damaged.
    pub(crate) fn read(&self, place: usize, bytes: u64) -> io::Result<Bytes> {
        let mut archive = self.archive.clone();
        let file = archive.by_index(place).map_err(io::Error::other)?;
        let mut content = Vec::with_capacity(usize::try_from(bytes).map_err(io::Error::other)?);
        file.take(bytes.saturating_add(1))
            .read_to_end(&mut content)?;
        match content.len() as u64 == bytes {
            true => Ok(content.into()),
            false => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// What the package takes of memory.
    pub(crate) fn held_bytes(&self) -> usize {
        self.package_bytes + self.paths_bytes
    }

    fn add(&mut self, place: usize) -> Result<(), PackageError> {
        let unreadable = |_| PackageError::unreadable();
        let file = self.archive.by_index_raw(place).map_err(unreadable)?;
        let (is_folder, bytes) = (file.is_dir(), file.size());
        let name = file.name().map_err(unreadable)?.into_owned();
        drop(file);
        if let Some(trick) = path_trick(&name, name.as_bytes()) {
            return Err(PackageError(format!(
                "The package holds a file named '{}': {trick}.",
                choice::shown(&name)
            )));
        }
        if bytes > UNZIPPED_BYTES_MAX {
            return Err(PackageError::unreadable());
        }
        let parts = name
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".");
        let parts: Vec<&str> = parts.collect();
        let Some((last, folders)) = parts.split_last() else {
            return Ok(());
        };
        let mut path = String::new();
        for folder in folders {
            push(&mut path, folder);
            self.put_folder(&path)?;
        }
        push(&mut path, last);
        if is_folder {
            return self.put_folder(&path);
        }
        let number = self.entries.len() as u64;
        let entry = SourceEntry::File {
            number,
            bytes,
            place,
        };
        self.count(&path)?;
        match self.entries.insert(path, entry) {
            Some(SourceEntry::Folder { .. }) => Err(both(last)),
            Some(SourceEntry::File { .. }) | None => Ok(()),
        }
    }

    /// Counts one more path, of which there is a bound: each folder of a path is one.
    fn count(&mut self, path: &str) -> Result<(), PackageError> {
        const ENTRY_BYTES: usize = 256;
        self.paths_bytes += path.len() + ENTRY_BYTES;
        match self.paths_bytes <= PACKAGE_PATHS_BYTES_MAX {
            true => Ok(()),
            false => Err(PackageError(
                "The package has too many folders in folders. Make it anew with shorter paths."
                    .into(),
            )),
        }
    }

    fn put_folder(&mut self, path: &str) -> Result<(), PackageError> {
        let number = self.entries.len() as u64;
        if !self.entries.contains_key(path) {
            self.count(path)?;
        }
        let entry = self.entries.entry(path.to_owned());
        match entry.or_insert(SourceEntry::Folder { number }) {
            SourceEntry::Folder { .. } => Ok(()),
            SourceEntry::File { .. } => Err(both(path)),
        }
    }
}

fn push(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('/');
    }
    path.push_str(name);
}

fn both(name: &str) -> PackageError {
    PackageError(format!(
        "In the package, '{}' is both a file and a folder. Make it anew with one of them.",
        choice::shown(name)
    ))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zipped(files: &[(&str, &str)]) -> Bytes {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in files {
            let begun = match name.ends_with('/') {
                true => writer.add_directory(*name, SimpleFileOptions::default()),
                false => writer.start_file(*name, SimpleFileOptions::default()),
            };
            begun.expect("begun");
            writer.write_all(text.as_bytes()).expect("written");
        }
        writer.finish().expect("a zip").into_inner().into()
    }

    #[test]
    fn files_are_found_by_their_paths_and_folders_need_not_be_named() {
        let package = zipped(&[
            ("app.py", "one"),
            ("./src//orders.py", "three"),
            ("empty/", ""),
        ]);
        let sources = Sources::checked(package).expect("sound");
        assert_eq!(
            sources.names("", "", 9),
            [("app.py", false), ("empty", true), ("src", true)]
                .map(|(name, is)| (name.to_owned(), is))
        );
        assert_eq!(
            sources.names("src", "", 9),
            [("orders.py".to_owned(), false)]
        );
        assert!(sources.names("empty", "", 9).is_empty());
        assert_eq!(sources.names("", "app.py", 1), [("empty".to_owned(), true)]);
        let Some(SourceEntry::File { bytes, place, .. }) = sources.entry("src/orders.py") else {
            panic!("it is no file");
        };
        assert_eq!(sources.read(place, bytes).expect("sound"), "three");
        assert!(sources.read(place, bytes - 1).is_err());
        assert_eq!(sources.entry("src/"), None);
    }

    #[test]
    fn native_code_is_known_by_its_name() {
        let files = [
            "a/_x.cpython-313-x86_64-linux-gnu.so",
            "lib/libz.so.1",
            "node_modules/a/prebuilds/a.node",
            "sorted.py",
            "so/a.py",
        ];
        let sources = Sources::checked(zipped(&files.map(|name| (name, "")))).expect("sound");
        assert_eq!(sources.native_files(), files[..3]);
    }

    #[test]
    fn folders_in_folders_have_a_bound() {
        let deep = |name: &str, depth: usize| format!("{}{name}", "a/".repeat(depth));
        assert!(Sources::checked(zipped(&[(&deep("x", 2_000), "")])).is_ok());
        assert!(Sources::checked(zipped(&[(&deep("x", 2_100), "")])).is_err());
        let names: Vec<String> = (0..20)
            .map(|it| format!("{it}/{}", deep("x", 2_000)))
            .collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        let refused = Sources::checked(zipped(&files)).err().expect("refused");
        assert!(refused.0.contains("folders in folders"), "{refused}");
    }

    #[test]
    fn a_file_is_no_folder_and_none_leads_out() {
        for files in [
            &[("a", "1"), ("a/b", "2")][..],
            &[("a/b", "1"), ("a", "2")],
            &[("../a", "1")],
            &[("/a", "1")],
            &[("a\\b", "1")],
        ] {
            assert!(Sources::checked(zipped(files)).is_err(), "{files:?}");
        }
    }
}
