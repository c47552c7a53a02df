//! How a path is opened.

use std::io;

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::fs::{Dir, File, OpenOptions};
use rustix::io::Errno;

use super::open_file::Mode;
use super::tmp::InOrder;

/// What the guest asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Opening {
    pub(super) follow: bool,
    pub(super) create: bool,
    pub(super) exclusive: bool,
    pub(super) truncate: bool,
    pub(super) directory: bool,
    pub(super) read: bool,
    pub(super) write: bool,
    pub(super) sync: bool,
    pub(super) data_sync: bool,
}

impl Opening {
    /// # Errors
    /// Where it contradicts itself.
    pub(super) fn check(&self) -> io::Result<()> {
        match self.directory && (self.create || self.exclusive || self.truncate) {
            true => Err(Errno::INVAL.into()),
            false => Ok(()),
        }
    }

    /// Whether something could be changed by it, or through it.
    pub(super) fn changes(&self) -> bool {
        self.create || self.truncate || self.write
    }

    /// What the guest may do with the file; one that asks for nothing may read.
    pub(super) fn mode(&self) -> Mode {
        Mode {
            read: self.read || !self.write,
            write: self.write,
        }
    }

    /// Opens a path of the host.
    pub(super) fn open(&self, dir: &Dir, path: &str) -> io::Result<File> {
        let mut options = self.options();
        match (self.create, self.exclusive) {
            (true, true) => options.create_new(true),
            (create, _) => options.create(create),
        };
        dir.open_with(path, &options)
    }

    /// Opens a path of `/tmp`, and counts the name where there is one more.
    pub(super) fn open_in_order(
        &self,
        order: &InOrder<'_>,
        dir: &Dir,
        path: &str,
    ) -> io::Result<File> {
        let mut options = self.options();
        if self.create && self.exclusive {
            options.create_new(true);
            return order.add(|| dir.open_with(path, &options));
        }
        match dir.open_with(path, &options) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.create => {
                options.create(true);
                order.add(|| dir.open_with(path, &options))
            }
            opened => opened,
        }
    }

    fn options(&self) -> OpenOptions {
        let follow = match self.follow {
            true => FollowSymlinks::Yes,
            false => FollowSymlinks::No,
        };
        let mut options = OpenOptions::new();
        options
            .read(self.mode().read)
            .write(self.changes())
            .follow(follow)
            .sync(self.sync)
            .dsync(self.data_sync)
            // A pipe in a folder of the host would hold the thread until somebody opens its other end.
            .nonblock(true);
        options
    }
}
