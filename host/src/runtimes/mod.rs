//! Interpreters that were prepared: components that run sources of a language, in a folder beside the data directory.
//!
//! `FOLDER/LANGUAGE/current.json` names the one that new code runs on, `FOLDER/LANGUAGE/DIGEST.wasm` holds it. What was
//! current before stays for the functions that it runs. The program puts them there; a host reads them, and brings none
//! by itself.

#[cfg(test)]
mod tests;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::domain::language::Language;
use crate::domain::{Digest, Named as _};
use crate::limits::UNZIPPED_BYTES_MAX;

const CURRENT: &str = "current.json";

/// The interpreters of a machine.
#[derive(Clone, Debug, Default)]
pub struct Runtimes {
    folder: Option<PathBuf>,
}

/// An interpreter that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedRuntime {
    /// What it runs.
    pub language: Language,
    /// Which version of the language it is, as that names itself.
    pub version: String,
    /// The digest of its component.
    pub component: Digest,
    /// The size of its component.
    pub component_bytes: u64,
    /// What it was built from, as whoever built it says: what was built from something else is another.
    pub built_from: String,
}

/// What stands in [`CURRENT`].
#[derive(Debug, Serialize, Deserialize)]
struct Current {
    version: String,
    component: String,
    built_from: String,
}

impl Runtimes {
    /// Those in a folder, which need not be there.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: Some(folder.into()),
        }
    }

    /// The interpreter of a language that new code runs on.
    ///
    /// # Errors
    /// Where the folder cannot be read, or is damaged.
    pub fn prepared(&self, language: Language) -> io::Result<Option<PreparedRuntime>> {
        let Some(folder) = self.of(language) else {
            return Ok(None);
        };
        let Some(text) = found(fs::read(folder.join(CURRENT)))? else {
            return Ok(None);
        };
        let Current {
            version,
            component,
            built_from,
        } = serde_json::from_slice(&text)?;
        let component = Digest::parse_hex(&component).ok_or(io::ErrorKind::InvalidData)?;
        let file = found(fs::metadata(folder.join(file_name(component))))?;
        Ok(file.map(|file| PreparedRuntime {
            language,
            version,
            component,
            component_bytes: file.len(),
            built_from,
        }))
    }

    /// The component of an interpreter, verified; `None` where it is not there.
    ///
    /// # Errors
    /// Where it cannot be read, or is damaged.
    pub fn component(&self, digest: Digest) -> io::Result<Option<Bytes>> {
        for language in Language::ALL {
            let Some(folder) = self.of(*language) else {
                continue;
            };
            let path = folder.join(file_name(digest));
            let Some(file) = found(fs::metadata(&path))? else {
                continue;
            };
            if file.len() > UNZIPPED_BYTES_MAX {
                return Err(damaged(&path));
            }
            let component = fs::read(&path)?;
            return match Digest::of(&component) == digest {
                true => Ok(Some(component.into())),
                false => Err(damaged(&path)),
            };
        }
        Ok(None)
    }

    /// Whether what was compiled under this digest is of one of them.
    pub fn keeps(&self, compiled: Digest) -> bool {
        let components = Language::ALL
            .iter()
            .flat_map(|language| self.components(*language));
        components
            .into_iter()
            .any(|it| [code_key(it), base_key(it)].contains(&compiled))
    }

    fn components(&self, language: Language) -> Vec<Digest> {
        let folder = self
            .of(language)
            .and_then(|folder| fs::read_dir(folder).ok());
        let entries = folder.into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names
            .filter_map(|name| Digest::parse_hex(name.strip_suffix(".wasm")?))
            .collect()
    }

    /// Whether this is the component of one of them.
    pub fn has(&self, digest: Digest) -> bool {
        let folders = Language::ALL
            .iter()
            .filter_map(|language| self.of(*language));
        folders
            .into_iter()
            .any(|folder| folder.join(file_name(digest)).is_file())
    }

    /// Keeps an interpreter, and has new code run on it.
    ///
    /// # Errors
    /// Where it cannot be written; then what was there before is there still.
    pub fn put(
        &self,
        language: Language,
        (version, built_from): (&str, &str),
        component: &[u8],
    ) -> io::Result<PreparedRuntime> {
        let folder = self.of(language).ok_or(io::ErrorKind::NotFound)?;
        fs::create_dir_all(&folder)?;
        let digest = Digest::of(component);
        write(&folder, &file_name(digest), component)?;
        let current = Current {
            version: version.to_owned(),
            component: digest.to_string(),
            built_from: built_from.to_owned(),
        };
        write(&folder, CURRENT, &serde_json::to_vec(&current)?)?;
        Ok(PreparedRuntime {
            language,
            version: current.version,
            component: digest,
            component_bytes: component.len() as u64,
            built_from: current.built_from,
        })
    }

    /// Removes all interpreters of a language; gives whether there were any.
    ///
    /// # Errors
    /// Where they cannot be removed.
    pub fn remove(&self, language: Language) -> io::Result<bool> {
        let Some(folder) = self.of(language) else {
            return Ok(false);
        };
        found(fs::remove_dir_all(folder)).map(|removed| removed.is_some())
    }

    /// The folder that they are in.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    fn of(&self, language: Language) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(language.name()))
    }
}

/// The digest under which the code of an interpreter is kept, compiled: not its own, under which whoever uploads the same
/// component has that compiled as one.
pub(crate) fn code_key(interpreter: Digest) -> Digest {
    Digest::of(format!("the code of {interpreter}").as_bytes())
}

/// The digest under which what an interpreter starts from is kept, compiled.
pub(crate) fn base_key(interpreter: Digest) -> Digest {
    Digest::of(format!("the base state of {interpreter}").as_bytes())
}

fn file_name(digest: Digest) -> String {
    format!("{digest}.wasm")
}

fn damaged(path: &Path) -> io::Error {
    let text = format!(
        "{} is damaged: prepare the interpreter again",
        path.display()
    );
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// Under its name only when it is whole.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(folder.join(name))?;
    Ok(())
}

fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
