//! Where parts of a file of keys come from: other files, variables, or the text itself.

use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use zeroize::Zeroizing;

use super::secret::Secret;
use crate::limits::{KEYS_FILE_BYTES_MAX, KEYS_PART_BYTES_MAX};

/// What others than its owner may do with a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Privacy {
    /// Nothing: it holds secrets.
    Owner,
    /// Read it. Whoever could change it could give themselves what it allows.
    Readable,
}

/// The files that a set of keys was made of, or was to be made of, as they were before they were opened.
pub(super) type Stamps = HashMap<PathBuf, Stamp>;

/// What reads the parts, and remembers which files they were.
pub(super) struct Sources {
    folder: PathBuf,
    /// Whether it reads for the host. Others have neither its variables nor its rights.
    is_host: bool,
    /// The file itself, and those that it names, also where there are none: they may come.
    pub(super) files: Stamps,
}

/// What tells that a file is another one than it was, or may be read by others. There is none of what is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp(Option<(SystemTime, u64, Inode)>);

impl Stamp {
    pub(super) fn of(path: &Path) -> Self {
        let metadata = std::fs::metadata(path);
        Self(metadata.ok().and_then(|metadata| {
            let modified = metadata.modified().ok()?;
            Some((modified, metadata.len(), inode(&metadata)))
        }))
    }
}

/// Number, mode, and when what is known of the file changed: seconds and nanoseconds.
type Inode = (u64, u32, i64, i64);

#[cfg(unix)]
fn inode(metadata: &std::fs::Metadata) -> Inode {
    use std::os::unix::fs::MetadataExt as _;
    let (seconds, nanoseconds) = (metadata.ctime(), metadata.ctime_nsec());
    (metadata.ino(), metadata.mode(), seconds, nanoseconds)
}

#[cfg(not(unix))]
fn inode(_: &std::fs::Metadata) -> Inode {
    Inode::default()
}

impl Sources {
    /// Those of the file at `path`.
    pub(super) fn of(path: &Path) -> Self {
        Self {
            folder: folder_of(path).to_owned(),
            is_host: true,
            files: Stamps::new(),
        }
    }

    /// The same, for somebody who is not the host: secrets that stand elsewhere stay there.
    pub(super) fn for_another(path: &Path) -> Self {
        Self {
            is_host: false,
            ..Self::of(path)
        }
    }

    /// A file that changes while it is read is read again: its stamp is that of before it was first opened.
    fn text(
        &mut self,
        path: &Path,
        privacy: Privacy,
        bytes_max: u64,
    ) -> Result<Zeroizing<String>, String> {
        let stamp = self.files.entry(path.to_owned());
        stamp.or_insert_with(|| Stamp::of(path));
        text_of(path, privacy, bytes_max)
    }

    /// The text of the file of keys.
    pub(super) fn keys(&mut self, path: &Path) -> Result<Zeroizing<String>, String> {
        self.text(path, Privacy::Owner, KEYS_FILE_BYTES_MAX)
    }

    /// The secret that a text of the file stands for.
    pub(super) fn secret(&mut self, written: &Secret) -> Result<Secret, String> {
        let text = written.revealed();
        let Some((scheme, rest)) = text.split_once(':') else {
            return sound(written.clone());
        };
        match scheme {
            "env" | "file" if !self.is_host => Ok(written.clone()),
            "env" => match std::env::var(rest) {
                Ok(value) => sound(Secret::new(value)),
                Err(_) => Err(format!(
                    "its secret is the variable {rest}, which is not set"
                )),
            },
            "file" => {
                let path = self.folder.join(rest);
                let text = self.text(&path, Privacy::Owner, KEYS_PART_BYTES_MAX);
                let text = text.map_err(|reason| format!("its secret cannot be read: {reason}"))?;
                sound(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
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
        let text = self.text(&path, Privacy::Readable, KEYS_PART_BYTES_MAX)?;
        Ok(text.to_string())
    }
}

/// What is short enough to be guessed is no secret.
fn sound(secret: Secret) -> Result<Secret, String> {
    let text = secret.revealed();
    let is_long = (16..=256).contains(&text.len());
    match is_long && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(secret),
        false => Err(
            "its secret is no text of 16 to 256 visible characters: `sparkler keys new` makes one of 40".into(),
        ),
    }
}

/// Whether a policy is named by its file.
pub(super) fn is_file(name: &str) -> bool {
    name.contains(['/', '.', ':'])
}

fn text_of(path: &Path, privacy: Privacy, bytes_max: u64) -> Result<Zeroizing<String>, String> {
    let shown = path.display();
    let cannot = |error| cannot_read(path, &error);
    let file = File::open(path).map_err(cannot)?;
    let metadata = file.metadata().map_err(cannot)?;
    if !metadata.is_file() {
        return Err(format!("{shown} is not a file"));
    }
    check_mode(&metadata, privacy, path)?;
    let mut text = Zeroizing::new(String::new());
    let read = file.take(bytes_max + 1).read_to_string(&mut text);
    match read.map_err(cannot)? as u64 {
        bytes if bytes > bytes_max => Err(format!("{shown} has more than {bytes_max} bytes")),
        _ => Ok(text),
    }
}

pub(super) fn cannot_read(path: &Path, error: &std::io::Error) -> String {
    let hint = match error.kind() {
        ErrorKind::PermissionDenied => {
            ". A host in its jail reads from no folders but those that the file of keys named when it was started"
        }
        _ => "",
    };
    format!("{} cannot be read: {error}{hint}", path.display())
}

#[cfg(unix)]
fn check_mode(metadata: &std::fs::Metadata, privacy: Privacy, path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    let shown = path.display();
    match privacy {
        Privacy::Owner if mode & 0o077 != 0 => Err(format!(
            "{shown} may be read or changed by others than its owner (mode {mode:04o}), and holds secrets: run \
             chmod 600 {shown}"
        )),
        Privacy::Readable if mode & 0o022 != 0 => Err(format!(
            "{shown} may be changed by others than its owner (mode {mode:04o}), who could allow themselves \
             anything: run chmod go-w {shown}"
        )),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn check_mode(_: &std::fs::Metadata, _: Privacy, _: &Path) -> Result<(), String> {
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// The folders of all that a file of keys is made of: files that others replace by renaming.
#[cfg(feature = "jail")]
pub(crate) fn needs(path: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder_of(path).to_owned()];
    let text = text_of(path, Privacy::Owner, KEYS_FILE_BYTES_MAX);
    let Ok(file) = text.and_then(|text| super::file::File::parse(&text)) else {
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
            .chain(&user.boundary)
            .filter(|name| is_file(name))
            .for_each(|name| add(name));
        let secrets = user.key.iter();
        secrets
            .flat_map(|key| std::iter::once(&key.secret).chain(&key.session_token))
            .map(Secret::revealed)
            .filter(|text| text.starts_with("file:"))
            .for_each(&mut add);
    }
    folders
}
