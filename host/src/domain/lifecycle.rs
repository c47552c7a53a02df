//! How a function becomes invocable and how it changes, as values: no clock, no chance, no waiting.
//!
//! ```text
//!                created                       an update has begun
//!                   │                ┌───────────────────────────────────┐
//!                   ▼                │                                   ▼
//!              ┌─────────┐ made ready ┌────────────────┐       ┌────────────────────┐
//!              │ Pending ├───────────►│ Active         │       │ Active, InProgress │
//!              └────┬────┘            │ Successful, or │◄──────┤ what ran before    │
//!                   │                 │ update Failed  │ ended │ goes on running    │
//!                   │ failed          └────────────────┘       └────────────────────┘
//!                   ▼                          ▲ made ready
//!              ┌─────────┐ update begun ┌──────┴─────────────┐
//!              │ Failed  ├─────────────►│ Failed, InProgress │
//!              │         │◄─────────────┤ nothing runs       │
//!              └─────────┘    failed    └────────────────────┘
//! ```
//!
//! Every arrow gives `$LATEST` a new revision, those that no caller asked for included, as AWS does it.
//! While Pending, and while an update is InProgress, no update may begin. A failed update leaves what
//! was uploaded in what is shown, and what ran before in what runs; the next update, of code or of
//! settings, tries to make ready all that is shown. So a good upload heals a function that has Failed.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use super::function::{Numbering, RecursiveLoop};
use super::settings::{Architecture, SettingsChange};
use super::times::unix_ms;
use super::{
    Code, FunctionArn, FunctionName, FunctionRecord, LastUpdate, Refusal, Settings, Snapshot,
    State, Version, VersionId,
};

/// What a change of a version carries: when it was made, and the revision that it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Whole milliseconds, which is what the catalog keeps and the wire shows.
    at: SystemTime,
    revision: Uuid,
}

impl Stamp {
    /// A stamp of `now`, cut to whole milliseconds.
    pub(crate) fn new(now: SystemTime, revision: Uuid) -> Self {
        Self {
            at: UNIX_EPOCH + Duration::from_millis(unix_ms(now)),
            revision,
        }
    }

    /// When the change was made.
    pub(crate) fn at(self) -> SystemTime {
        self.at
    }

    /// The revision that the change makes.
    pub(crate) fn revision(self) -> Uuid {
        self.revision
    }
}

/// The revisions that one change makes of `$LATEST` and of what is published with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Revisions {
    /// Of `$LATEST`.
    pub latest: Uuid,
    /// Of the published version.
    pub published: Uuid,
}

/// Why code could not be made ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// A sentence for the person who deployed it.
    pub reason: String,
    /// One of the API's `StateReasonCode` values, which are `LastUpdateStatusReasonCode` values too.
    pub code: &'static str,
}

impl Failure {
    /// The code itself cannot be run. Of the API's codes this says it best: the package was sound
    /// (else `InvalidZipFileException`) and so were the settings (else `InvalidConfiguration`), but
    /// what is to be started in it cannot be started.
    pub(crate) fn of_code(reason: String) -> Self {
        Self {
            reason,
            code: "FunctionError.InvalidEntryPoint",
        }
    }

    /// The host could not do its part.
    pub(crate) fn of_host(reason: String) -> Self {
        Self {
            reason,
            code: "InternalError",
        }
    }
}

/// What a Pending or InProgress function waits for.
///
/// It says when its result is late: the function was deleted, or created anew, when it has no work or
/// another one. A revision would say that too, but it also changes when tags do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    /// What is to be made ready.
    pub code: Code,
    /// Whether exactly that component runs already, so that nothing has to be compiled.
    pub is_running: bool,
    /// Whether it is an update: the function was made ready before, or could not be.
    pub is_update: bool,
    begun: SystemTime,
}

/// A function that was just created.
pub(crate) fn created(
    name: FunctionName,
    settings: Settings,
    code: Code,
    tags: BTreeMap<String, String>,
    stamp: Stamp,
) -> FunctionRecord {
    FunctionRecord {
        latest: Arc::new(Version {
            function: name,
            id: VersionId::Latest,
            settings,
            code,
            snapshot: None,
            state: State::Pending,
            last_update: None,
            revision: stamp.revision,
            last_modified: stamp.at,
        }),
        running: None,
        versions: BTreeMap::new(),
        numbering: Numbering::default(),
        aliases: BTreeMap::new(),
        attachments: BTreeMap::new(),
        tags,
        reserved_concurrency: None,
        recursive_loop: RecursiveLoop::default(),
    }
}

/// Whether an update of `record` may begin now.
///
/// # Errors
/// [`Refusal::FunctionNotActive`] while Pending, [`Refusal::UpdateInProgress`] while another update
/// goes on, [`Refusal::RevisionMismatch`] where the caller expects another revision.
pub(crate) fn check_update(
    record: &FunctionRecord,
    arn: FunctionArn,
    expected_revision: Option<&str>,
) -> Result<(), Refusal> {
    check_ready(record, arn)?;
    check_revision(record.latest.revision, expected_revision)
}

/// Whether nothing of `record` is under way.
///
/// # Errors
/// [`Refusal::FunctionNotActive`] while Pending, [`Refusal::UpdateInProgress`] while an update goes on.
pub(crate) fn check_ready(record: &FunctionRecord, arn: FunctionArn) -> Result<(), Refusal> {
    let latest = &record.latest;
    if latest.state == State::Pending {
        return Err(Refusal::FunctionNotActive { state: "Pending" });
    }
    match latest.last_update {
        Some(LastUpdate::InProgress) => Err(Refusal::UpdateInProgress(arn)),
        _ => Ok(()),
    }
}

/// Whether a revision is the one that the caller expects, if it expects one.
///
/// # Errors
/// [`Refusal::RevisionMismatch`] where it is another.
pub(crate) fn check_revision(current: Uuid, expected: Option<&str>) -> Result<(), Refusal> {
    match expected {
        Some(expected) if expected != current.to_string() => Err(Refusal::RevisionMismatch),
        _ => Ok(()),
    }
}

/// `record` with new code in progress; [`check_update`] has passed.
pub(crate) fn code_update_begun(
    record: &FunctionRecord,
    code: Code,
    architecture: Option<Architecture>,
    stamp: Stamp,
) -> FunctionRecord {
    let mut version = Version::clone(&record.latest);
    version.code = code;
    if let Some(architecture) = architecture {
        version.settings.architecture = architecture;
    }
    update_begun(record, version, stamp)
}

/// `record` with new settings in progress; [`check_update`] has passed.
///
/// # Errors
/// Where the change does not go with the settings that there are.
pub(crate) fn settings_update_begun(
    record: &FunctionRecord,
    change: SettingsChange,
    stamp: Stamp,
) -> Result<FunctionRecord, Refusal> {
    let mut version = Version::clone(&record.latest);
    change.apply(&mut version.settings)?;
    Ok(update_begun(record, version, stamp))
}

fn update_begun(record: &FunctionRecord, mut version: Version, stamp: Stamp) -> FunctionRecord {
    version.snapshot = None;
    version.last_update = Some(LastUpdate::InProgress);
    version.last_modified = stamp.at;
    version.revision = stamp.revision;
    FunctionRecord {
        latest: Arc::new(version),
        ..record.clone()
    }
}

/// What `record` waits for, if it waits.
pub(crate) fn work(record: &FunctionRecord) -> Option<Work> {
    let latest = &record.latest;
    let waits =
        latest.state == State::Pending || latest.last_update == Some(LastUpdate::InProgress);
    waits.then(|| Work {
        code: latest.code.clone(),
        is_running: record.running.as_ref().is_some_and(|running| {
            // What becomes of sources depends on the settings as well.
            running.code.component == latest.code.component && !latest.code.is_sources()
        }),
        is_update: latest.state != State::Pending,
        begun: latest.last_modified,
    })
}

/// `record` after `done` ended; `None` where the record does not wait for it (any more).
///
/// Sources come with the state that they start from. The owner's time of change stays, since the owner changed nothing.
pub(crate) fn ended(
    record: &FunctionRecord,
    done: &Work,
    result: Result<Option<Snapshot>, Failure>,
    revisions: Revisions,
) -> Option<FunctionRecord> {
    if work(record).as_ref() != Some(done) {
        return None;
    }
    let mut latest = Version::clone(&record.latest);
    latest.revision = revisions.latest;
    if let Ok(snapshot) = &result {
        latest.snapshot.clone_from(snapshot);
    }
    end(&mut latest, &result, record.running.is_some());
    let latest = Arc::new(latest);
    let mut after = record.clone();
    if result.is_ok() {
        after.running = Some(Arc::clone(&latest));
    }
    after.latest = latest;
    // What was published together with the update waited for the same code. It is one version at most,
    // since nothing can be published while something waits; others may wait for their snapshots.
    let mut waiting = after.versions.values_mut();
    let waits = |version: &Version| version.state == State::Pending && version.snapshot.is_none();
    if let Some(version) = waiting.find(|version| waits(version)) {
        let version = Arc::make_mut(version);
        version.revision = revisions.published;
        match result {
            Ok(snapshot) => {
                version.snapshot = snapshot;
                version.make_ready();
            }
            Err(failure) => fail(version, failure, false),
        }
    }
    Some(after)
}

impl Version {
    /// A published version whose code is ready: Active, unless it has to wait for a snapshot.
    pub(super) fn make_ready(&mut self) {
        // Without SnapStart, it goes on from the state that `$LATEST` has.
        if self.wants_snapshot() {
            self.snapshot = Some(Snapshot::Wanted);
            self.state = State::Pending;
        } else {
            end(self, &Ok(()), false);
        }
    }
}

pub(super) fn end<T>(version: &mut Version, result: &Result<T, Failure>, something_runs: bool) {
    match result {
        Ok(_) => {
            version.state = State::Active;
            version.last_update = Some(LastUpdate::Successful);
        }
        Err(failure) => fail(version, failure.clone(), something_runs),
    }
}

/// A first deployment that fails is shown as a failed update too: clients that wait for an update look
/// at nothing else, and would wait for ever.
fn fail(version: &mut Version, failure: Failure, something_runs: bool) {
    let Failure { reason, code } = failure;
    if !something_runs {
        version.state = State::Failed {
            reason: reason.clone(),
            reason_code: code.into(),
        };
    }
    version.last_update = Some(LastUpdate::Failed {
        reason,
        reason_code: code.into(),
    });
}
