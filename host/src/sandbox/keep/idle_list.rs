//! Which sandboxes are idle, and in which order they are taken and go.
//!
//! Plain data, without a lock or a clock: times are given, and what gives way is handed out, since
//! dropping a sandbox takes its time.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::time::Instant;

use crate::domain::concurrency::is_same_guest;
use crate::domain::{Digest, FunctionName, Version, VersionId};
use crate::limits;
use crate::sandbox::reach::environment::Initialization;

/// Idle sandboxes by the version that they belong to.
pub(in crate::sandbox) struct IdleList<T> {
    /// Those of one version that were idle for longest come first.
    versions: HashMap<(FunctionName, VersionId), VecDeque<Idle<T>>>,
    count: usize,
}

struct Idle<T> {
    sandbox: T,
    version: Arc<Version>,
    owner: Owner,
    since: Instant,
}

/// Which invocations of a version a sandbox may serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Owner {
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

impl<T> Default for IdleList<T> {
    fn default() -> Self {
        Self {
            versions: HashMap::new(),
            count: 0,
        }
    }
}

impl<T> IdleList<T> {
    /// Keeps a sandbox of `version` for this owner; gives the one that makes room for it, where there
    /// are too many.
    pub(in crate::sandbox) fn put(
        &mut self,
        version: &Arc<Version>,
        owner: Owner,
        sandbox: T,
        now: Instant,
    ) -> Option<T> {
        let place = (version.function.clone(), version.id);
        let of_version = self.versions.get_mut(&place);
        let gives_way = match of_version {
            Some(idle) if idle.len() >= limits::IDLE_SANDBOXES_OF_VERSION_MAX => {
                let oldest = idle.pop_front().map(|idle| idle.sandbox);
                self.count -= usize::from(oldest.is_some());
                oldest
            }
            _ if self.count >= limits::IDLE_SANDBOXES_MAX => self.pop_oldest(),
            _ => None,
        };
        self.versions.entry(place).or_default().push_back(Idle {
            sandbox,
            version: Arc::clone(version),
            owner,
            since: now,
        });
        self.count += 1;
        gives_way
    }

    /// The sandbox of `version` and this owner that was used last, and those of other code or settings,
    /// which nobody can use any more.
    pub(in crate::sandbox) fn take(
        &mut self,
        version: &Version,
        owner: &Owner,
    ) -> (Option<T>, Vec<T>) {
        let place = (version.function.clone(), version.id);
        let Some(idle) = self.versions.get_mut(&place) else {
            return (None, Vec::new());
        };
        let stale = idle.iter().take_while(|idle| !idle.is_of(version)).count();
        let stale: Vec<T> = idle.drain(..stale).map(|idle| idle.sandbox).collect();
        let wanted = idle
            .iter()
            .rposition(|idle| idle.is_of(version) && idle.owner == *owner);
        let taken = wanted.and_then(|at| idle.remove(at));
        if idle.is_empty() {
            self.versions.remove(&place);
        }
        self.count -= stale.len() + usize::from(taken.is_some());
        (taken.map(|idle| idle.sandbox), stale)
    }

    /// Takes out the sandbox that was idle for longest.
    pub(in crate::sandbox) fn pop_oldest(&mut self) -> Option<T> {
        let (place, _) = self
            .versions
            .iter()
            .filter_map(|(place, idle)| Some((place, idle.front()?.since)))
            .min_by_key(|(_, since)| *since)?;
        let place = place.clone();
        let idle = self.versions.get_mut(&place)?;
        let oldest = idle.pop_front()?;
        if idle.is_empty() {
            self.versions.remove(&place);
        }
        self.count -= 1;
        Some(oldest.sandbox)
    }

    /// Takes out those that were idle for too long.
    pub(in crate::sandbox) fn take_expired(&mut self, now: Instant) -> Vec<T> {
        self.take_all(|idle| now.duration_since(idle.since) >= limits::IDLE_DURATION_MAX)
    }

    /// Takes out those of a component.
    pub(in crate::sandbox) fn take_component(&mut self, component: Digest) -> Vec<T> {
        self.take_all(|idle| idle.version.image().component == component)
    }

    fn take_all(&mut self, is_meant: impl Fn(&Idle<T>) -> bool) -> Vec<T> {
        let mut taken = Vec::new();
        for idle in self.versions.values_mut() {
            let (gone, kept): (VecDeque<_>, VecDeque<_>) =
                std::mem::take(idle).into_iter().partition(&is_meant);
            *idle = kept;
            taken.extend(gone.into_iter().map(|idle| idle.sandbox));
        }
        self.versions.retain(|_, idle| !idle.is_empty());
        self.count -= taken.len();
        taken
    }

    pub(in crate::sandbox) fn is_empty(&self) -> bool {
        self.count == 0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::domain::samples;

    fn version(name: &str) -> Arc<Version> {
        Arc::new(samples::version(name))
    }

    /// The owner of sandboxes that are nobody's in particular.
    fn anyone() -> Owner {
        Owner {
            tenant_id: None,
            initialization: Initialization::OnDemand,
        }
    }

    fn tenant(id: &str) -> Owner {
        Owner {
            tenant_id: Some(id.into()),
            ..anyone()
        }
    }

    fn put(list: &mut IdleList<u32>, version: &Arc<Version>, sandbox: u32) -> Option<u32> {
        list.put(version, anyone(), sandbox, Instant::now())
    }

    #[test]
    fn the_one_that_was_used_last_is_taken_first() {
        let (mut list, version) = (IdleList::default(), version("one"));
        for sandbox in 1..=3 {
            assert_eq!(put(&mut list, &version, sandbox), None);
        }
        let taken = [0; 4].map(|_| list.take(&version, &anyone()).0);
        assert_eq!(taken, [Some(3), Some(2), Some(1), None]);
        assert!(list.is_empty());
    }

    #[test]
    fn nobody_gets_what_is_anothers() {
        let (mut list, one) = (IdleList::default(), version("one"));
        list.put(&one, tenant("blue"), 1, Instant::now());
        let other_version = Version {
            id: VersionId::Number(1),
            ..Version::clone(&one)
        };
        let provisioned = Owner {
            initialization: Initialization::Provisioned,
            ..tenant("blue")
        };
        for (version, owner) in [
            (&*version("two"), tenant("blue")),
            (&other_version, tenant("blue")),
            (&one, tenant("green")),
            (&one, anyone()),
            (&one, provisioned),
        ] {
            assert_eq!(list.take(version, &owner), (None, vec![]), "{owner:?}");
        }
        assert_eq!(list.take(&one, &tenant("blue")), (Some(1), vec![]));
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
            let mut list = IdleList::default();
            put(&mut list, &old, 1);
            put(&mut list, &old, 2);
            put(&mut list, &new, 3);
            assert_eq!(list.take(&new, &anyone()), (Some(3), vec![1, 2]));
            assert!(list.is_empty());
        }
    }

    #[test]
    fn what_is_attached_to_a_version_leaves_its_sandboxes_as_they_are() {
        let (mut list, before) = (IdleList::default(), version("one"));
        put(&mut list, &before, 1);
        let after = Version {
            revision: Uuid::from_u128(7),
            ..Version::clone(&before)
        };
        assert_eq!(list.take(&after, &anyone()), (Some(1), vec![]));
    }

    #[test]
    fn one_version_and_all_together_are_bounded_and_the_oldest_gives_way() {
        let (mut list, hot) = (IdleList::default(), version("hot"));
        let bound = u32::try_from(limits::IDLE_SANDBOXES_OF_VERSION_MAX).expect("small");
        let gone: Vec<_> = (0..bound + 2).map(|n| put(&mut list, &hot, n)).collect();
        assert_eq!(gone[bound as usize..], [Some(0), Some(1)]);
        let all = u32::try_from(limits::IDLE_SANDBOXES_MAX).expect("small");
        let gone: Vec<_> = (bound..=all)
            .map(|n| put(&mut list, &version(&format!("cold-{n}")), 10_000 + n))
            .collect();
        assert_eq!(gone.last(), Some(&Some(2)));
        assert_eq!(list.count, limits::IDLE_SANDBOXES_MAX);
    }

    #[test]
    fn those_that_were_idle_for_too_long_or_whose_component_is_gone_go() {
        let (mut list, now) = (IdleList::default(), Instant::now());
        let later = now + limits::IDLE_DURATION_MAX;
        list.put(&version("one"), anyone(), 1, now);
        list.put(&version("one"), anyone(), 2, now + Duration::from_secs(1));
        let other = Arc::new(Version {
            code: samples::code("other"),
            ..samples::version("two")
        });
        list.put(&other, anyone(), 3, later);
        assert_eq!(list.take_expired(later), [1]);
        assert_eq!(list.take_component(other.code.component), [3]);
        assert_eq!(list.pop_oldest(), Some(2));
        assert!(list.is_empty());
    }
}
