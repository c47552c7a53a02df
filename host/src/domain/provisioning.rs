//! How sandboxes come to be prepared for one function, as a value: no clock, no lock, no waiting.
//!
//! ```text
//!              asked for, changed, or its alias moved
//!                     │
//!                     ▼        all are prepared
//!               ┌────────────┐ ────────────────► ┌───────┐
//!               │ InProgress │                   │ Ready │
//!               └──────┬─────┘ ◄──────────────── └───────┘
//!                      │   ▲     changed, moved
//!   one cannot be made │   │ changed, moved; or tried again, where it was the host
//!                      ▼   │
//!                    ┌────────┐
//!                    │ Failed │
//!                    └────────┘
//! ```
//!
//! Several aliases may lead to one version: it gets the sum of what they ask for. What an alias leads to
//! no longer is let go when what it leads to now is prepared, so that its calls find some all the time.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use super::concurrency::is_same_guest;
use super::{FunctionRecord, Qualifier, State, Version, VersionId};

/// What AWS gives as the reason where the function fails while it is set up.
const FUNCTION_FAILED: &str = "FUNCTION_ERROR_INIT_FAILURE";

/// How far a version's or alias's provisioned concurrency has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Sandboxes that are prepared.
    pub allocated: u32,
    /// Whether these are all.
    pub status: Status,
}

/// Where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Sandboxes are being prepared.
    #[default]
    InProgress,
    /// All are prepared.
    Ready,
    /// They cannot be prepared.
    Failed {
        /// Why: a word of AWS's, or a sentence.
        reason: String,
        /// Whether it is worth while to try it again.
        is_transient: bool,
    },
}

/// Why the sandboxes of a version could not be prepared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The function failed while it was set up.
    Function,
    /// The host could not do its part: the text says why.
    Host(String),
}

/// Something to do: keep that many sandboxes of a version prepared; none is to let go of them.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Of which version.
    pub version: Arc<Version>,
    /// How many.
    pub count: u32,
}

/// What one function's provisioned concurrency is, and what is done about it.
#[derive(Debug, Default)]
pub(crate) struct Provisioning {
    configs: BTreeMap<Qualifier, Config>,
    /// What is prepared, or may be after an attempt.
    held: Vec<Step>,
}

#[derive(Debug)]
struct Config {
    requested: u32,
    last_modified: SystemTime,
    /// What it leads to; `None` for `$LATEST`, of which nothing can be prepared.
    target: Option<Arc<Version>>,
    progress: Progress,
}

impl Provisioning {
    /// Takes over what is asked for now; `None` where there is no such function any more.
    pub(crate) fn follow(&mut self, record: Option<&FunctionRecord>) {
        let mut before = std::mem::take(&mut self.configs);
        let attachments = record.iter().flat_map(|record| &record.attachments);
        for (place, attached) in attachments {
            let Some(asked_for) = &attached.provisioned else {
                continue;
            };
            let shown = record.and_then(|record| record.shown(Some(place)));
            let mut config = Config {
                requested: asked_for.requested,
                last_modified: asked_for.last_modified,
                target: shown
                    .filter(|version| version.id != VersionId::Latest)
                    .cloned(),
                progress: Progress::default(),
            };
            config.succeed(before.remove(place));
            self.configs.insert(place.clone(), config);
        }
    }

    /// How far the provisioned concurrency at `place` has come.
    pub(crate) fn progress(&self, place: &Qualifier) -> Option<&Progress> {
        self.configs.get(place).map(|config| &config.progress)
    }

    /// Whether there is nothing to remember.
    pub(crate) fn is_over(&self) -> bool {
        self.configs.is_empty() && self.held.is_empty()
    }

    /// Versions of which some are prepared.
    pub(crate) fn prepared(&self) -> impl Iterator<Item = &Arc<Version>> {
        self.held.iter().map(|step| &step.version)
    }

    /// What is to be done next, if anything is.
    pub(crate) fn next_step(&self) -> Option<Step> {
        // A version of that number was deleted with its function, and there is a new one.
        let outlived = self
            .held
            .iter()
            .find(|held| self.is_replaced(&held.version));
        if let Some(held) = outlived {
            return Some(held.with(0));
        }
        let mut unfinished = self
            .configs
            .values()
            .filter(|config| config.is_unfinished());
        if let Some(version) = unfinished.find_map(|config| config.target.as_ref()) {
            return Some(self.step(version));
        }
        let held = self
            .held
            .iter()
            .map(|held| (held, self.wanted(&held.version)));
        let mut surplus = held.filter(|(held, wanted)| held.count > *wanted);
        surplus.next().map(|(held, wanted)| held.with(wanted))
    }

    /// Says that `step` is being done: from here on it may have an effect.
    pub(crate) fn begin(&mut self, step: &Step) {
        let count = self.forget(&step.version).max(step.count);
        self.held.push(step.with(count));
    }

    /// Says how `step` went.
    pub(crate) fn end(&mut self, step: &Step, result: Result<(), Cause>) {
        self.forget(&step.version);
        if result.is_ok() && step.count > 0 {
            self.held.push(step.clone());
        }
        if step.count == 0 {
            return;
        }
        // What was asked for meanwhile is another step.
        let is_all = self.wanted(&step.version) == step.count;
        let configs = self.configs.values_mut();
        for config in configs.filter(|config| config.leads_to(&step.version)) {
            match &result {
                // What has failed was not among them.
                Ok(()) if is_all && !config.has_failed() => {
                    config.progress = Progress::ready(config.requested);
                }
                Ok(()) => {}
                Err(cause) => config.progress = Progress::failed(cause),
            }
        }
    }

    /// Whether something failed that may succeed if it is tried again.
    pub(crate) fn may_retry(&self) -> bool {
        let mut configs = self.configs.values();
        configs.any(|config| config.progress.is_transient_failure())
    }

    /// Tries again what failed for a reason of the host.
    pub(crate) fn retry(&mut self) {
        for config in self.configs.values_mut() {
            if config.progress.is_transient_failure() {
                config.progress = Progress::default();
            }
        }
    }

    fn step(&self, version: &Arc<Version>) -> Step {
        Step {
            version: Arc::clone(version),
            count: self.wanted(version),
        }
    }

    /// What is asked for of a version, at all places that lead to it; what has failed is not.
    fn wanted(&self, version: &Version) -> u32 {
        let configs = self
            .configs
            .values()
            .filter(|config| config.leads_to(version) && !config.has_failed());
        configs.fold(0, |sum, config| sum.saturating_add(config.requested))
    }

    fn is_replaced(&self, held: &Version) -> bool {
        let mut targets = self
            .configs
            .values()
            .filter_map(|config| config.target.as_ref());
        targets.any(|target| target.id == held.id && !is_same_guest(target, held))
    }

    /// Forgets what is prepared of a version, and says how many these were.
    fn forget(&mut self, version: &Version) -> u32 {
        let mut count = 0;
        self.held.retain(|held| {
            let is_other = !is_same_guest(&held.version, version);
            if !is_other {
                count = held.count;
            }
            is_other
        });
        count
    }
}

impl Step {
    fn with(&self, count: u32) -> Self {
        Self {
            version: Arc::clone(&self.version),
            count,
        }
    }
}

impl Config {
    /// Goes on where `before` is at, if it asks for the same.
    fn succeed(&mut self, before: Option<Self>) {
        if let Some(before) = before {
            let is_same = self.requested == before.requested
                && self.last_modified == before.last_modified
                && self.leads_where(&before);
            self.progress = match is_same {
                true => before.progress,
                // What is there goes on serving calls until the others are ready.
                false => Progress {
                    allocated: before.progress.allocated.min(self.requested),
                    status: Status::InProgress,
                },
            };
        }
        match &self.target {
            Some(target) if matches!(target.state, State::Failed { .. }) => {
                self.progress = Progress::failed(&Cause::Function);
            }
            Some(_) => {}
            None => {
                self.progress = Progress::lasting_failure(
                    "The alias points to $LATEST, which cannot have provisioned concurrency. Point \
                     it to a published version.",
                );
            }
        }
    }

    fn leads_where(&self, other: &Self) -> bool {
        match (&self.target, &other.target) {
            (Some(one), Some(other)) => is_same_guest(one, other),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    fn leads_to(&self, version: &Version) -> bool {
        let target = self.target.as_ref();
        target.is_some_and(|target| is_same_guest(target, version))
    }

    fn has_failed(&self) -> bool {
        matches!(self.progress.status, Status::Failed { .. })
    }

    /// Whether there is something to prepare, of code that is ready.
    fn is_unfinished(&self) -> bool {
        let target = self.target.as_ref();
        self.progress.status == Status::InProgress
            && target.is_some_and(|target| target.state == State::Active)
    }
}

impl Progress {
    fn ready(allocated: u32) -> Self {
        Self {
            allocated,
            status: Status::Ready,
        }
    }

    fn failed(cause: &Cause) -> Self {
        match cause {
            Cause::Function => Self::lasting_failure(FUNCTION_FAILED),
            Cause::Host(reason) => Self {
                allocated: 0,
                status: Status::Failed {
                    reason: reason.clone(),
                    is_transient: true,
                },
            },
        }
    }

    fn lasting_failure(reason: &str) -> Self {
        Self {
            allocated: 0,
            status: Status::Failed {
                reason: reason.into(),
                is_transient: false,
            },
        }
    }

    fn is_transient_failure(&self) -> bool {
        match &self.status {
            Status::Failed { is_transient, .. } => *is_transient,
            Status::InProgress | Status::Ready => false,
        }
    }
}
