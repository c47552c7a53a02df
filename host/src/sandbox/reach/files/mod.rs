//! Files of a guest: `/tmp`, which is its own, and folders of the host that its function was granted.
//!
//! Every path is resolved below the folder that it begins in, by the kernel or step by step, so neither
//! `..` nor a link leads out of it. What blocks runs on threads that may be blocked, beside those of the
//! guests that take long: a slow disk delays who uses it and nobody else. The inner modules speak of
//! [`std::io`] alone; `wasi` is the door to the guest.

mod blocking;
mod places;
mod tmp_space;
mod tmp;
mod mount;
mod open_file;
mod opening;
mod open_folder;
mod status;
mod listing;
mod error_code;
mod reader;
mod writer;
mod wasi;

#[cfg(test)]
mod tests;

use std::collections::hash_map::RandomState;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::runtime::Handle;

use crate::limits;
use crate::storage::TmpFolders;
pub(in crate::sandbox) use mount::Mount;
pub(in crate::sandbox) use places::GuestFiles;
use tmp_space::TmpSpace;

/// Where a guest finds the folder that is its own.
const TMP_PATH: &str = "/tmp";

/// What the files of all guests share.
pub(in crate::sandbox) struct HostFiles {
    tmp: TmpSpace,
    /// Files, folders and streams that guests hold open.
    open: AtomicUsize,
    open_max: usize,
    /// Makes numbers of files that say nothing about the host's.
    identities: RandomState,
    /// Where what blocks is run.
    elsewhere: Handle,
}

impl HostFiles {
    /// `folders` is where `/tmp` is made; calls that block run beside the tasks of `elsewhere`.
    pub(in crate::sandbox) fn new(folders: TmpFolders, elsewhere: Handle) -> Arc<Self> {
        let descriptors = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        let open_max = descriptors.current.map_or(u64::MAX, |all| {
            all / 100 * limits::GUEST_FILES_OPEN_PERCENT_MAX
        });
        Arc::new(Self {
            tmp: TmpSpace::new(folders),
            open: AtomicUsize::new(0),
            open_max: usize::try_from(open_max).unwrap_or(usize::MAX),
            identities: RandomState::new(),
            elsewhere,
        })
    }
}
