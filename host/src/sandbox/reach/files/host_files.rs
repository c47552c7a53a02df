//! What the files of all guests share.

use std::collections::hash_map::RandomState;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::runtime::Handle;

use super::tmp_space::TmpSpace;
use crate::limits;
use crate::storage::TmpFolders;

/// What the files of all guests share.
pub(in crate::sandbox) struct HostFiles {
    /// None where functions are imported for their states.
    pub(super) tmp: Option<TmpSpace>,
    /// Files, folders and streams that guests hold open.
    pub(super) open: AtomicUsize,
    pub(super) open_max: usize,
    /// Makes numbers of files that say nothing about the host's.
    pub(super) identities: RandomState,
    /// Where what blocks is run.
    pub(super) elsewhere: Handle,
}

impl HostFiles {
    /// `folders` is where `/tmp` is made, which may take so much of `memory` where it lies there; calls that block run
    /// beside the tasks of `elsewhere`. Where there is no room for more, `give_way` lets a sandbox go that serves nobody,
    /// and says whether there was one.
    pub(in crate::sandbox) fn new(
        folders: TmpFolders,
        memory: Option<u64>,
        elsewhere: Handle,
        give_way: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::with(Some(TmpSpace::new(folders, memory, give_way)), elsewhere)
    }

    /// Without a `/tmp`.
    #[cfg(feature = "compiler")]
    pub(in crate::sandbox) fn without_tmp(elsewhere: Handle) -> Arc<Self> {
        Self::with(None, elsewhere)
    }

    fn with(tmp: Option<TmpSpace>, elsewhere: Handle) -> Arc<Self> {
        let descriptors = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        let open_max = descriptors.current.map_or(u64::MAX, |all| {
            all / 100 * limits::GUEST_FILES_OPEN_PERCENT_MAX
        });
        Arc::new(Self {
            tmp,
            open: AtomicUsize::new(0),
            open_max: usize::try_from(open_max).unwrap_or(usize::MAX),
            identities: RandomState::new(),
            elsewhere,
        })
    }

    /// Removes what is left of `/tmp` of all guests: none runs any more. Blocks.
    pub(in crate::sandbox) fn remove_tmp(&self) {
        self.tmp.iter().for_each(TmpSpace::remove);
    }

    /// Lets a sandbox go that serves nobody; `false` where there is none.
    pub(super) fn give_way(&self) -> bool {
        self.tmp.as_ref().is_some_and(TmpSpace::give_way)
    }
}
