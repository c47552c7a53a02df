//! Zip files, read with suspicion.

use std::io::{self, Cursor, Read};
use std::ops::Range;

use bytes::Bytes;
use zip::read::{Config, ZipFile, ZipFileEntry};
use zip::unstable::read::ZipIterable;
use zip::{CompressionMethod, ZipReadOptions};

use super::{PackageError, choice};
use crate::limits::{PACKAGE_ENTRIES_MAX, PACKAGE_PATH_BYTES_MAX, UNZIPPED_BYTES_MAX};

/// A zip whose directory was checked.
pub(super) struct Archive<'a> {
    package: &'a Bytes,
    entries: Vec<ZipFileEntry<'static>>,
    names: Vec<String>,
}

impl<'a> Archive<'a> {
    /// Reads the directory of a zip, and refuses what no honest one holds.
    pub(super) fn open(package: &'a Bytes) -> Result<Self, PackageError> {
        let reader = Cursor::new(package.as_ref());
        let mut directory = ZipIterable::try_new(reader, Config::default())
            .map_err(|_| PackageError::unreadable())?;
        if directory.len() > PACKAGE_ENTRIES_MAX {
            return Err(PackageError(format!(
                "The package holds {} files; at most {PACKAGE_ENTRIES_MAX} are allowed, and one is \
                 needed: the WebAssembly file.",
                directory.len()
            )));
        }
        let mut entries = Vec::new();
        let mut names = Vec::new();
        for entry in directory.files().map_err(|_| PackageError::unreadable())? {
            let entry = entry.map_err(|_| PackageError::unreadable())?;
            names.push(check(&entry)?);
            entries.push(entry);
        }
        check_sizes(package, &entries)?;
        Ok(Self {
            package,
            entries,
            names,
        })
    }

    /// The files, each with its place among all entries.
    pub(super) fn file_names(&self) -> Vec<(usize, &str)> {
        let entries = self.entries.iter().zip(&self.names).enumerate();
        entries
            .filter(|(_, (entry, _))| !entry.is_dir())
            .map(|(index, (_, name))| (index, name.as_str()))
            .collect()
    }

    /// Unpacks every entry, counting what really comes out, and gives the content of `wanted`.
    pub(super) fn unpack(self, wanted: Option<usize>) -> Result<Vec<u8>, PackageError> {
        let mut content = Vec::new();
        let mut ranges = Vec::new();
        let mut room = UNZIPPED_BYTES_MAX;
        let mut reader = Cursor::new(self.package.as_ref());
        for (index, entry) in self.entries.into_iter().enumerate() {
            let mut file = entry
                .with_reader(&mut reader, ZipReadOptions::new())
                .map_err(|_| PackageError::unreadable())?;
            ranges.push(range(&file)?);
            room -= match Some(index) == wanted {
                true => drain(&mut file, room, &mut content)?,
                false => drain(&mut file, room, &mut io::sink())?,
            };
        }
        ranges.sort_unstable_by_key(|range| (range.start, range.end));
        match ranges.windows(2).any(|pair| pair[0].end > pair[1].start) {
            true => Err(PackageError(
                "The files in the package overlap each other, as in a zip bomb. Make the package anew \
                 with an ordinary zip program."
                    .into(),
            )),
            false => Ok(content),
        }
    }
}

/// Checks one line of the directory, and gives its name.
fn check(entry: &ZipFileEntry<'_>) -> Result<String, PackageError> {
    let name = entry.name().map_err(|_| PackageError::unreadable())?;
    let shown = choice::shown(&name);
    if let Some(trick) = path_trick(&name, entry.name_raw()) {
        return Err(PackageError(format!(
            "The package holds a file named '{shown}': {trick}. Name files relative to the top of the \
             package, with '/' between folders."
        )));
    }
    if entry.is_symlink() {
        return Err(PackageError(format!(
            "The package holds a symbolic link, '{shown}'. Package the file that it points to instead \
             (zip does so unless it is called with --symlinks)."
        )));
    }
    if entry.encrypted() {
        return Err(PackageError(format!(
            "The file '{shown}' in the package is encrypted. Make the package without a password."
        )));
    }
    match entry.compression() {
        CompressionMethod::Stored | CompressionMethod::Deflated => Ok(name.into_owned()),
        other => Err(PackageError(format!(
            "The file '{shown}' in the package is compressed with a method that is not supported \
             ({other}). Make the package with deflate, the method that zip uses by itself."
        ))),
    }
}

pub(super) fn path_trick(name: &str, raw: &[u8]) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it has no name");
    }
    if raw.contains(&0) || name.contains('\0') {
        return Some("it holds a NUL");
    }
    if raw.contains(&b'\\') || name.contains('\\') {
        return Some("it holds a backslash");
    }
    if name.len() > PACKAGE_PATH_BYTES_MAX {
        return Some("it is too long, longer than any system has them");
    }
    if name.starts_with('/') {
        return Some("it is an absolute path");
    }
    name.split('/')
        .any(|part| part == "..")
        .then_some("it leads out of the package with '..'")
}

/// What the directory claims, before anything is unpacked. Files whose compressed bytes are more than the
/// package has must share some, and sharing is how a small package asks for endless work.
fn check_sizes(package: &Bytes, entries: &[ZipFileEntry<'_>]) -> Result<(), PackageError> {
    let sum = |size: fn(&ZipFileEntry<'_>) -> u64| {
        let sizes = entries.iter().map(size);
        sizes.fold(0, u64::saturating_add)
    };
    if sum(|entry| entry.size()) > UNZIPPED_BYTES_MAX {
        return Err(too_large());
    }
    match sum(|entry| entry.compressed_size()) > package.len() as u64 {
        true => Err(PackageError::unreadable()),
        false => Ok(()),
    }
}

/// Where an entry lies in the package, its header included.
fn range(file: &ZipFile<'_, Cursor<&[u8]>>) -> Result<Range<u64>, PackageError> {
    let data_start = file.data_start().ok_or_else(PackageError::unreadable)?;
    let end = data_start.checked_add(file.compressed_size());
    Ok(file.header_start()..end.ok_or_else(PackageError::unreadable)?)
}

/// Unpacks one file into `sink`, and gives its true size. At the end of the file its checksum is verified.
fn drain(
    file: &mut ZipFile<'_, Cursor<&[u8]>>,
    room: u64,
    sink: &mut impl io::Write,
) -> Result<u64, PackageError> {
    let claimed = file.size();
    let written =
        io::copy(&mut file.take(room + 1), sink).map_err(|_| PackageError::unreadable())?;
    if written > room {
        return Err(too_large());
    }
    match written == claimed {
        true => Ok(written),
        false => Err(PackageError::unreadable()),
    }
}

/// In AWS's words.
fn too_large() -> PackageError {
    PackageError(format!(
        "Unzipped size must be smaller than {UNZIPPED_BYTES_MAX} bytes"
    ))
}
