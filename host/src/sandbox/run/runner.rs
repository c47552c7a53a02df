//! One invocation: find it a sandbox, run its guest within its time, report.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::exec_wrapper;
use super::guest_run::{Ended, GuestRun};
use super::long_runners::LongRunners;
use super::record::Record;
use super::settle::{Settled, not_granted, settle};
use super::shift::{Lost, Shift};
use super::source::SandboxSource;
use crate::domain::{Invocation, Report, Snapshot, Terms, Version};
use crate::invoker::{Admission, HostFailure, How, ResponseSink};
use crate::limits;
use crate::sandbox::guest::sandbox::Sandbox;
use crate::sandbox::guest::trap::Bounds;
use crate::sandbox::keep::idle::{Callers, IdleSandboxes};
use crate::sandbox::keep::prepare::Preparer;
use crate::sandbox::keep::shelf::InUse;
use crate::sandbox::kinds::input::Input;
use crate::sandbox::load::maker::{Maker, Purpose};
use crate::sandbox::reach::grants::Granted;
use crate::sandbox::reach::shared::Initialization;

/// Runs invocations.
pub(in crate::sandbox) struct Runner {
    pub(in crate::sandbox) maker: Arc<Maker>,
    pub(in crate::sandbox) idle: Arc<IdleSandboxes>,
    pub(in crate::sandbox) preparer: Preparer,
    pub(in crate::sandbox) long_runners: Arc<LongRunners>,
}

/// An invocation that has all it needs to begin.
pub(in crate::sandbox) struct Ready {
    version: Arc<Version>,
    invocation: Arc<Invocation>,
    how: How,
    admission: Admission,
    granted: Option<Arc<Granted>>,
    source: SandboxSource,
    /// Invocations that its sandbox may serve.
    reuse_max: u32,
    /// What it carries, in the form that its guest takes.
    input: Input,
}

/// Whose next invocation a sandbox is kept for.
struct KeptFor {
    version: Arc<Version>,
    tenant_id: Option<String>,
}

impl Runner {
    /// Runs an invocation to its end or its deadline.
    ///
    /// What few invocations wait for is in boxes, here and below: a future is as large as the largest that it may
    /// wait for, and it is moved a few times before it runs.
    pub(in crate::sandbox) async fn run(
        &self,
        version: Arc<Version>,
        invocation: Arc<Invocation>,
        how: How,
        admission: Admission,
    ) -> Result<Report, HostFailure> {
        let ready = match self.ready(version, invocation, how, admission).await? {
            Ok(ready) => ready,
            Err(report) => return Ok(report),
        };
        let reuse_max = ready.reuse_max;
        let kept_for = (reuse_max > 1).then(|| KeptFor {
            version: Arc::clone(&ready.version),
            tenant_id: ready.invocation.tenant_id.clone(),
        });
        let response = ready.how.response.clone();
        let (guest, record) = self.begin(ready, kept_for.is_some());
        let shelf = guest
            .in_use
            .as_ref()
            .map(|in_use| Arc::clone(in_use.shelf()));
        let ended = match &response {
            Some(response) => {
                let running = self.run_within(guest, &record);
                Box::pin(while_read(running, response)).await
            }
            None => self.run_within(guest, &record).await,
        };
        let set_up = ended.as_ref().ok().and_then(|ended| ended.set_up);
        let settled = settle(ended, &record, reuse_max, self.long_runners.handle());
        let elapsed = record.started.elapsed();
        if let Some(shelf) = shelf {
            // What could not be replaced at once for want of room may have room now.
            self.preparer.fill(&shelf);
        }
        let Settled { outcome, sandbox } = settled?;
        let report = record.report(outcome, set_up, elapsed);
        if let (Some(kept_for), Some(sandbox)) = (kept_for, sandbox) {
            self.keep(kept_for, sandbox);
        }
        Ok(report)
    }

    /// Finds all that an invocation needs to begin; its report, where its function asks for what is not there.
    pub(in crate::sandbox) async fn ready(
        &self,
        version: Arc<Version>,
        invocation: Arc<Invocation>,
        how: How,
        admission: Admission,
    ) -> Result<Result<Ready, Report>, HostFailure> {
        if let Some(report) = exec_wrapper::missing(&version) {
            return Ok(Err(report));
        }
        let granted = match self.maker.grants.of(&version) {
            Ok(granted) => granted,
            Err(error) => return Ok(Err(not_granted(error))),
        };
        let of_version = version.reuse_max();
        let is_reused = of_version > 1;
        let source = self.source(&version, &invocation, &admission, is_reused);
        let source = source.await?;
        let kind = source.kind();
        let input = Input::of(&invocation.payload, kind.takes_requests()).await?;
        Ok(Ok(Ready {
            version,
            invocation,
            how,
            admission,
            granted,
            source,
            reuse_max: kind.reuse_max(of_version),
            input,
        }))
    }

    /// A sandbox that is kept for such invocations, or what a fresh one is made of.
    async fn source(
        &self,
        version: &Arc<Version>,
        invocation: &Invocation,
        admission: &Admission,
        is_reused: bool,
    ) -> Result<SandboxSource, HostFailure> {
        let callers = || Callers {
            tenant_id: invocation.tenant_id.clone(),
            initialization: Initialization::of(version, admission.is_provisioned()),
        };
        if is_reused && let Some(sandbox) = self.idle.take(version, &callers()) {
            return Ok(SandboxSource::Kept {
                sandbox,
                in_use: None,
            });
        }
        if admission.is_provisioned()
            && let Some((sandbox, in_use)) = self.preparer.take(version)
        {
            return Ok(SandboxSource::Kept {
                sandbox,
                in_use: Some(in_use),
            });
        }
        let (loaded, loading) = self.maker.loaded(version).await?;
        let slot = self.maker.slots.take().await?;
        Ok(SandboxSource::Fresh {
            loaded,
            slot,
            loading,
        })
    }

    /// Begins an invocation: its time, its sandbox, and what its report will be made of.
    pub(in crate::sandbox) fn begin(&self, ready: Ready, is_reusable: bool) -> (GuestRun, Record) {
        let Ready {
            version,
            invocation,
            how: How { terms, response },
            admission,
            granted,
            source,
            input,
            ..
        } = ready;
        let started = Instant::now();
        let bounds = bounds(&version, &terms);
        let deadline = started + bounds.timeout;
        let purpose = Purpose {
            initialization: Initialization::of(&version, false),
            is_reusable,
            granted: granted.clone(),
            deadline,
        };
        let (mut sandbox, in_use, loading) = self.enter(source, &version, purpose);
        let vitals = Arc::clone(sandbox.vitals());
        vitals.listen(terms.listener);
        let record = Record {
            not_kept: not_kept(&version),
            lessons: self.maker.network.lessons_for(&version),
            is_restored: version.is_snap_started(),
            preparation: sandbox.take_preparation(),
            vitals,
            bounds,
            started,
            deadline,
            granted,
            loading,
        };
        let guest = GuestRun {
            is_told_apart: is_reusable || record.is_restored,
            is_reusable,
            ticking: self.maker.ticker.hold(),
            sandbox,
            version,
            invocation,
            input,
            response,
            in_use,
            admission,
        };
        (guest, record)
    }

    /// The sandbox for an invocation that begins, and how long loading took, where this invocation had to do it.
    fn enter(
        &self,
        source: SandboxSource,
        version: &Arc<Version>,
        purpose: Purpose,
    ) -> (Sandbox, Option<InUse<Sandbox>>, Option<Duration>) {
        match source {
            SandboxSource::Kept {
                mut sandbox,
                in_use,
            } => {
                sandbox.begin(Arc::clone(version), purpose.deadline);
                (sandbox, in_use, None)
            }
            SandboxSource::Fresh {
                loaded,
                slot,
                loading,
            } => {
                let sandbox = self.maker.sandbox(version, loaded, slot, purpose);
                (sandbox, None, loading)
            }
        }
    }

    /// Runs a guest to its end or its deadline: here first, elsewhere when it takes long or holds its thread
    /// while it is set up.
    async fn run_within(&self, guest: GuestRun, record: &Record) -> Result<Ended, Lost> {
        let Record {
            vitals, deadline, ..
        } = record;
        let holds_thread = guest.sandbox.copied_bytes() > limits::INLINE_COPY_BYTES_MAX;
        let guest = Box::pin(guest.run(ready(())));
        let mut shift = Shift::new(guest, vitals, *deadline, self.long_runners.handle());
        if holds_thread {
            shift.move_away();
        }
        timeout_at(*deadline, shift)
            .await
            .unwrap_or(Err(Lost::TimedOut))
    }

    /// Keeps a sandbox for its owner's next invocation.
    fn keep(&self, kept_for: KeptFor, sandbox: Sandbox) {
        sandbox.vitals().budget().end_reservation();
        self.idle.put(kept_for.version, kept_for.tenant_id, sandbox);
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

/// Why a sandbox of this version imports its function itself, where it does.
fn not_kept(version: &Version) -> Option<String> {
    match &version.snapshot {
        Some(Snapshot::Impossible { reason }) if version.code.is_sources() => Some(reason.clone()),
        _ => None,
    }
}

/// What a guest is held to: the function's own, or what the caller gives where that is shorter.
fn bounds(version: &Version, terms: &Terms) -> Bounds {
    let timeout = version.settings.timeout();
    Bounds {
        timeout: terms
            .time_max
            .map_or(timeout, |time_max| time_max.min(timeout)),
        memory_bytes_max: version.settings.memory_bytes_max(),
    }
}
