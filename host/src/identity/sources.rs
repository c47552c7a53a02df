//! Where parts of a file of keys come from: other files, variables, or the text itself.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use zeroize::Zeroizing;

use super::file;
use super::secret::Secret;
use crate::limits::{KEYS_FILE_BYTES_MAX, KEYS_PART_BYTES_MAX};

/// Who may read a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Privacy {
    /// Its owner alone.
    Owner,
    /// Anybody.
    Open,
}

/// What reads the parts, and remembers which files they were.
pub(super) struct Sources {
    folder: PathBuf,
    /// The file itself, and those that it names.
    pub(super) read: Vec<PathBuf>,
}

/// What tells that a file is another one than it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp(Option<(SystemTime, u64, u64)>);

impl Stamp {
    pub(super) fn of(path: &Path) -> Self {
        let metadata = std::fs::metadata(path);
        Self(metadata.ok().and_then(|metadata| {
            let modified = metadata.modified().ok()?;
            Some((modified, metadata.len(), place(&metadata)))
        }))
    }
}

#[cfg(unix)]
fn place(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn place(_: &std::fs::Metadata) -> u64 {
    0
}

impl Sources {
    /// Those of the file at `path`.
    pub(super) fn of(path: &Path) -> Self {
        Self {
            folder: folder_of(path).to_owned(),
            read: Vec::new(),
        }
    }

    /// The text of the file of keys.
    pub(super) fn keys(&mut self, path: &Path) -> Result<Zeroizing<String>, String> {
        self.read.push(path.to_owned());
        text_of(path, Privacy::Owner, KEYS_FILE_BYTES_MAX)
    }

    /// The secret that a text of the file stands for.
    pub(super) fn secret(&mut self, written: &Secret) -> Result<Secret, String> {
        let text = written.revealed();
        let Some((scheme, rest)) = text.split_once(':') else {
            return Ok(written.clone());
        };
        match scheme {
            "env" => match std::env::var(rest) {
                Ok(value) => Ok(Secret::new(value)),
                Err(_) => Err(format!(
                    "its secret is the variable {rest}, which is not set"
                )),
            },
            "file" => {
                let path = self.folder.join(rest);
                self.read.push(path.clone());
                let text = text_of(&path, Privacy::Owner, KEYS_PART_BYTES_MAX);
                let text = text.map_err(|reason| format!("its secret cannot be read: {reason}"))?;
                Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
            "exec" | "enc" => Err(format!(
                "its secret begins with '{scheme}:', which this host does not know yet: name a variable with \
                 'env:NAME', a file with 'file:PATH', or write the secret itself"
            )),
            _ => Err(
                "its secret has a colon in it, and begins neither with 'env:' nor with 'file:'"
                    .into(),
            ),
        }
    }

    /// The text of a policy that the file names.
    pub(super) fn policy(&mut self, name: &str) -> Result<String, String> {
        let path = self.folder.join(name.strip_prefix("file:").unwrap_or(name));
        self.read.push(path.clone());
        let text = text_of(&path, Privacy::Open, KEYS_PART_BYTES_MAX)?;
        Ok(text.to_string())
    }
}

/// Whether a policy is named by its file.
pub(super) fn is_file(name: &str) -> bool {
    name.contains(['/', '.', ':'])
}

fn text_of(path: &Path, privacy: Privacy, bytes_max: u64) -> Result<Zeroizing<String>, String> {
    let shown = path.display();
    let cannot = |error: std::io::Error| format!("{shown} cannot be read: {error}");
    let file = File::open(path).map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    if !metadata.is_file() {
        return Err(format!("{shown} is not a file"));
    }
    if privacy == Privacy::Owner {
        check_mode(&metadata, path)?;
    }
    let mut text = Zeroizing::new(String::new());
    let read = file.take(bytes_max + 1).read_to_string(&mut text);
    match read.map_err(cannot)? as u64 {
        bytes if bytes > bytes_max => Err(format!("{shown} has more than {bytes_max} bytes")),
        _ => Ok(text),
    }
}

#[cfg(unix)]
fn check_mode(metadata: &std::fs::Metadata, path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(format!(
            "{0} may be read or changed by others than its owner (mode {mode:04o}), and holds secrets: run \
             chmod 600 {0}",
            path.display()
        )),
    }
}

#[cfg(not(unix))]
fn check_mode(_: &std::fs::Metadata, _: &Path) -> Result<(), String> {
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// The folders of all that a file of keys is made of: files that others replace by renaming.
pub(crate) fn needs(path: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder_of(path).to_owned()];
    let text = text_of(path, Privacy::Owner, KEYS_FILE_BYTES_MAX);
    let Ok(file) = text.and_then(|text| file::File::parse(&text)) else {
        // Whoever starts with it says what is wrong with it.
        return folders;
    };
    let mut add = |name: &str| {
        let path = folders[0].join(name.strip_prefix("file:").unwrap_or(name));
        folders.push(folder_of(&path).to_owned());
    };
    for user in file
        .account
        .values()
        .flat_map(|account| account.user.values())
    {
        user.policy
            .iter()
            .filter(|name| is_file(name))
            .for_each(|name| add(name));
        user.boundary
            .iter()
            .filter(|name| is_file(name))
            .for_each(|name| add(name));
        let secrets = user.key.iter().map(|key| key.secret.revealed());
        secrets
            .filter(|text| text.starts_with("file:"))
            .for_each(&mut add);
    }
    folders
}
