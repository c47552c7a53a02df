//! A function, as the catalog has it: all its versions and aliases, and what belongs to each of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::attachments::Attachments;
use super::name::{AliasName, Qualifier, VersionId};
use super::named::named;
use super::version::{Code, State, Version};

/// A function.
///
/// `$LATEST` as it is shown differs from `$LATEST` as it runs while an update is in progress.
#[derive(Clone, Debug)]
pub struct FunctionRecord {
    /// `$LATEST` as it is shown.
    pub latest: Arc<Version>,
    /// `$LATEST` as it runs: the same value, unless an update is in progress or has failed; `None`
    /// while the function has never been active.
    pub running: Option<Arc<Version>>,
    /// Published versions by number; they never change, but for becoming ready and for what is attached
    /// to them.
    pub versions: BTreeMap<u64, Arc<Version>>,
    /// Who gets which number.
    pub numbering: Numbering,
    /// Names that point to versions.
    pub aliases: BTreeMap<AliasName, Arc<Alias>>,
    /// What is attached to the function (under `$LATEST`), to a version or to an alias. Nothing empty is
    /// kept.
    pub attachments: BTreeMap<Qualifier, Arc<Attachments>>,
    /// Tags of the function.
    pub tags: BTreeMap<String, String>,
    /// Invocations that may run at once, and that no other function may take; `None` where the function
    /// shares what is left.
    pub reserved_concurrency: Option<u32>,
    /// What happens to a function that calls itself through other services.
    pub recursive_loop: RecursiveLoop,
}

/// A name that points to a version, and may send a share of its calls to a second one.
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    /// Its name.
    pub name: AliasName,
    /// Where it points.
    pub version: VersionId,
    /// Free text, at most 256 characters.
    pub description: String,
    /// The second version, if there is one.
    pub routing: Option<Routing>,
    /// Changes with every change of the alias and of what is attached to it.
    pub revision: Uuid,
}

/// The share of calls that a second version gets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Routing {
    /// The number of the second version.
    pub version: u64,
    /// Its share, 0.0 to 1.0; the rest goes where the alias points.
    pub weight: f64,
}

impl Alias {
    /// The version that one call runs, where `draw` is its lot: at least 0.0, below 1.0, and as likely
    /// in one place as in another.
    pub fn drawn(&self, draw: f64) -> VersionId {
        match self.routing {
            Some(routing) if draw < routing.weight => VersionId::Number(routing.version),
            _ => self.version,
        }
    }

    /// Whether it points or routes to a version.
    pub fn leads_to(&self, id: VersionId) -> bool {
        let second = self
            .routing
            .map(|routing| VersionId::Number(routing.version));
        self.version == id || second == Some(id)
    }
}

/// Numbers of published versions: from 1, and never used twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbering {
    /// The number that the next published version gets.
    pub next: u64,
    /// The last version that was published, which another publication of the same gives again.
    pub last: Option<LastPublication>,
}

impl Default for Numbering {
    fn default() -> Self {
        Self {
            next: 1,
            last: None,
        }
    }
}

/// The last publication, and what tells whether `$LATEST` has changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastPublication {
    /// Its number.
    pub number: u64,
    /// The description that `$LATEST` had, which the version need not have.
    pub latest_description: String,
}

named! {
    /// What happens to a function that calls itself through other services. Kept and shown: there are none
    /// here that a loop could lead through.
    #[derive(Default)]
    pub enum RecursiveLoop {
        /// It is ended.
        #[default]
        Terminate = "Terminate",
        /// It may go on.
        Allow = "Allow",
    }
}

impl FunctionRecord {
    /// All code that the function needs: what is shown, what runs where that is other code, what was
    /// published, and snapshots and states of all that.
    pub fn codes(&self) -> impl Iterator<Item = &Code> {
        let shown = &self.latest.code;
        let running_code = self.running.iter().map(|version| &version.code);
        let published = self.versions.values().map(|version| &version.code);
        let running = self.running.iter();
        let running_otherwise = running.filter(|running| running.snapshot != self.latest.snapshot);
        let latest = std::iter::once(&self.latest).chain(running_otherwise);
        let snapshots = self
            .versions
            .values()
            .chain(latest)
            .filter(|version| version.is_snapshotted());
        std::iter::once(shown)
            .chain(running_code.filter(move |code| *code != shown))
            .chain(published)
            .chain(snapshots.map(|version| version.image()))
    }

    /// A version as it is shown.
    pub fn version(&self, id: VersionId) -> Option<&Arc<Version>> {
        match id {
            VersionId::Latest => Some(&self.latest),
            VersionId::Number(number) => self.versions.get(&number),
        }
    }

    /// The version that a qualifier names, as it is shown; for an alias the one that it points to,
    /// whatever its weights.
    pub fn shown(&self, qualifier: Option<&Qualifier>) -> Option<&Arc<Version>> {
        match qualifier {
            None => Some(&self.latest),
            Some(Qualifier::Version(id)) => self.version(*id),
            Some(Qualifier::Alias(name)) => self.version(self.aliases.get(name)?.version),
            Some(Qualifier::Unknown(_)) => None,
        }
    }

    /// Whether there is such a version or alias; the function itself without a qualifier.
    pub fn has(&self, qualifier: Option<&Qualifier>) -> bool {
        self.shown(qualifier).is_some()
    }

    /// The version that one call with a qualifier runs: of an alias with two the one that `draw` gives
    /// (see [`Alias::drawn`]). `None` where there is no such alias.
    pub fn drawn(&self, qualifier: &Qualifier, draw: impl FnOnce() -> f64) -> Option<VersionId> {
        match qualifier {
            Qualifier::Version(id) => Some(*id),
            Qualifier::Alias(name) => {
                let alias = self.aliases.get(name)?;
                match alias.routing {
                    Some(_) => Some(alias.drawn(draw())),
                    None => Some(alias.version),
                }
            }
            Qualifier::Unknown(_) => None,
        }
    }

    /// What runs of a version: that of `$LATEST` is not what is shown while an update is in progress.
    /// An error is the state in which nothing runs of it; `None` where there is no such version.
    pub fn runnable(&self, id: VersionId) -> Option<Result<&Arc<Version>, &'static str>> {
        let shown = self.version(id)?;
        let running = match id {
            VersionId::Latest => self.running.as_ref(),
            VersionId::Number(_) => Some(shown).filter(|version| version.state == State::Active),
        };
        Some(running.ok_or(shown.state.name()))
    }

    /// What is attached to the function, to a version or to an alias.
    pub fn attached(&self, qualifier: Option<&Qualifier>) -> &Attachments {
        static NOTHING: Attachments = Attachments::nothing();
        match qualifier {
            None => self.attachments.get(&Qualifier::LATEST),
            Some(qualifier) => self.attachments.get(qualifier),
        }
        .map_or(&NOTHING, |attached| attached)
    }

    /// The function with other attachments at one place.
    #[must_use]
    pub fn with_attached(
        &self,
        qualifier: Option<&Qualifier>,
        edit: impl FnOnce(&mut Attachments),
    ) -> Self {
        let mut attached = self.attached(qualifier).clone();
        edit(&mut attached);
        let place = qualifier.cloned().unwrap_or(Qualifier::LATEST);
        let mut after = self.clone();
        match attached == Attachments::nothing() {
            true => after.attachments.remove(&place),
            false => after.attachments.insert(place, Arc::new(attached)),
        };
        after
    }

    /// The concurrency that is provisioned for all versions and aliases together.
    pub fn provisioned_concurrency(&self) -> u64 {
        let provisioned = self
            .attachments
            .values()
            .filter_map(|attached| attached.provisioned.as_ref());
        provisioned
            .map(|provisioned| u64::from(provisioned.requested))
            .sum()
    }

    /// The revision of the function, a version or an alias; `None` where there is no such thing.
    pub fn revision(&self, qualifier: Option<&Qualifier>) -> Option<Uuid> {
        match qualifier {
            Some(Qualifier::Alias(name)) => self.aliases.get(name).map(|alias| alias.revision),
            _ => self.shown(qualifier).map(|version| version.revision),
        }
    }

    /// The function with a new revision of itself, a version or an alias: what is attached has changed.
    #[must_use]
    pub fn with_revision(&self, qualifier: Option<&Qualifier>, revision: Uuid) -> Self {
        let mut after = self.clone();
        match qualifier {
            None | Some(Qualifier::Version(VersionId::Latest)) => after.revise_latest(revision),
            Some(Qualifier::Version(VersionId::Number(number))) => {
                if let Some(version) = after.versions.get_mut(number) {
                    Arc::make_mut(version).revision = revision;
                }
            }
            Some(Qualifier::Alias(name)) => {
                if let Some(alias) = after.aliases.get_mut(name) {
                    Arc::make_mut(alias).revision = revision;
                }
            }
            Some(Qualifier::Unknown(_)) => {}
        }
        after
    }

    /// Gives `$LATEST` another revision; what runs stays the same value where it was.
    fn revise_latest(&mut self, revision: Uuid) {
        let mut latest = Version::clone(&self.latest);
        latest.revision = revision;
        let latest = Arc::new(latest);
        if self.running.as_ref() == Some(&self.latest) {
            self.running = Some(Arc::clone(&latest));
        }
        self.latest = latest;
    }
}
