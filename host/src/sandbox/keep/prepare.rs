//! Sandboxes that are instantiated before anybody calls: provisioned concurrency.
//!
//! Each serves one invocation, as every sandbox does, and is replaced behind it; only that its guest is
//! set up already. They are made on the threads of those that take long, a few at a time and in turns of
//! their functions, so that nobody who calls waits for one that nobody asked for yet. One that takes long to be set up
//! leaves its turn to others, and holds no more than its function's share.

use std::pin::pin;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::shelf::{self, InUse, Shelf, Shelves};
use crate::domain::Version;
use crate::invoker::{Admission, HostFailure, Initializing, PrepareFailure};
use crate::limits::PREPARING_DURATION;
use crate::sandbox::guest::sandbox::Sandbox;
use crate::sandbox::guest::trap::{self, Bounds, not_started, timed_out};
use crate::sandbox::load::maker::{Maker, Purpose};
use crate::sandbox::reach::shared::Initialization;
use crate::sandbox::vitals::Vitals;
use crate::turns::{Place, Places};

type Making = shelf::Making<Sandbox>;

/// Fills shelves, and has what is on them taken.
pub(in crate::sandbox) struct Preparer {
    pub(in crate::sandbox) maker: Arc<Maker>,
    pub(in crate::sandbox) shelves: Arc<Shelves<Sandbox>>,
    pub(in crate::sandbox) turns: Turns,
    pub(in crate::sandbox) elsewhere: Handle,
}

/// Whose sandboxes are set up.
#[derive(Clone)]
pub(in crate::sandbox) struct Turns {
    /// How many are set up at once.
    all: Arc<Places>,
    /// How many of each function are, those that take long among them.
    shares: Arc<Places>,
}

impl Turns {
    /// As many at once as there are cores.
    pub(in crate::sandbox) fn of(cores: usize) -> Self {
        Self {
            all: Places::without_levels(cores, cores),
            shares: Places::without_levels(usize::MAX, cores),
        }
    }
}

/// What one holds that is set up.
struct Begun {
    share: Place,
    turn: Place,
    admission: Option<Admission>,
}

impl Turns {
    /// Waits for its turn, and then for room in the account's concurrency: without a turn, which others could use
    /// meanwhile. `None` where it can be done without.
    async fn begin(&self, maker: &Maker, making: &Making) -> Result<Option<Begun>, PrepareFailure> {
        let name = &making.version().function;
        let lane = maker.lane(name);
        let counted = match making.is_surplus {
            true => Initializing::Surplus,
            false => Initializing::Function(name),
        };
        let in_turn = || async {
            let share = self.shares.take(&lane, PREPARING_DURATION).await;
            let turn = self.all.take(&lane, PREPARING_DURATION).await;
            let admission = maker.concurrency.begin(counted).ok();
            Ok::<_, PrepareFailure>(admission.map(|admission| Begun {
                share,
                turn,
                admission,
            }))
        };
        match maker.concurrency.begin_in_turn(counted, in_turn).await? {
            None if !making.is_surplus => Err(PrepareFailure::NoConcurrency),
            begun => Ok(begun),
        }
    }
}

type Made = JoinHandle<Result<(), PrepareFailure>>;

impl Preparer {
    /// Has those made that are missing. One that cannot be made is tried again when the next is taken.
    pub(in crate::sandbox) fn fill(&self, shelf: &Arc<Shelf<Sandbox>>) -> Vec<Made> {
        // All of them before the first is at work, so that one that fails at once is not begun again.
        let begun: Vec<Making> = std::iter::from_fn(|| shelf.begin()).collect();
        begun
            .into_iter()
            .map(|making| {
                let (maker, turns) = (Arc::clone(&self.maker), self.turns.clone());
                self.elsewhere.spawn(make(maker, turns, making))
            })
            .collect()
    }

    /// One that was prepared, which is replaced behind it.
    pub(in crate::sandbox) fn take(&self, version: &Version) -> Option<(Sandbox, InUse<Sandbox>)> {
        let shelf = self.shelves.get(version)?;
        let taken = shelf.take();
        self.fill(&shelf);
        taken
    }

    /// Has `count` of a version wait, and gives when they do.
    pub(in crate::sandbox) async fn prepare(
        &self,
        version: &Arc<Version>,
        count: u32,
    ) -> Result<(), PrepareFailure> {
        if count == 0 {
            self.shelves.remove(version);
            return Ok(());
        }
        if !self.maker.slots.could_ever_hold(count) {
            self.shelves.remove(version);
            return Err(HostFailure::NoCapacity.into());
        }
        let shelf = self.shelves.get_or_make(version);
        shelf.set_wanted(count as usize);
        for made in self.fill(&shelf) {
            let made = made.await;
            if let Err(failure) = made.unwrap_or_else(|_| Err(HostFailure::Panicked.into())) {
                self.shelves.remove(version);
                return Err(failure);
            }
        }
        // Others may be coming as replacements of those that were taken meanwhile.
        shelf.all_made().await;
        Ok(())
    }

    /// How many of a version wait.
    pub(in crate::sandbox) fn waiting(&self, version: &Version) -> u32 {
        let shelf = self.shelves.get(version);
        let waiting = shelf.map_or(0, |shelf| shelf.waiting());
        u32::try_from(waiting).unwrap_or(u32::MAX)
    }
}

/// Makes one, and says in the host's log why it could not be made: nobody may wait for it.
async fn make(maker: Arc<Maker>, turns: Turns, making: Making) -> Result<(), PrepareFailure> {
    let version = Arc::clone(making.version());
    let begun = match turns.begin(&maker, &making).await {
        Ok(Some(begun)) => begun,
        Ok(None) => return Ok(()),
        Err(failure) => {
            tracing::warn!(function = %version.function, version = %version.id, %failure, "a sandbox was not prepared");
            return Err(failure);
        }
    };
    let Begun {
        share: _share,
        turn,
        admission: _admission,
    } = begun;
    let mut set_up = pin!(set_up(&maker, &version, making));
    let made = match timeout(PREPARING_DURATION, set_up.as_mut()).await {
        Ok(made) => made,
        Err(_) => {
            drop(turn);
            set_up.await
        }
    };
    made.inspect_err(|error| {
        tracing::warn!(
            function = %version.function, version = %version.id, %error,
            "a sandbox could not be prepared"
        );
    })
}

async fn set_up(
    maker: &Maker,
    version: &Arc<Version>,
    making: Making,
) -> Result<(), PrepareFailure> {
    if !making.is_wanted() {
        return Ok(());
    }
    let slot = match making.is_surplus {
        // Without room it is made later, when one of those in use has ended.
        true => match maker.slots.take_spare() {
            Some(slot) => slot,
            None => return Ok(()),
        },
        false => maker.slots.take().await?,
    };
    let (loaded, _) = maker.loaded(version).await?;
    let bounds = Bounds {
        timeout: version.settings.init_duration_max(),
        memory_bytes_max: version.settings.memory_bytes_max(),
    };
    let deadline = Instant::now() + bounds.timeout;
    let granted = maker.grants.of(version).map_err(PrepareFailure::Guest)?;
    let purpose = Purpose {
        initialization: Initialization::of(version, true),
        is_reusable: loaded.entry.kind().reuse_max(version.reuse_max()) > 1,
        granted,
        deadline,
    };
    let _ticking = maker.ticker.hold();
    let mut sandbox = maker.sandbox(version, loaded, slot, purpose);
    let vitals = Arc::clone(sandbox.vitals());
    // What is told as allocated gives way to nobody, so its memory is there from now on.
    match (vitals.budget().reserve(), making.is_surplus) {
        (Ok(()), _) => {}
        (Err(_), true) => return Ok(()),
        (Err(_), false) => return Err(HostFailure::NoMemory.into()),
    }
    let set_up = timeout_at(deadline, sandbox.prepare()).await;
    match set_up.map_err(|_| timed_out(&bounds)) {
        Ok(Ok(())) => {
            making.done(sandbox);
            Ok(())
        }
        Ok(Err(error)) => Err(failure(&error, &vitals, &bounds)),
        Err(timed_out) => Err(PrepareFailure::Guest(timed_out)),
    }
}

fn failure(error: &wasmtime::Error, vitals: &Vitals, bounds: &Bounds) -> PrepareFailure {
    match trap::host_shortage(error, vitals) {
        Some(shortage) => shortage.into(),
        None => PrepareFailure::Guest(not_started(error, vitals, bounds)),
    }
}
