//! What an invocation is: resolve → admit → run → report.

mod admission;
pub(crate) mod error_object;
mod figures;
pub(crate) mod platform_log;
mod prepare;
mod provisioner;
mod reservations;
mod response;

use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use crate::catalog::Catalog;
use crate::domain::language::Language;
use crate::domain::{
    Account, FunctionArn, FunctionRecord, Invocation, LogType, Qualifier, Refusal, Report,
    RequestId, Terms, Throttle, Version, VersionId, snapshot,
};
use crate::logs::{Entry, LogKeeper};
use platform_log::{Ran, Rendered};

pub(crate) use admission::initializations::Initializing;
pub use admission::{Admission, Gate};
pub(crate) use figures::{Figures, FunctionFigures, ProvisionedFigures};
pub use prepare::{PrepareFailure, PrepareGuest};
pub(crate) use provisioner::Provisioner;
pub(crate) use response::ResponseSink;
pub use response::{Piece, ResponseSource, response_pipe};

/// Where the logs of invocations appear as events, one each at level DEBUG, in the field `log`.
pub const GUEST_LOG_TARGET: &str = "sparkler::guest";

/// The seam behind which a guest runs: the sandbox in the product, a script in tests.
pub trait RunGuest: Send + Sync + 'static {
    /// Runs one invocation of `version` to its end or its deadline. Dropping the
    /// future ends the guest; its `admission` is held until it has ended.
    ///
    /// Where [`how`](How) has a place for the response, what a function writes while it runs goes there as
    /// it is written. What it returns then is what is left: nothing of a function that streams, and all of
    /// any other. A reader of the response that leaves ends the guest. Whoever cannot stream returns
    /// everything.
    ///
    /// # Errors
    /// When the host could not run it; a failure of the function itself is in the report.
    fn run(
        &self,
        version: Arc<Version>,
        invocation: Arc<Invocation>,
        how: How,
        admission: Admission,
    ) -> impl Future<Output = Result<Report, HostFailure>> + Send;

    /// What all guests hold of the host's memory.
    fn memory(&self) -> GuestMemory;
}

/// What all guests hold of the host's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestMemory {
    /// What they hold now, idle and prepared ones included.
    pub held_bytes: u64,
    /// What they may hold.
    pub limit_bytes: u64,
    /// What they leave to the host of the memory that there is for both.
    pub left_bytes: u64,
}

/// How an invocation is run, beyond what its function is set to.
#[derive(Clone, Default)]
pub struct How {
    /// The caller's own terms, as a program has them that embeds the host.
    pub terms: Terms,
    /// Where what the function writes goes while it runs; else it is collected for the answer.
    pub response: Option<ResponseSink>,
}

impl How {
    /// With the response going to `sink` while it is written.
    pub fn streamed(sink: ResponseSink) -> Self {
        Self {
            response: Some(sink),
            ..Self::default()
        }
    }
}

/// The host could not run a guest: it is not the function's fault, and the caller may try again.
#[derive(Debug, thiserror::Error)]
pub enum HostFailure {
    /// No room for one more sandbox.
    #[error("every sandbox is taken")]
    NoCapacity,
    /// No memory for one more, or for one that grows.
    #[error("functions hold all the memory that they may have together")]
    NoMemory,
    /// The function's code could not be made ready; the text says why.
    #[error("the function's code could not be loaded: {0}")]
    CodeUnavailable(String),
    /// A bug of the host: a request that is handed over once was wanted for another guest.
    #[error("the request was given to a guest before")]
    GivenBefore,
    /// A bug of the host: its own code panicked. That invocation is lost and nothing else.
    #[error("the host's own code panicked while it ran the function")]
    Panicked,
}

/// What an invocation runs, and of which function.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The version that runs.
    pub version: Arc<Version>,
    /// The function as it was when the invocation was resolved.
    pub record: Arc<FunctionRecord>,
}

/// An invocation that ran to its end.
#[derive(Clone, Debug)]
pub struct Completion {
    /// The version that ran.
    pub executed: VersionId,
    /// The language of its sources, where it is of such; its errors are written as there.
    pub language: Option<Language>,
    /// Outcome and cost.
    pub report: Report,
    /// The last 4 KB of START, the guest's lines, END and REPORT, where that was asked for.
    pub log_tail: Option<Bytes>,
}

/// Runs invocations.
pub struct Invoker<G> {
    account: Account,
    catalog: Arc<Catalog>,
    guests: Arc<G>,
    gate: Gate,
    logs: Arc<LogKeeper>,
}

impl<G: RunGuest> Invoker<G> {
    /// An invoker of the functions in `catalog` that lets as many run at once as `gate` admits, and
    /// gives what they write to `logs`.
    pub fn new(
        account: Account,
        catalog: Arc<Catalog>,
        guests: Arc<G>,
        gate: Gate,
        logs: Arc<LogKeeper>,
    ) -> Self {
        let told = gate.clone();
        catalog.observe(move |change| told.follow(change));
        if gate.is_all_set_aside() {
            tracing::warn!(
                limit = gate.limit(),
                "all invocations that may run at once are reserved or provisioned for single functions, \
                 as from a host with a higher limit: every other function is throttled. Start with a \
                 higher --concurrency, or take reservations back"
            );
        }
        Self {
            account,
            catalog,
            guests,
            gate,
            logs,
        }
    }

    /// What all guests hold of the host's memory.
    pub fn guest_memory(&self) -> GuestMemory {
        self.guests.memory()
    }

    /// Who may run now.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The version that `target` names, if it can be invoked now: of an alias that leads to two, each
    /// call draws one.
    ///
    /// # Errors
    /// [`Refusal::FunctionNotFound`] (its ARN ends in `:$LATEST` where no qualifier was asked for, as
    /// AWS words it for Invoke), [`Refusal::FunctionNotActive`] and [`Refusal::SnapshotNotReady`].
    pub fn resolve(&self, target: &FunctionArn) -> Result<Resolved, Refusal> {
        let latest = Qualifier::LATEST;
        let asked_for = target.qualifier.as_ref().unwrap_or(&latest);
        let missing =
            || Refusal::FunctionNotFound(self.account.function_arn(&target.name, Some(asked_for)));
        let record = self.catalog.get(&target.name).ok_or_else(missing)?;
        let id = record.drawn(asked_for, rand::random).ok_or_else(missing)?;
        let running = record.runnable(id).ok_or_else(missing)?;
        let waits = || snapshot::wanted(&record).any(|version| version.id == id);
        let version = running.map_err(|state| match waits() {
            true => Refusal::SnapshotNotReady,
            false => Refusal::FunctionNotActive { state },
        })?;
        Ok(Resolved {
            version: Arc::clone(version),
            record,
        })
    }

    /// Runs `invocation` on what its target was resolved to, or on what has taken its place meanwhile: the
    /// code of a version goes when an update has ended, which may be just before it is needed.
    ///
    /// # Errors
    /// [`Refusal::TooManyInvocations`], [`Refusal::ShuttingDown`], [`Refusal::Internal`], and those of
    /// [`Invoker::resolve`] where the function is gone meanwhile.
    pub async fn run(
        &self,
        resolved: Resolved,
        invocation: Invocation,
        how: How,
    ) -> Result<Completion, Refusal> {
        let started = SystemTime::now();
        let invocation = Arc::new(invocation);
        let ran = match self.attempt(&resolved, &invocation, &how).await? {
            Err(HostFailure::CodeUnavailable(_)) => {
                let current = self.resolve(&invocation.target)?;
                (self.attempt(&current, &invocation, &how).await?, current)
            }
            ran => (ran, resolved),
        };
        let (report, version) = match ran {
            (Ok(report), resolved) => (report, resolved.version),
            (Err(failure), resolved) => {
                return Err(self.refusal_of(failure, invocation.request_id, &resolved.version));
            }
        };
        let log = platform_log::render(&Ran {
            request_id: invocation.request_id,
            version: &version,
            report: &report,
            started,
            ended: SystemTime::now(),
        });
        show_log(&version, &log);
        let log_tail = match invocation.log_type {
            LogType::Tail => Some(log.tail()),
            LogType::None => None,
        };
        self.keep_log(&version, started, log);
        Ok(Completion {
            executed: version.id,
            language: version.language(),
            report,
            log_tail,
        })
    }

    async fn attempt(
        &self,
        resolved: &Resolved,
        invocation: &Arc<Invocation>,
        how: &How,
    ) -> Result<Result<Report, HostFailure>, Refusal> {
        let Resolved { version, record } = resolved;
        let asked_for = invocation.target.qualifier.as_ref();
        let admission = self.gate.enter_for(record, version, asked_for)?;
        if let Some(response) = &how.response {
            response.set_executed(version.id);
        }
        let (version, invocation) = (Arc::clone(version), Arc::clone(invocation));
        let guests = &self.guests;
        Ok(guests
            .run(version, invocation, how.clone(), admission)
            .await)
    }

    fn keep_log(&self, version: &Arc<Version>, started: SystemTime, log: Rendered) {
        self.logs.keep(Entry {
            version: Arc::clone(version),
            started,
            ended: log.ended,
            text: log.text,
            head_bytes: log.head_bytes,
        });
    }

    fn refusal_of(
        &self,
        failure: HostFailure,
        request_id: RequestId,
        version: &Version,
    ) -> Refusal {
        match failure {
            HostFailure::NoCapacity | HostFailure::NoMemory => {
                self.gate.throttled(Throttle::Account)
            }
            HostFailure::CodeUnavailable(_) | HostFailure::GivenBefore | HostFailure::Panicked => {
                tracing::error!(%request_id, function = %version.function, "{failure}");
                Refusal::Internal
            }
        }
    }

    /// Lets nobody in any more and waits for those who run.
    pub async fn drain(&self) {
        self.gate.close_and_empty().await;
    }
}

/// Hands the invocation's log to whoever listens to [`GUEST_LOG_TARGET`], such as the `dev` command.
fn show_log(version: &Version, log: &Rendered) {
    if tracing::enabled!(target: GUEST_LOG_TARGET, tracing::Level::DEBUG) {
        let tail = log.tail();
        let tail = String::from_utf8_lossy(&tail);
        tracing::debug!(target: GUEST_LOG_TARGET, function = %version.function, log = %tail);
    }
}
