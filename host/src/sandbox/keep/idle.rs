//! Sandboxes that have served an invocation and wait for the next one of the same version.
//!
//! They hold slots of the pool and memory of the host, and give both up as soon as somebody else needs
//! them.

use std::sync::Arc;

use tokio::runtime::Handle;

use crate::domain::concurrency::is_same_guest;
use crate::domain::{Digest, FunctionName, Version, VersionId};
use crate::limits;
use crate::sandbox::guest::sandbox::Sandbox;
use crate::sandbox::reach::shared::Initialization;
use crate::sandbox::waiting::swept::Swept;
use crate::sandbox::waiting::{Bounds, Waiting};

const BOUNDS: Bounds = Bounds {
    of_owner_max: limits::IDLE_SANDBOXES_OF_VERSION_MAX,
    all_max: limits::IDLE_SANDBOXES_MAX,
    duration_max: limits::IDLE_DURATION_MAX,
};

/// The idle sandboxes of all functions. No lock is held while one is dropped.
pub(in crate::sandbox) struct IdleSandboxes(Arc<Swept<VersionKey, Idle<Sandbox>>>);

/// Whose sandboxes are kept together.
type VersionKey = (FunctionName, VersionId);

struct Idle<T> {
    sandbox: T,
    version: Arc<Version>,
    serves: Callers,
}

/// Which invocations of a version a sandbox may serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Callers {
    /// Those of this tenant.
    pub(in crate::sandbox) tenant_id: Option<String>,
    /// Those of provisioned concurrency, or those without: a guest knows which it was made for.
    pub(in crate::sandbox) initialization: Initialization,
}

impl<T> Idle<T> {
    /// Whether a sandbox of `version` would be the same. What is attached to a version changes its
    /// revision without that.
    fn is_of(&self, version: &Version) -> bool {
        is_same_guest(&self.version, version)
    }
}

impl IdleSandboxes {
    /// None yet. Those that come are looked after by tasks of `elsewhere`.
    pub(in crate::sandbox) fn new(elsewhere: Handle) -> Self {
        let interval = limits::IDLE_SWEEP_INTERVAL;
        Self(Arc::new(Swept::new(BOUNDS, interval, elsewhere)))
    }

    /// Keeps a sandbox for the next invocation of this version by this tenant, and of the kind that it
    /// was made for.
    pub(in crate::sandbox) fn put(
        &self,
        version: Arc<Version>,
        tenant_id: Option<String>,
        sandbox: Sandbox,
    ) {
        let serves = Callers {
            tenant_id,
            initialization: sandbox.initialization(),
        };
        let key = key_of(&version);
        let idle = Idle {
            sandbox,
            version,
            serves,
        };
        self.0.put(key, idle);
    }

    /// The sandbox of this version for these callers that was used last.
    pub(in crate::sandbox) fn take(&self, version: &Version, callers: &Callers) -> Option<Sandbox> {
        let (taken, stale) = self.0.with(|waiting| take(waiting, version, callers));
        drop(stale);
        taken
    }

    /// Drops the sandbox that was idle for longest; `false` where there is none.
    pub(in crate::sandbox) fn give_way(&self) -> bool {
        let oldest = self.0.with(Waiting::take_oldest);
        oldest.is_some()
    }

    /// Drops those of a component that no version uses any more.
    pub(in crate::sandbox) fn forget(&self, component: Digest) {
        let is_of = |idle: &Idle<_>| idle.version.image().component == component;
        let gone = self.0.with(|waiting| waiting.take_those(is_of));
        drop(gone);
    }
}

fn key_of(version: &Version) -> VersionKey {
    (version.function.clone(), version.id)
}

/// The sandbox of `version` for these callers that was used last, and those of other code or settings,
/// which nobody can use any more.
fn take<T>(
    waiting: &mut Waiting<VersionKey, Idle<T>>,
    version: &Version,
    callers: &Callers,
) -> (Option<T>, Vec<Idle<T>>) {
    let fits = |idle: &Idle<T>, _| idle.is_of(version) && idle.serves == *callers;
    let (taken, stale) = waiting.take(&key_of(version), fits, |idle| !idle.is_of(version));
    (taken.map(|idle| idle.sandbox), stale)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;
    use uuid::Uuid;

    use super::*;
    use crate::domain::samples;

    fn version(name: &str) -> Arc<Version> {
        Arc::new(samples::version(name))
    }

    fn none() -> Waiting<VersionKey, Idle<u32>> {
        Waiting::new(BOUNDS)
    }

    /// Those of no tenant.
    fn anyone() -> Callers {
        Callers {
            tenant_id: None,
            initialization: Initialization::OnDemand,
        }
    }

    fn tenant(id: &str) -> Callers {
        Callers {
            tenant_id: Some(id.into()),
            ..anyone()
        }
    }

    fn put(
        waiting: &mut Waiting<VersionKey, Idle<u32>>,
        version: &Arc<Version>,
        serves: Callers,
        sandbox: u32,
    ) {
        let idle = Idle {
            sandbox,
            version: Arc::clone(version),
            serves,
        };
        assert!(waiting.put(key_of(version), idle, Instant::now()).is_none());
    }

    /// What is taken, and what is stale then.
    fn taken(
        waiting: &mut Waiting<VersionKey, Idle<u32>>,
        version: &Version,
        callers: &Callers,
    ) -> (Option<u32>, Vec<u32>) {
        let (taken, stale) = take(waiting, version, callers);
        (taken, stale.into_iter().map(|idle| idle.sandbox).collect())
    }

    #[test]
    fn nobody_gets_what_is_anothers() {
        let (mut waiting, one) = (none(), version("one"));
        put(&mut waiting, &one, tenant("blue"), 1);
        let other_version = Version {
            id: VersionId::Number(1),
            ..Version::clone(&one)
        };
        let provisioned = Callers {
            initialization: Initialization::Provisioned,
            ..tenant("blue")
        };
        for (version, callers) in [
            (&*version("two"), tenant("blue")),
            (&other_version, tenant("blue")),
            (&one, tenant("green")),
            (&one, anyone()),
            (&one, provisioned),
        ] {
            let taken = taken(&mut waiting, version, &callers);
            assert_eq!(taken, (None, vec![]), "{callers:?}");
        }
        assert_eq!(
            taken(&mut waiting, &one, &tenant("blue")),
            (Some(1), vec![])
        );
    }

    #[test]
    fn new_code_new_settings_and_a_function_made_anew_clear_the_old_ones_away() {
        let old = version("one");
        let new_code = Version {
            code: samples::code("other"),
            ..Version::clone(&old)
        };
        let mut new_settings = Version::clone(&old);
        new_settings.settings.memory_mb += 1;
        let made_anew = Version {
            last_modified: old.last_modified + Duration::from_millis(1),
            ..Version::clone(&old)
        };
        for new in [new_code, new_settings, made_anew].map(Arc::new) {
            let mut waiting = none();
            put(&mut waiting, &old, anyone(), 1);
            put(&mut waiting, &old, anyone(), 2);
            put(&mut waiting, &new, anyone(), 3);
            let taken = taken(&mut waiting, &new, &anyone());
            assert_eq!(taken, (Some(3), vec![1, 2]));
            assert!(waiting.is_empty());
        }
    }

    #[test]
    fn what_is_attached_to_a_version_leaves_its_sandboxes_as_they_are() {
        let (mut waiting, before) = (none(), version("one"));
        put(&mut waiting, &before, anyone(), 1);
        let after = Version {
            revision: Uuid::from_u128(7),
            ..Version::clone(&before)
        };
        assert_eq!(taken(&mut waiting, &after, &anyone()), (Some(1), vec![]));
    }
}
