//! Room that is set aside: a database needs some of it even to delete, and there is none on a full disk.
//!
//! It is a file of which every block is there. It is given up where a change could not be written otherwise, and made
//! again as soon as that is written, or else when there is room: when a host looks at its disk, at every start, and so
//! after a crash, too.

use std::io::{self, Write as _};
use std::os::fd::AsFd as _;

use cap_std::fs::{File, MetadataExt as _, OpenOptions, OpenOptionsExt as _};
use rustix::fs::{FallocateFlags, fallocate};

use super::super::folder::Folder;
use crate::limits::RESERVE_SPARE_BYTES;

const FILE: &str = "reserve";

/// What `st_blocks` counts.
const BLOCK_BYTES: u64 = 512;

/// What is set aside in a folder.
pub(super) struct Reserve {
    root: Folder,
    bytes_max: u64,
    /// What is set aside now.
    bytes: u64,
    /// Those who write with what was given up.
    users: usize,
}

impl Reserve {
    /// What an earlier run left of it. It is to have `bytes_max` bytes.
    pub(super) fn find(root: &Folder, bytes_max: u64) -> Self {
        Self {
            root: root.clone(),
            bytes_max,
            bytes: found(root),
            users: 0,
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Sets as much aside as there is to be, or as `free_bytes` allow, unless somebody needs it now.
    pub(super) fn fill(&mut self, free_bytes: u64) {
        let more = free_bytes.saturating_sub(RESERVE_SPARE_BYTES);
        let reachable = self.bytes.saturating_add(more);
        let wanted = self.bytes_max.min(reachable);
        if self.users > 0 || wanted <= self.bytes {
            return;
        }
        self.bytes = match self.allocate(wanted) {
            Ok(()) => wanted,
            // A part of it may be there.
            Err(_) => found(&self.root),
        };
    }

    /// Gives it up for somebody, who says with [`returned`](Self::returned) when it is needed no longer.
    pub(super) fn lend(&mut self) {
        self.users += 1;
        self.give_up();
    }

    pub(super) fn returned(&mut self) {
        self.users -= 1;
    }

    /// Gives it up.
    pub(super) fn give_up(&mut self) {
        match self.root.remove_file(FILE) {
            Ok(()) => self.bytes = 0,
            Err(error) => tracing::warn!(%error, "what is set aside could not be given up"),
        }
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).mode(0o600);
        let mut file = self.root.dir().open_with(FILE, &options)?;
        let allocated = fallocate(file.as_fd(), FallocateFlags::empty(), 0, bytes);
        match allocated.map_err(io::Error::from) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => write(&mut file, bytes),
            allocated => allocated,
        }
    }
}

/// What is there of it. A copy, such as one out of a backup, may be a hole.
fn found(root: &Folder) -> u64 {
    let found = root.dir().symlink_metadata(FILE);
    found.map_or(0, |found| found.len().min(found.blocks() * BLOCK_BYTES))
}

/// As a file system does that cannot allocate.
fn write(file: &mut File, bytes: u64) -> io::Result<()> {
    let zeros = [0; 4_096];
    for _ in 0..bytes.div_ceil(zeros.len() as u64) {
        file.write_all(&zeros)?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cap_std::ambient_authority;
    use cap_std::fs::Dir;

    fn folder(path: &std::path::Path) -> Folder {
        let dir = Dir::open_ambient_dir(path, ambient_authority()).expect("opened");
        Folder::new(dir, path.to_owned())
    }

    #[test]
    fn it_is_given_up_and_made_again_as_far_as_there_is_room() {
        let temp = tempfile::tempdir().expect("a folder");
        let root = folder(temp.path());
        let blocks = || {
            let found = std::fs::metadata(temp.path().join(FILE));
            found.map_or(0, |found| {
                std::os::unix::fs::MetadataExt::blocks(&found) * 512
            })
        };
        let mut reserve = Reserve::find(&root, 1 << 20);
        assert_eq!(reserve.bytes(), 0);
        reserve.fill(RESERVE_SPARE_BYTES + (64 << 10));
        assert_eq!((reserve.bytes(), blocks()), (64 << 10, 64 << 10));
        reserve.fill(1 << 30);
        assert_eq!((reserve.bytes(), blocks()), (1 << 20, 1 << 20));
        assert_eq!(Reserve::find(&root, 1 << 20).bytes(), 1 << 20);

        reserve.lend();
        assert_eq!((reserve.bytes(), blocks()), (0, 0));
        reserve.fill(1 << 30);
        assert_eq!(reserve.bytes(), 0, "somebody needs it");
        reserve.returned();
        reserve.fill(1 << 30);
        assert_eq!((reserve.bytes(), blocks()), (1 << 20, 1 << 20));
    }

    #[test]
    fn a_hole_does_not_count() {
        let temp = tempfile::tempdir().expect("a folder");
        let file = std::fs::File::create(temp.path().join(FILE)).expect("made");
        file.set_len(1 << 20).expect("a hole");
        let mut reserve = Reserve::find(&folder(temp.path()), 1 << 20);
        assert_eq!(reserve.bytes(), 0);
        reserve.fill(1 << 30);
        assert_eq!(
            Reserve::find(&folder(temp.path()), 1 << 20).bytes(),
            1 << 20
        );
    }
}
