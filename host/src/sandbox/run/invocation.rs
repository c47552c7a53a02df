//! One invocation: find it a sandbox, run its guest within its time, report.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use super::exec_wrapper;
use super::guest_run::{Ended, GuestRun};
use super::settle::{Settled, not_granted, settle, timed_out, unread};
use super::shift::{Lost, Shift};
use crate::domain::{FunctionError, Invocation, Outcome, Report, Terms, Version};
use crate::invoker::{Admission, HostFailure, How, ResponseSink, RunGuest};
use crate::limits;
use crate::sandbox::Sandboxes;
use crate::sandbox::compile::inspect::GuestKind;
use crate::sandbox::guest::loaded::Loaded;
use crate::sandbox::guest::sandbox::Sandbox;
use crate::sandbox::guest::trap::Bounds;
use crate::sandbox::keep::idle_list;
use crate::sandbox::keep::prepare::InUse;
use crate::sandbox::kinds::input::Input;
use crate::sandbox::load::maker::Purpose;
use crate::sandbox::reach::environment::Initialization;
use crate::sandbox::vitals::Vitals;

/// Where an invocation is going to run, before its time begins.
enum Place {
    /// In a sandbox that is to be made.
    Fresh {
        loaded: Arc<Loaded>,
        slot: OwnedSemaphorePermit,
        /// How long loading took, where this invocation had to do it.
        loading: Option<Duration>,
    },
    /// In one that was prepared, or has served before.
    Kept {
        sandbox: Sandbox,
        in_use: Option<InUse>,
    },
}

impl Place {
    /// What the guest is.
    fn kind(&self) -> GuestKind {
        match self {
            Self::Fresh { loaded, .. } => loaded.entry.kind(),
            Self::Kept { sandbox, .. } => sandbox.kind(),
        }
    }
}

/// Whom a sandbox that is reused belongs to.
struct Owner {
    version: Arc<Version>,
    tenant_id: Option<String>,
}

impl RunGuest for Sandboxes {
    async fn run(
        &self,
        version: Arc<Version>,
        invocation: Arc<Invocation>,
        how: How,
        admission: Admission,
    ) -> Result<Report, HostFailure> {
        self.run_with(version, invocation, how, admission).await
    }
}

impl Sandboxes {
    async fn run_with(
        &self,
        version: Arc<Version>,
        invocation: Arc<Invocation>,
        how: How,
        admission: Admission,
    ) -> Result<Report, HostFailure> {
        let How { terms, response } = how;
        if let Some(report) = exec_wrapper::missing(&version) {
            return Ok(report);
        }
        let granted = match self.maker.grants.of(&version) {
            Ok(granted) => granted,
            Err(error) => return Ok(not_granted(error)),
        };
        let mask = granted.clone();
        let place = self.place(&version, &invocation, &admission).await?;
        let kind = place.kind();
        let reuse_max = kind.reuse_max(&version);
        let is_reusable = reuse_max > 1;
        let is_restored = version.is_snapshotted();
        let input = Input::of(&invocation.payload, kind).await?;
        let bounds = Bounds {
            timeout: timeout(&version, &terms),
            memory_bytes_max: version.settings.memory_bytes_max(),
        };
        let started = Instant::now();
        let deadline = started + bounds.timeout;
        let trace_id = invocation.trace_id.clone();
        let (mut sandbox, loading, in_use) = match place {
            Place::Kept {
                mut sandbox,
                in_use,
            } => {
                sandbox.begin(Arc::clone(&version), trace_id, deadline);
                (sandbox, None, in_use)
            }
            Place::Fresh {
                loaded,
                slot,
                loading,
            } => {
                let purpose = Purpose {
                    initialization: Initialization::of(&version, false),
                    is_reusable,
                    trace_id,
                    granted,
                    deadline,
                };
                let sandbox = self.maker.sandbox(&version, loaded, slot, purpose);
                (sandbox, loading, None)
            }
        };
        let owner = is_reusable.then(|| Owner {
            version: Arc::clone(&version),
            tenant_id: invocation.tenant_id.clone(),
        });
        let learner = self.maker.network.learner(&version);
        let shelf = in_use.as_ref().map(|in_use| Arc::clone(in_use.shelf()));
        let preparation = sandbox.take_preparation();
        let vitals = Arc::clone(sandbox.vitals());
        vitals.listen(terms.listener);
        let guest = GuestRun {
            sandbox,
            version,
            invocation,
            input,
            response: response.clone(),
            is_told_apart: is_reusable || is_restored,
            ticking: self.maker.ticker.hold(),
            in_use,
            admission,
        };
        let running = self.run_within(guest, &bounds, deadline, &vitals);
        let ended = match &response {
            Some(response) => while_read(running, response).await,
            None => running.await,
        };
        let set_up = ended.as_ref().ok().and_then(|ended| ended.set_up);
        let settled = match ended {
            Ok(ended) => settle(ended, &vitals, &bounds, deadline, reuse_max),
            Err(Lost::TimedOut) => Ok(Settled {
                outcome: Outcome::Failed(timed_out(&bounds)),
                sandbox: None,
            }),
            Err(Lost::Unread) => Ok(Settled {
                outcome: Outcome::Failed(unread(&vitals)),
                sandbox: None,
            }),
            Err(Lost::Panicked) => Err(HostFailure::Panicked),
        };
        let elapsed = started.elapsed();
        if let Some(shelf) = shelf {
            // What could not be replaced at once for want of room may have room now.
            self.preparer.fill(&shelf);
        }
        let Settled { outcome, sandbox } = settled?;
        if let Some(news) = learner.and_then(|function| self.maker.network.news_for(&function)) {
            vitals.write_log_lines(&news);
        }
        let log = vitals.take_log(mask.as_ref().and_then(|granted| granted.mask()));
        let memory_bytes_peak = vitals.memory_bytes();
        if let (Some(owner), Some(sandbox)) = (owner, sandbox) {
            self.keep(owner, sandbox);
        }
        let readying = sum(loading, set_up);
        let timed_out = matches!(outcome, Outcome::Failed(FunctionError::TimedOut { .. }));
        Ok(Report {
            // As AWS has it: what ran into its timeout took exactly that long.
            duration: if timed_out {
                bounds.timeout
            } else {
                elapsed.saturating_sub(set_up.unwrap_or_default())
            },
            init_duration: readying.filter(|_| !is_restored),
            restore_duration: readying.filter(|_| is_restored),
            preparation,
            memory_bytes_peak,
            log,
            ..Report::of(outcome)
        })
    }

    /// A sandbox that is kept for such invocations, or what a fresh one is made of.
    async fn place(
        &self,
        version: &Arc<Version>,
        invocation: &Invocation,
        admission: &Admission,
    ) -> Result<Place, HostFailure> {
        let owner = || idle_list::Owner {
            tenant_id: invocation.tenant_id.clone(),
            initialization: Initialization::of(version, admission.is_provisioned()),
        };
        if version.reuse_max() > 1
            && let Some(sandbox) = self.idle.take(version, &owner())
        {
            return Ok(Place::Kept {
                sandbox,
                in_use: None,
            });
        }
        if admission.is_provisioned()
            && let Some(prepared) = self.take_prepared(version)
        {
            return Ok(prepared);
        }
        let (loaded, loading) = self.maker.loaded(version).await?;
        let slot = self.maker.slots.take().await?;
        Ok(Place::Fresh {
            loaded,
            slot,
            loading,
        })
    }

    /// One that was prepared, which is replaced behind it.
    fn take_prepared(&self, version: &Version) -> Option<Place> {
        let shelf = self.prepared.get(version)?;
        let taken = shelf.take();
        self.preparer.fill(&shelf);
        let (sandbox, in_use) = taken?;
        Some(Place::Kept {
            sandbox,
            in_use: Some(in_use),
        })
    }

    /// Runs a guest to its end or its deadline: here first, elsewhere when it takes long or may hold a
    /// thread for long.
    async fn run_within(
        &self,
        guest: GuestRun,
        bounds: &Bounds,
        deadline: Instant,
        vitals: &Vitals,
    ) -> Result<Ended, Lost> {
        let guest = Box::pin(guest.run());
        let mut shift = Shift::new(guest, vitals, deadline, self.long_runners.handle());
        if !limits::ARE_ENFORCED {
            return shift.await;
        }
        if bounds.memory_bytes_max > limits::INLINE_MEMORY_BYTES_MAX {
            shift.move_away();
        }
        timeout_at(deadline, shift)
            .await
            .unwrap_or(Err(Lost::TimedOut))
    }

    /// Keeps a sandbox for its owner's next invocation.
    fn keep(&self, owner: Owner, sandbox: Sandbox) {
        self.idle.put(&owner.version, owner.tenant_id, sandbox);
        self.maker.slots.make_room_where_none_is();
    }
}

/// `running`, which ends where it is when nobody reads its response any more.
async fn while_read(
    running: impl Future<Output = Result<Ended, Lost>>,
    response: &ResponseSink,
) -> Result<Ended, Lost> {
    tokio::select! {
        biased;
        ended = running => ended,
        () = response.left() => Err(Lost::Unread),
    }
}

/// The function's own, or what the caller gives where that is shorter.
fn timeout(version: &Version, terms: &Terms) -> Duration {
    let timeout = version.settings.timeout();
    terms
        .time_max
        .map_or(timeout, |time_max| time_max.min(timeout))
}

fn sum(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}
