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
use super::status::{NewTimes, set_times_at, set_times_of_folder};

/// An open folder.
pub(super) struct OpenFolder {
    guest: Arc<GuestFiles>,
    mount: Arc<Mount>,
    /// `None` where it is the mount itself.
    opened: Option<(Dir, OpenPlace)>,
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
        self.with_dir(|dir| match self.mount.tmp() {
            None => {
                let file = how.open(dir, path)?;
                let metadata = file.metadata()?;
                if metadata.is_dir() {
                    return Ok(self.folder(Dir::from_std_file(file.into_std()), place));
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
                    return Ok(self.folder(Dir::from_std_file(file.into_std()), place));
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

    fn folder(&self, dir: Dir, place: OpenPlace) -> Opened {
        Opened::Folder(Self {
            guest: Arc::clone(&self.guest),
            mount: Arc::clone(&self.mount),
            opened: Some((dir, place)),
        })
    }

    pub(super) fn list(&self) -> io::Result<Listing> {
        let place = OpenPlace::take(&self.guest)?;
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
        let target = self.with_dir(|dir| dir.read_link(path))?;
        Ok(target
            .into_os_string()
            .into_string()
            .map_err(|_| Errno::ILSEQ)?)
    }

    pub(super) fn metadata(&self) -> io::Result<Metadata> {
        self.with_dir(Dir::dir_metadata)
    }

    pub(super) fn metadata_at(&self, path: &str, follow: bool) -> io::Result<Metadata> {
        self.with_dir(|dir| match follow {
            true => dir.metadata(path),
            false => dir.symlink_metadata(path),
        })
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
            Some((dir, _)) => act(dir),
            None => self.mount.with_root(act),
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
