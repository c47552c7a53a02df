//! `/tmp` of one sandbox: a folder that is made when it is first used, filled within a bound, and removed
//! with the sandbox.
//!
//! The bound counts the full size of every file, holes included, and every name. What has no name any
//! more and is still open counts until it is closed. Whatever changes a size or a name happens in order,
//! one after the other, so that what is counted is what is there.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, MutexGuard};

use cap_std::fs::{Dir, File, FileExt as _, Metadata, MetadataExt as _};
use rustix::io::Errno;

use super::host_files::HostFiles;
use super::tmp_space::{Amount, ONE_ENTRY, TmpSpace};
use crate::domain::Lock;
use crate::storage::TmpFolder;

/// A `/tmp`.
pub(in crate::sandbox) struct Tmp {
    host: Arc<HostFiles>,
    bound: Amount,
    folder: Lock<Option<Arc<TmpFolder>>>,
    /// Held while a size or a name changes.
    order: Lock<()>,
    /// Never held while the disk is waited for.
    usage: Lock<Usage>,
}

#[derive(Default)]
struct Usage {
    held: Amount,
    /// How often each file is open, by its number.
    open: HashMap<u64, u32>,
}

impl Tmp {
    /// One that may hold so much, and has no folder yet.
    pub(super) fn new(host: &Arc<HostFiles>, bound: Amount) -> Self {
        Self {
            host: Arc::clone(host),
            bound,
            folder: Lock::default(),
            order: Lock::default(),
            usage: Lock::default(),
        }
    }

    /// Its folder, made where there is none yet.
    pub(super) fn folder(&self) -> io::Result<Arc<TmpFolder>> {
        let mut folder = self.folder.lock();
        if let Some(folder) = &*folder {
            return Ok(Arc::clone(folder));
        }
        let made = self.space()?.make_folder().inspect_err(|error| {
            tracing::error!(%error, "no folder can be made for /tmp of an invocation");
        })?;
        let made = Arc::new(made);
        *folder = Some(Arc::clone(&made));
        Ok(made)
    }

    fn space(&self) -> io::Result<&TmpSpace> {
        Ok(self.host.tmp.as_ref().ok_or(Errno::NOSPC)?)
    }

    /// The right to change sizes and names. Everything below asks for it.
    pub(super) fn in_order(&self) -> InOrder<'_> {
        InOrder {
            tmp: self,
            _order: self.order.lock(),
        }
    }

    /// A file has been closed as often as it was opened. Gives whether it is gone with that.
    pub(super) fn close(&self, file: &File, number: u64) -> bool {
        if !self.usage.lock().close(number) {
            return false;
        }
        let is_gone = |metadata: &Metadata| metadata.nlink() == 0;
        match file.metadata().ok().filter(is_gone) {
            Some(metadata) => {
                self.give_back(Amount::of_bytes(metadata.len()));
                true
            }
            None => false,
        }
    }

    /// Takes so much. Nobody else does meanwhile: whoever does holds the order.
    fn take(&self, amount: Amount) -> io::Result<()> {
        let held = self.usage.lock().held + amount;
        // The host's may be waited for.
        if !held.fits(self.bound) || !self.space()?.take(amount) {
            return Err(Errno::NOSPC.into());
        }
        let mut usage = self.usage.lock();
        usage.held = usage.held + amount;
        Ok(())
    }

    fn give_back(&self, amount: Amount) {
        let mut usage = self.usage.lock();
        usage.held = usage.held - amount;
        if let Ok(space) = self.space() {
            space.give_back(amount);
        }
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> Amount {
        self.usage.lock().held
    }
}

impl Usage {
    fn open(&mut self, number: u64) {
        *self.open.entry(number).or_default() += 1;
    }

    /// Whether that was the last time.
    fn close(&mut self, number: u64) -> bool {
        let Some(count) = self.open.get_mut(&number) else {
            return false;
        };
        *count -= 1;
        let is_last = *count == 0;
        if is_last {
            self.open.remove(&number);
        }
        is_last
    }
}

impl Drop for Tmp {
    /// Removing takes time, which is nobody's whose thread this is.
    fn drop(&mut self) {
        let folder = self.folder.get_mut();
        let Some(folder) = folder.take() else {
            return;
        };
        let held = self.usage.lock().held;
        if let Some(space) = &self.host.tmp {
            space.leave(held);
        }
        // The last guest does not keep the host's side of all files: what is left goes with that.
        let host = Arc::downgrade(&self.host);
        self.host.elsewhere.spawn_blocking(move || {
            drop(folder);
            if let Some(host) = host.upgrade() {
                host.tmp.iter().for_each(|space| space.gone(held));
            }
        });
    }
}

/// Changes sizes and names.
pub(super) struct InOrder<'a> {
    tmp: &'a Tmp,
    _order: MutexGuard<'a, ()>,
}

impl InOrder<'_> {
    /// Writes all of `bytes`, at the end of the file where no `offset` is given.
    pub(super) fn write(&self, file: &File, bytes: &[u8], offset: Option<u64>) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let before = file.metadata()?.len();
        let offset = offset.unwrap_or(before);
        let end = offset.checked_add(bytes.len() as u64).ok_or(Errno::FBIG)?;
        let growth = end.saturating_sub(before);
        self.tmp.take(Amount::of_bytes(growth))?;
        file.write_all_at(bytes, offset).inspect_err(|_| {
            // Some of it may be there.
            let after = file.metadata().map_or(end, |metadata| metadata.len());
            let unused = growth.saturating_sub(after.saturating_sub(before));
            self.tmp.give_back(Amount::of_bytes(unused));
        })
    }

    pub(super) fn set_len(&self, file: &File, bytes: u64) -> io::Result<()> {
        let before = file.metadata()?.len();
        let growth = Amount::of_bytes(bytes.saturating_sub(before));
        self.tmp.take(growth)?;
        match file.set_len(bytes) {
            Ok(()) => {
                self.tmp
                    .give_back(Amount::of_bytes(before.saturating_sub(bytes)));
                Ok(())
            }
            Err(error) => {
                self.tmp.give_back(growth);
                Err(error)
            }
        }
    }

    /// Counts a file as open. Gives its number, by which it is closed.
    pub(super) fn opened(&self, metadata: &Metadata) -> u64 {
        self.tmp.usage.lock().open(metadata.ino());
        metadata.ino()
    }

    /// Does what adds a name.
    pub(super) fn add<T>(&self, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.tmp.take(ONE_ENTRY)?;
        act().inspect_err(|_| self.tmp.give_back(ONE_ENTRY))
    }

    /// Does what takes away the name `path` of `dir`, if it is there.
    pub(super) fn remove(
        &self,
        dir: &Dir,
        path: &str,
        act: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        self.replace(dir.symlink_metadata(path).ok(), act)
    }

    /// Does what gives the name `new` to what had the name `old`, and takes away what was called `new`.
    pub(super) fn rename(
        &self,
        (old_dir, old): (&Dir, &str),
        (new_dir, new): (&Dir, &str),
    ) -> io::Result<()> {
        let moved = old_dir.symlink_metadata(old)?;
        let replaced = new_dir.symlink_metadata(new).ok();
        // Two names of the same file both stay.
        let replaced = replaced.filter(|replaced| replaced.ino() != moved.ino());
        self.replace(replaced, || old_dir.rename(old, new_dir, new))
    }

    fn replace(
        &self,
        victim: Option<Metadata>,
        act: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let Some(victim) = victim else {
            return act();
        };
        // As if it were opened and closed once more: so whoever closes it last, here or elsewhere, finds
        // that it is gone, and nobody else.
        let is_last_name = victim.is_file() && victim.nlink() == 1;
        if is_last_name {
            self.tmp.usage.lock().open(victim.ino());
        }
        let done = act();
        let is_closed = is_last_name && self.tmp.usage.lock().close(victim.ino());
        if done.is_ok() {
            let bytes = if is_closed { victim.len() } else { 0 };
            self.tmp.give_back(ONE_ENTRY + Amount::of_bytes(bytes));
        }
        done
    }
}
