//! A folder that a guest has open, and what it does in there.

use std::io;
use std::sync::Arc;

use cap_fs_ext::DirExt as _;
use cap_std::fs::{Dir, Metadata};
use rustix::io::Errno;
use tokio::runtime::Handle;

use super::listing::Listing;
use super::mount::Mount;
use super::open_file::OpenFile;
use super::opening::Opening;
use super::places::{GuestFiles, OpenPlace};
use super::status::{NewTimes, Status, set_times_at, set_times_of_folder};
use super::task::{Found, Task};
use crate::package::SourceEntry;

/// An open folder.
pub(super) struct OpenFolder {
    guest: Arc<GuestFiles>,
    mount: Arc<Mount>,
    /// `None` where it is the mount itself.
    opened: Option<(Within, OpenPlace)>,
}

/// Where in its mount a folder is.
enum Within {
    Dir(Dir),
    /// In a package, at this path.
    Packaged(String),
}

/// What a path was.
pub(super) enum Opened {
    File(OpenFile),
    Folder(OpenFolder),
}

impl OpenFolder {
    /// The folder that a guest begins in.
    pub(super) fn root(guest: &Arc<GuestFiles>, mount: &Arc<Mount>) -> Self {
        Self {
            guest: Arc::clone(guest),
            mount: Arc::clone(mount),
            opened: None,
        }
    }

    pub(super) fn elsewhere(&self) -> &Handle {
        self.guest.elsewhere()
    }

    pub(super) fn guest(&self) -> &Arc<GuestFiles> {
        &self.guest
    }

    pub(super) fn is_writable(&self) -> bool {
        self.mount.is_writable()
    }

    pub(super) fn open(&self, path: &str, how: &Opening) -> io::Result<Opened> {
        how.check()?;
        if how.changes() {
            self.mount.check_writable()?;
        }
        let place = OpenPlace::take(&self.guest)?;
        if let Some(task) = self.mount.package() {
            return self.open_packaged(task, path, how, place);
        }
        self.with_dir(|dir| match self.mount.tmp() {
            None => {
                let file = how.open(dir, path)?;
                let metadata = file.metadata()?;
                if metadata.is_dir() {
                    let dir = Dir::from_std_file(file.into_std());
                    return Ok(self.folder(Within::Dir(dir), place));
                }
                check_kind(&metadata, how)?;
                if how.truncate {
                    file.set_len(0)?;
                }
                let mount = Arc::clone(&self.mount);
                Ok(Opened::File(OpenFile::new(
                    file,
                    mount,
                    None,
                    how.mode(),
                    place,
                )))
            }
            Some(tmp) => {
                let order = tmp.in_order();
                let file = how.open_in_order(&order, dir, path)?;
                let metadata = file.metadata()?;
                if metadata.is_dir() {
                    let dir = Dir::from_std_file(file.into_std());
                    return Ok(self.folder(Within::Dir(dir), place));
                }
                check_kind(&metadata, how)?;
                if how.truncate {
                    order.set_len(&file, 0)?;
                }
                let number = order.opened(&metadata);
                let mount = Arc::clone(&self.mount);
                Ok(Opened::File(OpenFile::new(
                    file,
                    mount,
                    Some(number),
                    how.mode(),
                    place,
                )))
            }
        })
    }

    fn folder(&self, within: Within, place: OpenPlace) -> Opened {
        Opened::Folder(Self {
            guest: Arc::clone(&self.guest),
            mount: Arc::clone(&self.mount),
            opened: Some((within, place)),
        })
    }

    fn open_packaged(
        &self,
        task: &Task,
        path: &str,
        how: &Opening,
        place: OpenPlace,
    ) -> io::Result<Opened> {
        let Found { path, entry } = task.find(self.packaged_path(), path)?;
        check_packaged(entry, how)?;
        match entry {
            SourceEntry::Folder { .. } => Ok(self.folder(Within::Packaged(path), place)),
            SourceEntry::File { .. } => {
                let mount = Arc::clone(&self.mount);
                let file = OpenFile::packaged(task.sources()?, entry, mount, place);
                file.map(Opened::File)
            }
        }
    }

    fn packaged_path(&self) -> &str {
        match &self.opened {
            Some((Within::Packaged(path), _)) => path,
            Some((Within::Dir(_), _)) | None => "",
        }
    }

    pub(super) fn list(&self) -> io::Result<Listing> {
        let place = OpenPlace::take(&self.guest)?;
        if let Some(task) = self.mount.package() {
            let sources = Arc::clone(task.sources()?);
            return Ok(Listing::packaged(sources, self.packaged_path(), place));
        }
        self.with_dir(|dir| Ok(Listing::new(dir.entries()?, place)))
    }

    pub(super) fn create_folder(&self, path: &str) -> io::Result<()> {
        self.adding(|dir| dir.create_dir(path))
    }

    /// A link that begins at the root of the host is refused.
    pub(super) fn create_link(&self, target: &str, path: &str) -> io::Result<()> {
        self.adding(|dir| dir.symlink(target, path))
    }

    pub(super) fn remove_folder(&self, path: &str) -> io::Result<()> {
        self.removing(path, |dir| dir.remove_dir(path))
    }

    pub(super) fn remove_file(&self, path: &str) -> io::Result<()> {
        self.removing(path, |dir| dir.remove_file_or_symlink(path))
    }

    /// Gives a file a second name.
    pub(super) fn link(&self, old: &str, follow: bool, into: &Self, new: &str) -> io::Result<()> {
        self.check_same_mount(into)?;
        if follow {
            return Err(Errno::INVAL.into());
        }
        into.adding(|new_dir| self.with_dir(|old_dir| old_dir.hard_link(old, new_dir, new)))
    }

    pub(super) fn rename(&self, old: &str, into: &Self, new: &str) -> io::Result<()> {
        self.mount.check_writable()?;
        self.check_same_mount(into)?;
        self.with_dir(|old_dir| {
            into.with_dir(|new_dir| match self.mount.tmp() {
                Some(tmp) => tmp.in_order().rename((old_dir, old), (new_dir, new)),
                None => old_dir.rename(old, new_dir, new),
            })
        })
    }

    pub(super) fn read_link(&self, path: &str) -> io::Result<String> {
        if let Some(task) = self.mount.package() {
            return task
                .find(self.packaged_path(), path)
                .and_then(|_| Err(Errno::INVAL.into()));
        }
        let target = self.with_dir(|dir| dir.read_link(path))?;
        Ok(target
            .into_os_string()
            .into_string()
            .map_err(|_| Errno::ILSEQ)?)
    }

    pub(super) fn metadata(&self) -> io::Result<Status> {
        match self.mount.package() {
            Some(_) => self.metadata_at(".", false),
            None => self.with_dir(Dir::dir_metadata).map(Status::Host),
        }
    }

    pub(super) fn metadata_at(&self, path: &str, follow: bool) -> io::Result<Status> {
        if let Some(task) = self.mount.package() {
            let found = task.find(self.packaged_path(), path)?;
            return Ok(Status::Packaged(found.entry));
        }
        let metadata = self.with_dir(|dir| match follow {
            true => dir.metadata(path),
            false => dir.symlink_metadata(path),
        });
        metadata.map(Status::Host)
    }

    pub(super) fn set_times(&self, times: &NewTimes) -> io::Result<()> {
        self.mount.check_writable()?;
        self.with_dir(|dir| set_times_of_folder(dir, times))
    }

    pub(super) fn set_times_at(
        &self,
        path: &str,
        follow: bool,
        times: &NewTimes,
    ) -> io::Result<()> {
        self.mount.check_writable()?;
        self.with_dir(|dir| set_times_at(dir, path, follow, times))
    }

    /// Makes the names in it durable. Nothing in `/tmp` is meant to last.
    pub(super) fn sync(&self) -> io::Result<()> {
        match self.mount.tmp() {
            Some(_) => Ok(()),
            None if self.mount.package().is_some() => Ok(()),
            // The handle itself may be a bare path to the kernel, which cannot sync it.
            None => self.with_dir(|dir| dir.open(".")?.sync_all()),
        }
    }

    fn adding(&self, act: impl FnOnce(&Dir) -> io::Result<()>) -> io::Result<()> {
        self.mount.check_writable()?;
        self.with_dir(|dir| match self.mount.tmp() {
            Some(tmp) => tmp.in_order().add(|| act(dir)),
            None => act(dir),
        })
    }

    fn removing(&self, path: &str, act: impl FnOnce(&Dir) -> io::Result<()>) -> io::Result<()> {
        self.mount.check_writable()?;
        self.with_dir(|dir| match self.mount.tmp() {
            Some(tmp) => tmp.in_order().remove(dir, path, || act(dir)),
            None => act(dir),
        })
    }

    /// What lies in two mounts stays apart, even where both are on one disk.
    fn check_same_mount(&self, other: &Self) -> io::Result<()> {
        match Arc::ptr_eq(&self.mount, &other.mount) {
            true => Ok(()),
            false => Err(Errno::XDEV.into()),
        }
    }

    fn with_dir<T>(&self, act: impl FnOnce(&Dir) -> io::Result<T>) -> io::Result<T> {
        match &self.opened {
            Some((Within::Dir(dir), _)) => act(dir),
            Some((Within::Packaged(_), _)) | None => self.mount.with_root(act),
        }
    }
}

/// Neither devices nor pipes, which a folder of the host may have, are opened.
fn check_kind(metadata: &Metadata, how: &Opening) -> io::Result<()> {
    match (metadata.is_file(), how.directory) {
        (true, false) => Ok(()),
        (_, true) => Err(Errno::NOTDIR.into()),
        (false, false) => Err(Errno::PERM.into()),
    }
}

/// Whether what is there may be opened like this.
fn check_packaged(entry: SourceEntry, how: &Opening) -> io::Result<()> {
    match entry {
        _ if how.changes() => Err(Errno::ROFS.into()),
        SourceEntry::File { .. } if how.directory => Err(Errno::NOTDIR.into()),
        SourceEntry::File { .. } | SourceEntry::Folder { .. } => Ok(()),
    }
}
