//! Files of the host's owner: read with suspicion, and known again when they have changed.
//!
//! A host that is told of a file by its configuration reads it at the start, and again when it is another one. Others
//! than its owner may not read what holds secrets, nor change what says who may do what.

use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use zeroize::Zeroizing;

/// What others than its owner may do with a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Privacy {
    /// Nothing: it holds secrets.
    Owner,
    /// Read it. Whoever could change it could give themselves what it allows.
    Readable,
    /// Whatever they may: it is shown to everybody, and good for nothing alone.
    Public,
}

/// The files that something was made of, or was to be made of, as they were before they were opened.
pub(crate) type Stamps = HashMap<PathBuf, Stamp>;

/// What tells that a file is another one than it was, or may be read by others. There is none of what is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(Option<(SystemTime, u64, Inode)>);

impl Stamp {
    pub(crate) fn of(path: &Path) -> Self {
        let metadata = std::fs::metadata(path);
        Self(metadata.ok().and_then(|metadata| {
            let modified = metadata.modified().ok()?;
            Some((modified, metadata.len(), inode(&metadata)))
        }))
    }
}

/// The text of a file that holds a secret, which nobody but its owner may read.
///
/// # Errors
/// Where it cannot be read, is too large, or others may read it.
pub fn private_text(path: &Path, bytes_max: u64) -> Result<Zeroizing<String>, String> {
    text_of(path, Privacy::Owner, bytes_max)
}

/// Whether any of these files is another one by now.
pub(crate) fn are_outdated(files: &Stamps) -> bool {
    let mut files = files.iter();
    files.any(|(path, stamp)| Stamp::of(path) != *stamp)
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

/// The text of a file, of at most so many bytes; `files` remembers it. One that changes while it is read is read
/// again: its stamp is that of before it was first opened.
///
/// # Errors
/// Where it cannot be read, is too large, or others may do more with it than they should.
pub(crate) fn text(
    files: &mut Stamps,
    path: &Path,
    privacy: Privacy,
    bytes_max: u64,
) -> Result<Zeroizing<String>, String> {
    let stamp = files.entry(path.to_owned());
    stamp.or_insert_with(|| Stamp::of(path));
    text_of(path, privacy, bytes_max)
}

/// The same, of a file that nobody looks at again.
///
/// # Errors
/// As [`text`].
pub(crate) fn text_of(
    path: &Path,
    privacy: Privacy,
    bytes_max: u64,
) -> Result<Zeroizing<String>, String> {
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

fn cannot_read(path: &Path, error: &std::io::Error) -> String {
    let hint = match error.kind() {
        ErrorKind::PermissionDenied => {
            ". A host in its jail reads from no folders but those of the files that it was started with"
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

/// The folder that a file is in: what a jail has to grant, since the file may be replaced by renaming another.
pub(crate) fn folder_of(path: &Path) -> &Path {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// The same, and that of the file which a link leads to.
pub(crate) fn folders_of(path: &Path) -> Vec<PathBuf> {
    let real = path.canonicalize().ok();
    let real = real.map(|path| folder_of(&path).to_owned());
    std::iter::once(folder_of(path).to_owned())
        .chain(real)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_not_be_read_is_told_with_what_a_jail_leaves() {
        let told = |kind: ErrorKind| cannot_read(Path::new("/elsewhere/p.json"), &kind.into());
        assert!(told(ErrorKind::PermissionDenied).contains("in its jail"));
        assert!(!told(ErrorKind::NotFound).contains("jail"));
    }

    #[test]
    fn a_jail_grants_the_folder_of_a_link_and_the_one_that_it_leads_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().canonicalize().expect("it is there");
        let (live, archive) = (folder.join("live"), folder.join("archive"));
        for folder in [&live, &archive] {
            std::fs::create_dir(folder).expect("made");
        }
        std::fs::write(archive.join("1.pem"), "").expect("written");
        std::os::unix::fs::symlink("../archive/1.pem", live.join("it.pem")).expect("linked");
        assert_eq!(folders_of(&live.join("it.pem")), [live, archive.clone()]);
        assert_eq!(folders_of(&archive.join("none")), [archive]);
        assert_eq!(folders_of(Path::new("none.pem")), [Path::new(".")]);
    }
}
