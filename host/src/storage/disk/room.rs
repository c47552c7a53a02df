//! Whether there is room for something, and making some.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use tokio::task::spawn_blocking;

use super::promises::{Kept, Purpose};
use super::{Disk, Gone, Look, NoRoom, Writing};
use crate::storage::promise::Promise;

/// What somebody wants to store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    purpose: Purpose,
    /// What it adds to what is counted.
    growth: u64,
    /// What it writes next.
    next: u64,
    /// What must be free beside that.
    free_min: u64,
    /// What it adds to packages and snapshots.
    packages: u64,
    /// Whether nothing gives way to it where the file system is full: what is small would leave what gave way for it
    /// without room to be made again.
    is_small: bool,
}

/// What there is too little of, and how many bytes would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shortage {
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

/// Packages and snapshots that are to be stored.
#[derive(Clone, Copy, Debug)]
pub(in crate::storage) struct CodeNeed {
    /// What there is of them.
    pub(in crate::storage) bytes: u64,
    /// Whether they take the place of the same.
    pub(in crate::storage) is_there: bool,
    /// What is made of them.
    pub(in crate::storage) beside: u64,
}

impl Disk {
    /// Notes that there was no room for something.
    pub(crate) fn count_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Keeps room for an event of so many bytes; compiled code gives way.
    ///
    /// # Errors
    /// With what is short. Nothing is counted as refused: the event may have room elsewhere.
    pub(crate) async fn event_room(self: &Arc<Self>, bytes: u64) -> Result<Promise, NoRoom> {
        let need = self.need(Purpose::Events, bytes, bytes);
        self.room(need, (Purpose::Events, bytes)).await
    }

    /// Keeps room in the file system for an event of so many bytes that makes its database no larger. Nothing gives
    /// way to it.
    ///
    /// # Errors
    /// As [`event_room`](Self::event_room).
    pub(crate) async fn free_event_room(self: &Arc<Self>, bytes: u64) -> Result<Promise, NoRoom> {
        let need = Need {
            is_small: true,
            ..self.need(Purpose::Events, 0, bytes)
        };
        self.room(need, (Purpose::Events, bytes)).await
    }

    /// Keeps room for a package where there is some for what is made of it as well; compiled code gives way.
    ///
    /// # Errors
    /// With what is short.
    pub(in crate::storage) async fn code_room(
        self: &Arc<Self>,
        wanted: CodeNeed,
    ) -> Result<Promise, NoRoom> {
        let CodeNeed {
            bytes,
            is_there,
            beside,
        } = wanted;
        // What is there was compiled, or is made again like any code that has given way.
        let (purpose, more, beside) = match is_there {
            true => (Purpose::Code, 0, 0),
            false => (Purpose::Packages, bytes, beside),
        };
        let need = Need {
            packages: more,
            is_small: bytes == 0,
            ..self.need(purpose, more + beside, bytes + beside)
        };
        let kept = self.room(need, (purpose, bytes)).await;
        kept.inspect_err(|_| self.count_refused())
    }

    /// Keeps room for code that is compiled from now on, from packages and from other such code.
    ///
    /// # Errors
    /// With what is short. It is not refused for that: [`artifact_room`](Self::artifact_room) sees what it comes to.
    pub(in crate::storage) async fn compiled_room(
        self: &Arc<Self>,
        bytes: u64,
    ) -> Result<Promise, NoRoom> {
        let need = self.need(Purpose::Code, bytes, bytes);
        self.room(need, (Purpose::Compiled, bytes)).await
    }

    fn need(&self, purpose: Purpose, growth: u64, next: u64) -> Need {
        Need {
            purpose,
            growth,
            next,
            packages: 0,
            free_min: self.free_bytes_min,
            is_small: false,
        }
    }

    /// Keeps `part` of what is needed.
    async fn room(self: &Arc<Self>, need: Need, part: (Purpose, u64)) -> Result<Promise, NoRoom> {
        if let Some(known) = self.known(need, part) {
            return known.map(Promise::of);
        }
        let disk = Arc::clone(self);
        let made = spawn_blocking(move || disk.make_room(need, part)).await;
        let kept = made.unwrap_or_else(|panic| Err(NoRoom(panic.to_string())));
        kept.map(Promise::of)
    }

    /// The answer, where it takes no work to know it.
    fn known(
        self: &Arc<Self>,
        need: Need,
        (purpose, bytes): (Purpose, u64),
    ) -> Option<Result<Kept, NoRoom>> {
        let mut look = self.look.lock();
        if let Some(answer) = self.beyond_share(&look, need.packages) {
            return Some(Err(answer));
        }
        if self.is_old(&look) {
            return None;
        }
        if let Some((refused, answer)) = &look.refused
            && refused.growth <= need.growth
            && refused.next <= need.next
            && look.promises.free(refused.purpose) <= look.promises.free(need.purpose)
        {
            return Some(Err(answer.clone()));
        }
        match self.shortage(&look, need) {
            // Nothing gives way to it, and the disk was looked at anew when something else was refused.
            Some(shortage @ Shortage::Free(_)) if need.is_small && look.refused.is_some() => {
                return Some(Err(self.sentence(&look, need, shortage)));
            }
            Some(_) => return None,
            None => {}
        }
        self.tell_of_room(&mut look);
        Some(Ok(Kept::of(self, &mut look.promises, purpose, bytes)))
    }

    /// Why packages and snapshots may not grow so much, where they may not: nothing gives way to them then.
    fn beyond_share(&self, look: &Look, more: u64) -> Option<NoRoom> {
        let bytes_max = self.shares().code_bytes_max();
        let kept = self.packages.load(Ordering::Relaxed);
        let used = kept.saturating_add(look.promises.packages());
        if more == 0 || used.saturating_add(more) <= bytes_max {
            return None;
        }
        Some(NoRoom(format!(
            "Packages and snapshots, with those on their way, take {} of the {} that this host keeps for them. Delete \
             functions or versions that are not needed, or have its owner give it more (--data-max).",
            megabytes(used),
            megabytes(bytes_max)
        )))
    }

    /// Makes room for what is needed. Blocks.
    fn make_room(self: &Arc<Self>, need: Need, part: (Purpose, u64)) -> Result<Kept, NoRoom> {
        self.look_where_old();
        loop {
            // Somebody else may have made room, or found none, a moment ago; or has taken what was made.
            if let Some(known) = self.known(need, part) {
                return known;
            }
            if let Some(shortage) = self.make_room_for(need) {
                return Err(self.refuse(need, shortage));
            }
            self.look_where_old();
        }
    }

    fn refuse(&self, need: Need, shortage: Shortage) -> NoRoom {
        let mut look = self.look.lock();
        let answer = self.sentence(&look, need, shortage);
        self.tell_of_none(&mut look, &answer);
        // What is small may be short of what is free while something larger that others give way to is not.
        if !need.is_small && need.growth > 0 {
            look.refused = Some((need, answer.clone()));
        }
        answer
    }

    /// Makes room for the next bytes of compiled code that is being written. It may take what must be free otherwise:
    /// without it, a function that is there already could not run. Blocks.
    ///
    /// # Errors
    /// Where what is free in the file system, or in the budget, is not enough, whatever gives way.
    pub(in crate::storage) fn artifact_room(
        &self,
        writing: &mut Writing<'_>,
        next: u64,
    ) -> Result<(), NoRoom> {
        let need = self.need(Purpose::Compiled, next, next);
        let last = Need {
            free_min: 0,
            ..need
        };
        let shortage = self
            .make_room_for(need)
            .and_then(|_| self.make_room_for(last));
        match shortage {
            None => {
                writing.go_on(next);
                Ok(())
            }
            Some(shortage) => {
                self.count_refused();
                Err(self.sentence(&self.look.lock(), need, shortage))
            }
        }
    }

    /// Compiled code that is about to be written.
    pub(in crate::storage) fn writing(&self) -> Writing<'_> {
        Writing {
            disk: self,
            bytes: 0,
        }
    }

    /// Whether the file system has so many bytes left, for logs, which take no more of the budget than is theirs and
    /// are written at once. Nothing gives way to them. Blocks.
    ///
    /// # Errors
    /// With what is short.
    pub(in crate::storage) fn log_room(&self, bytes: u64) -> Result<(), NoRoom> {
        self.look_where_old();
        let mut look = self.look.lock();
        let need = self.need(Purpose::Events, 0, bytes);
        match self.shortage(&look, need) {
            Some(shortage @ Shortage::Free(_)) => Err(self.sentence(&look, need, shortage)),
            Some(Shortage::Budget(_)) | None => {
                look.promises.spend(bytes);
                Ok(())
            }
        }
    }

    /// What is still short after everything gave way that has to.
    fn make_room_for(&self, need: Need) -> Option<Shortage> {
        self.look_where_old();
        self.short_now(need)?;
        self.look_anew();
        let shortage = self.short_now(need)?;
        let may_give_way = match shortage {
            Shortage::Budget(_) => true,
            Shortage::Free(_) => !need.is_small,
        };
        match may_give_way && self.give_way(shortage.bytes()) {
            true => {
                self.look_anew();
                self.short_now(need)
            }
            false => Some(shortage),
        }
    }

    fn short_now(&self, need: Need) -> Option<Shortage> {
        self.shortage(&self.look.lock(), need)
    }

    fn shortage(&self, look: &Look, need: Need) -> Option<Shortage> {
        let promises = &look.promises;
        let free = look.space.free.saturating_sub(promises.free(need.purpose));
        let wanted_free = need.free_min.saturating_add(need.next);
        let used = self.used(look);
        let used = used.saturating_add(promises.uncounted(need.purpose));
        let budget = match need.growth {
            // Whatever is over the budget already, this is not.
            0 if need.next > 0 => 0,
            growth => used.saturating_add(growth).saturating_sub(self.budget),
        };
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

    fn sentence(&self, look: &Look, need: Need, shortage: Shortage) -> NoRoom {
        let promised = |bytes| match bytes {
            0 => String::new(),
            bytes => format!(
                ", and {} more are promised to what is on its way",
                megabytes(bytes)
            ),
        };
        NoRoom(match shortage {
            Shortage::Budget(_) => format!(
                "This host keeps {} of the {} that it may keep{}, and cannot make enough room by giving up compiled \
                 code. Delete functions, versions or dead events that are not needed, or have its owner give it \
                 more (--data-max).",
                megabytes(self.used(look)),
                megabytes(self.budget),
                promised(look.promises.uncounted(need.purpose))
            ),
            Shortage::Free(_) => format!(
                "The disk of this host is nearly full: {} of {} are free{}, and {} must stay so. Have its owner make \
                 room there, or delete functions or versions that are not needed.",
                megabytes(look.space.free),
                megabytes(look.space.total),
                promised(look.promises.free(need.purpose)),
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
