//! Whether there is room for something, and making some.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use tokio::task::spawn_blocking;

use super::{Disk, Gone, Look, NoRoom};

/// What somebody wants to store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    /// What it adds to what is counted.
    pub(super) growth: u64,
    /// What it writes next.
    pub(super) next: u64,
    /// What must be free beside that.
    pub(super) free_min: u64,
}

/// What there is too little of, and how many bytes would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shortage {
    /// The directory would take more than it may.
    Budget(u64),
    /// The file system has too little left.
    Free(u64),
}

impl Shortage {
    fn bytes(self) -> u64 {
        match self {
            Self::Budget(bytes) | Self::Free(bytes) => bytes,
        }
    }
}

impl Disk {
    /// Whether there is room for so many more bytes; compiled code gives way.
    ///
    /// # Errors
    /// With what is short.
    pub(crate) async fn room(self: &Arc<Self>, bytes: u64) -> Result<(), NoRoom> {
        if let Some(known) = self.known(bytes) {
            return known;
        }
        let disk = Arc::clone(self);
        let made = spawn_blocking(move || disk.make_room(bytes)).await;
        made.unwrap_or_else(|panic| Err(NoRoom(panic.to_string())))
    }

    /// Whether there is room for a package of so many bytes, and for what is made of it `beside` that.
    ///
    /// # Errors
    /// With what is short.
    pub(in crate::storage) async fn code_room(
        self: &Arc<Self>,
        bytes: u64,
        beside: u64,
    ) -> Result<(), NoRoom> {
        let bytes_max = self.shares().code_bytes_max();
        let used = self.packages.load(Ordering::Relaxed);
        if bytes > 0 && used.saturating_add(bytes) > bytes_max {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(NoRoom(format!(
                "Packages and snapshots take {} of the {} that this host keeps for them. Delete functions or \
                 versions that are not needed, or have its owner give it more (--data-max).",
                megabytes(used),
                megabytes(bytes_max)
            )));
        }
        if bytes == 0 {
            // Compiled code that made room for what is small might find none itself when it is called next.
            self.free_room(0)?;
        }
        self.room(bytes.saturating_add(beside)).await
    }

    /// The answer, where it takes no work to know it. What is wanted counts as stored until the disk is looked
    /// at again.
    pub(super) fn known(&self, bytes: u64) -> Option<Result<(), NoRoom>> {
        let mut look = self.look.lock();
        self.look_where_old(&mut look);
        if let Some((refused, answer)) = &look.refused
            && *refused <= bytes
        {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Some(Err(answer.clone()));
        }
        if self.shortage(&look, self.need(bytes)).is_some() {
            return None;
        }
        look.promised += bytes;
        self.tell_of_room(&mut look);
        Some(Ok(()))
    }

    fn need(&self, bytes: u64) -> Need {
        Need {
            growth: bytes,
            next: bytes,
            free_min: self.free_bytes_min,
        }
    }

    /// Makes room for so many more bytes.
    pub(super) fn make_room(&self, bytes: u64) -> Result<(), NoRoom> {
        let need = self.need(bytes);
        let Some(shortage) = self.make_room_for(need) else {
            return Ok(());
        };
        let mut look = self.look.lock();
        let answer = self.sentence(&look, shortage);
        self.tell_of_none(&mut look, &answer);
        look.refused = Some((bytes, answer.clone()));
        self.refused.fetch_add(1, Ordering::Relaxed);
        Err(answer)
    }

    /// Makes room for the next bytes of compiled code, of which `written` are there already. It may take what must
    /// be free otherwise: without it, a function that is there already could not run.
    ///
    /// # Errors
    /// Where what is free in the file system, or in the budget, is not enough, whatever gives way.
    pub(in crate::storage) fn artifact_room(&self, written: u64, next: u64) -> Result<(), NoRoom> {
        let need = |free_min| Need {
            growth: written + next,
            next,
            free_min,
        };
        if self.make_room_for(need(self.free_bytes_min)).is_none() {
            return Ok(());
        }
        match self.make_room_for(need(0)) {
            None => Ok(()),
            Some(shortage) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                Err(self.sentence(&self.look.lock(), shortage))
            }
        }
    }

    /// Whether the file system has so many bytes left, for what takes no more of the budget than it has already.
    /// Nothing gives way to it.
    ///
    /// # Errors
    /// With what is short.
    pub(crate) fn free_room(&self, bytes: u64) -> Result<(), NoRoom> {
        let mut look = self.look.lock();
        self.look_where_old(&mut look);
        match self.shortage(&look, self.need(bytes)) {
            Some(shortage @ Shortage::Free(_)) => Err(self.sentence(&look, shortage)),
            Some(Shortage::Budget(_)) | None => {
                look.promised += bytes;
                Ok(())
            }
        }
    }

    /// What is still short after everything gave way that has to.
    fn make_room_for(&self, need: Need) -> Option<Shortage> {
        self.promise(need, false)?;
        // What was promised may have been stored by now, and be counted twice.
        let shortage = self.promise(need, true)?;
        match self.give_way(shortage.bytes()) {
            true => self.promise(need, true),
            false => Some(shortage),
        }
    }

    /// Counts what is needed as stored, or says what is short.
    fn promise(&self, need: Need, looks_anew: bool) -> Option<Shortage> {
        let mut look = self.look.lock();
        match looks_anew {
            true => self.look_at_disk(&mut look),
            false => self.look_where_old(&mut look),
        }
        let shortage = self.shortage(&look, need);
        if shortage.is_none() {
            look.promised += need.next;
        }
        shortage
    }

    fn shortage(&self, look: &Look, need: Need) -> Option<Shortage> {
        let free = look.space.free.saturating_sub(look.promised);
        let wanted_free = need.free_min.saturating_add(need.next);
        let used = self.used(look).saturating_add(look.promised);
        let wanted = used.saturating_add(need.growth);
        let budget = wanted.saturating_sub(self.budget);
        match wanted_free.saturating_sub(free) {
            0 if budget == 0 => None,
            0 => Some(Shortage::Budget(budget)),
            free => Some(Shortage::Free(free.max(budget))),
        }
    }

    fn give_way(&self, bytes: u64) -> bool {
        let gives_way = self.gives_way.get().and_then(Weak::upgrade);
        let Some(Gone { files, bytes }) = gives_way.and_then(|what| what.give_way(bytes)) else {
            return false;
        };
        self.gave_way.fetch_add(files, Ordering::Relaxed);
        self.gave_way_bytes.fetch_add(bytes, Ordering::Relaxed);
        true
    }

    fn sentence(&self, look: &Look, shortage: Shortage) -> NoRoom {
        NoRoom(match shortage {
            Shortage::Budget(_) => format!(
                "This host keeps {} of the {} that it may keep, and cannot make enough room by giving up compiled \
                 code. Delete functions, versions or dead events that are not needed, or have its owner give it \
                 more (--data-max).",
                megabytes(self.used(look)),
                megabytes(self.budget)
            ),
            Shortage::Free(_) => format!(
                "The disk of this host is nearly full: {} of {} are free, and {} must stay so. Have its owner make \
                 room there, or delete functions or versions that are not needed.",
                megabytes(look.space.free),
                megabytes(look.space.total),
                megabytes(self.free_bytes_min)
            ),
        })
    }

    fn tell_of_none(&self, look: &mut Look, answer: &NoRoom) {
        if !std::mem::replace(&mut look.is_told, true) {
            let [
                (_, packages),
                (_, artifacts),
                (_, logs),
                (_, catalog),
                (_, events),
                _,
            ] = self.parts(look);
            tracing::warn!(
                data_dir = %self.root.path().display(),
                packages, artifacts, events, catalog, logs, free = look.space.free,
                "there is no room in the data directory, and what would make it grow is refused: {answer}"
            );
        }
    }

    fn tell_of_room(&self, look: &mut Look) {
        if std::mem::take(&mut look.is_told) {
            tracing::info!("there is room in the data directory again");
        }
    }
}

/// In the unit that people think in.
fn megabytes(bytes: u64) -> String {
    match bytes {
        0..10_000_000 => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
        10_000_000..10_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{} GB", bytes / 1_000_000_000),
    }
}
