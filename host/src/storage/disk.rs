//! How much room a data directory has: in the budget that its owner gives it, and in its file system.
//!
//! Whatever makes the directory grow for somebody asks here first, before anything of it is done. Where there is no
//! room, compiled code gives way, which can be made again; where that is not enough, the answer says what is short.
//! What only ends what was begun, or removes something, need not ask: for that there is the [`reserve`].

mod promises;
mod reserve;
mod room;
mod shares;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{OnceLock, Weak};
use std::time::{Duration, Instant};

use super::file_system::is_in_memory;
use super::folder::Folder;
use super::no_room::NoRoom;
use crate::domain::{DataFigures, DataPart, Lock};
use crate::limits::{
    DATA_PERCENT_MAX, DISK_FREE_BYTES_MIN, DISK_FREE_PERCENT_MIN, DISK_LOOK_INTERVAL,
    RESERVE_BYTES, RESERVE_PERCENT_MAX,
};
use promises::Promises;
pub(super) use promises::Writing;
use reserve::Reserve;
pub(super) use room::CodeNeed;
use room::Need;
pub(super) use shares::PAGE_BYTES;
pub(crate) use shares::Shares;

/// What a file takes is counted in blocks of this size.
const BLOCK_BYTES: u64 = 4_096;

/// A file system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Space {
    /// Its size, in bytes.
    total: u64,
    /// What of it this user can fill.
    free: u64,
}

impl Space {
    /// One without a size, such as memory that was mounted without a bound, tells of no blocks at all.
    fn of(blocks: u64, free_blocks: u64, block_bytes: u64) -> Self {
        match blocks {
            0 => Self {
                total: u64::MAX,
                free: u64::MAX,
            },
            _ => Self {
                total: blocks.saturating_mul(block_bytes),
                free: free_blocks.saturating_mul(block_bytes),
            },
        }
    }
}

/// Tells of the file system that a folder lies in.
type Watch = Box<dyn Fn() -> io::Result<Space> + Send + Sync>;

/// What can be made again.
pub(super) trait GivesWay: Send + Sync {
    /// Removes at least so many bytes of it, or nothing; gives how many files and bytes went.
    fn give_way(&self, bytes: u64) -> Option<Gone>;
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gone {
    pub(super) files: u64,
    pub(super) bytes: u64,
}

/// The room of a data directory.
pub(crate) struct Disk {
    root: Folder,
    watch: Watch,
    budget: u64,
    is_in_memory: bool,
    free_bytes_min: u64,
    packages: AtomicU64,
    artifacts: AtomicU64,
    logs: AtomicU64,
    look_interval: Duration,
    /// Held only to read and change what is known.
    look: Lock<Look>,
    /// Held by whoever looks at the disk, which may take a while.
    looking: Lock<()>,
    reserve: Lock<Reserve>,
    gives_way: OnceLock<Weak<dyn GivesWay>>,
    gave_way: AtomicU64,
    gave_way_bytes: AtomicU64,
    refused: AtomicU64,
}

/// What was seen when the disk was last looked at.
#[derive(Default)]
struct Look {
    at: Option<Instant>,
    /// How often it was forgotten.
    forgotten: u64,
    space: Space,
    catalog: u64,
    events: u64,
    reserve: u64,
    promises: Promises,
    /// What was refused since, with the answer; nothing larger need be asked again.
    refused: Option<(Need, NoRoom)>,
    /// Whether it is known in the host's log that there is no room.
    is_told: bool,
}

impl Look {
    /// Whoever looks at this moment may have seen what is so no longer.
    fn forget(&mut self) {
        self.at = None;
        self.forgotten += 1;
    }
}

impl Disk {
    /// The room of `root`, which may take `budget` bytes, or else a share of its file system; and where that is in
    /// memory, no more than so much of it.
    pub(super) fn of(
        root: &Folder,
        budget: Option<u64>,
        memory_bytes_max: u64,
    ) -> io::Result<Self> {
        let watched = root.clone();
        let watch = move || {
            let status = rustix::fs::fstatvfs(watched.dir())?;
            Ok(Space::of(status.f_blocks, status.f_bavail, status.f_frsize))
        };
        let mut disk = Self::watching(root, budget, Box::new(watch))?;
        if is_in_memory(rustix::fs::fstatfs(root.dir())) {
            disk.is_in_memory = true;
            disk.budget = disk.budget.min(memory_bytes_max);
        }
        Ok(disk)
    }

    fn watching(root: &Folder, budget: Option<u64>, watch: Watch) -> io::Result<Self> {
        let Space { total, free } = watch()?;
        let share = |percent: u64| total / 100 * percent;
        let bytes_max = RESERVE_BYTES.min(share(RESERVE_PERCENT_MAX));
        let mut reserve = Reserve::find(root, bytes_max);
        if free < bytes_max {
            // A start writes, too: it opens databases. What that leaves is set aside again at the first look.
            reserve.give_up();
        }
        Ok(Self {
            root: root.clone(),
            watch,
            budget: budget.unwrap_or_else(|| share(DATA_PERCENT_MAX)),
            is_in_memory: false,
            free_bytes_min: DISK_FREE_BYTES_MIN.min(share(DISK_FREE_PERCENT_MIN)),
            packages: AtomicU64::new(0),
            artifacts: AtomicU64::new(0),
            logs: AtomicU64::new(0),
            look_interval: DISK_LOOK_INTERVAL,
            look: Lock::default(),
            looking: Lock::default(),
            reserve: Lock::new(reserve),
            gives_way: OnceLock::new(),
            gave_way: AtomicU64::new(0),
            gave_way_bytes: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        })
    }

    /// What each part may take.
    pub(crate) fn shares(&self) -> Shares {
        Shares::of(self.budget)
    }

    /// What it may take of memory, outside of this process.
    pub(crate) fn memory_bytes_max(&self) -> u64 {
        match self.is_in_memory {
            true => self.budget,
            false => 0,
        }
    }

    /// What gives way from now on.
    pub(super) fn can_be_made_again(&self, what: Weak<dyn GivesWay>) {
        let _ = self.gives_way.set(what);
    }

    /// A part holds a file of so many bytes more.
    pub(super) fn added(&self, part: DataPart, bytes: u64) {
        if let Some(counted) = self.counted(part) {
            counted.fetch_add(on_disk(bytes), Ordering::Relaxed);
        }
    }

    /// A part holds a file of so many bytes no longer.
    pub(super) fn removed(&self, part: DataPart, bytes: u64) {
        if let Some(counted) = self.counted(part) {
            let less = |count: u64| Some(count.saturating_sub(on_disk(bytes)));
            // It gives a value always.
            let _ = counted.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        }
        // There may be room now for what had none.
        self.forget_look();
    }

    /// Something was written that there was room for, and could not be; or the other way round.
    pub(super) fn forget_look(&self) {
        self.look.lock().forget();
    }

    /// A file of a part has become larger.
    pub(super) fn grown(&self, part: DataPart, from: u64, to: u64) {
        if let Some(counted) = self.counted(part) {
            let more = on_disk(to).saturating_sub(on_disk(from));
            counted.fetch_add(more, Ordering::Relaxed);
        }
    }

    /// The parts that are counted as they change; all others are looked at.
    fn counted(&self, part: DataPart) -> Option<&AtomicU64> {
        match part {
            DataPart::Packages => Some(&self.packages),
            DataPart::Artifacts => Some(&self.artifacts),
            DataPart::Logs => Some(&self.logs),
            DataPart::Catalog | DataPart::Events | DataPart::Reserve => None,
        }
    }

    /// What it holds, and how much it may. Blocks.
    pub(crate) fn figures(&self) -> DataFigures {
        self.look_anew();
        let look = self.look.lock();
        DataFigures {
            parts: self.parts(&look).to_vec(),
            bytes_max: self.budget,
            free_bytes: look.space.free,
            free_bytes_min: self.free_bytes_min,
            gave_way: self.gave_way.load(Ordering::Relaxed),
            gave_way_bytes: self.gave_way_bytes.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }

    fn parts(&self, look: &Look) -> [(DataPart, u64); 6] {
        let counted = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            (DataPart::Packages, counted(&self.packages)),
            (DataPart::Artifacts, counted(&self.artifacts)),
            (DataPart::Logs, counted(&self.logs)),
            (DataPart::Catalog, look.catalog),
            (DataPart::Events, look.events),
            (DataPart::Reserve, look.reserve),
        ]
    }

    fn used(&self, look: &Look) -> u64 {
        self.parts(look).iter().map(|(_, bytes)| bytes).sum()
    }

    /// Gives up what is set aside, for as long as what this returns lives.
    #[must_use]
    pub(super) fn reserve(&self) -> Lent<'_> {
        self.forget_look();
        self.reserve.lock().lend();
        Lent(self)
    }

    fn is_old(&self, look: &Look) -> bool {
        look.at.is_none_or(|at| at.elapsed() >= self.look_interval)
    }

    /// Looks at the disk if nobody did a moment ago. Blocks.
    fn look_where_old(&self) {
        if self.is_old(&self.look.lock()) {
            let _alone = self.looking.lock();
            if self.is_old(&self.look.lock()) {
                self.look_at_disk();
            }
        }
    }

    /// Looks at the disk. Blocks.
    fn look_anew(&self) {
        let _alone = self.looking.lock();
        self.look_at_disk();
    }

    /// Nobody is kept from asking meanwhile.
    fn look_at_disk(&self) {
        // What is spent from here on need not be seen.
        let (spent, forgotten) = {
            let look = self.look.lock();
            (look.promises.spent(), look.forgotten)
        };
        let (space, reserve) = self.space();
        let (catalog, events) = (self.database("catalog.db"), self.database("events.db"));
        let mut look = self.look.lock();
        look.space = space.unwrap_or(look.space);
        (look.catalog, look.events, look.reserve) = (catalog, events, reserve);
        look.promises.seen(spent);
        look.at = (look.forgotten == forgotten).then(Instant::now);
        look.refused = None;
    }

    /// The file system, where it can be looked at, and what is set aside in it, made whole where there is room.
    fn space(&self) -> (Option<Space>, u64) {
        let mut reserve = self.reserve.lock();
        let before = reserve.bytes();
        let space = (self.watch)().and_then(|space| {
            reserve.fill(space.free);
            match reserve.bytes() == before {
                true => Ok(space),
                false => (self.watch)(),
            }
        });
        let unknown = |error: &io::Error| {
            tracing::warn!(%error, "what is free in the file system is not known");
        };
        (space.inspect_err(unknown).ok(), reserve.bytes())
    }

    /// What a database takes, with the files that SQLite has beside it.
    fn database(&self, name: &str) -> u64 {
        let beside = ["", "-wal", "-shm"].into_iter();
        let files = beside.map(|end| self.root.dir().symlink_metadata(format!("{name}{end}")));
        files.flatten().map(|file| on_disk(file.len())).sum()
    }
}

/// What is set aside is given up while this lives.
pub(super) struct Lent<'a>(&'a Disk);

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.0.reserve.lock().returned();
        // At once: until it is set aside again, whoever else writes there can take it, and the next change finds none.
        self.0.look_anew();
    }
}

/// What a file of so many bytes takes.
pub(super) fn on_disk(bytes: u64) -> u64 {
    bytes.next_multiple_of(BLOCK_BYTES)
}
