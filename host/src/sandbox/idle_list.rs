//! Which sandboxes are idle, and in which order they are taken and go.
//!
//! Plain data, without a lock or a clock: times are given, and what gives way is handed out, since
//! dropping a sandbox takes its time.

use std::collections::{HashMap, VecDeque};

use tokio::time::Instant;
use uuid::Uuid;

use crate::domain::{Digest, FunctionName, Version, VersionId};
use crate::limits;

/// Idle sandboxes by the version that they belong to.
pub(super) struct IdleList<T> {
    /// Those of one version that were idle for longest come first.
    versions: HashMap<(FunctionName, VersionId), VecDeque<Idle<T>>>,
    count: usize,
}

struct Idle<T> {
    sandbox: T,
    /// Changes with the version's code and settings.
    revision: Uuid,
    package: Digest,
    component: Digest,
    tenant_id: Option<String>,
    since: Instant,
}

impl<T> Idle<T> {
    fn is_of(&self, version: &Version) -> bool {
        self.revision == version.revision
            && self.package == version.code.package
            && self.component == version.code.component
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
    /// Keeps a sandbox of `version` that has served this tenant; gives the one that makes room for it,
    /// where there are too many.
    pub(super) fn put(
        &mut self,
        version: &Version,
        tenant_id: Option<String>,
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
            revision: version.revision,
            package: version.code.package,
            component: version.code.component,
            tenant_id,
            since: now,
        });
        self.count += 1;
        gives_way
    }

    /// The sandbox of `version` and this tenant that was used last, and those of earlier
    /// revisions, which nobody can use any more.
    pub(super) fn take(
        &mut self,
        version: &Version,
        tenant_id: Option<&str>,
    ) -> (Option<T>, Vec<T>) {
        let place = (version.function.clone(), version.id);
        let Some(idle) = self.versions.get_mut(&place) else {
            return (None, Vec::new());
        };
        let stale = idle.iter().take_while(|idle| !idle.is_of(version)).count();
        let stale: Vec<T> = idle.drain(..stale).map(|idle| idle.sandbox).collect();
        let wanted = idle
            .iter()
            .rposition(|idle| idle.is_of(version) && idle.tenant_id.as_deref() == tenant_id);
        let taken = wanted.and_then(|at| idle.remove(at));
        if idle.is_empty() {
            self.versions.remove(&place);
        }
        self.count -= stale.len() + usize::from(taken.is_some());
        (taken.map(|idle| idle.sandbox), stale)
    }

    /// Takes out the sandbox that was idle for longest.
    pub(super) fn pop_oldest(&mut self) -> Option<T> {
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
    pub(super) fn take_expired(&mut self, now: Instant) -> Vec<T> {
        self.take_all(|idle| now.duration_since(idle.since) >= limits::IDLE_DURATION_MAX)
    }

    /// Takes out those of a component.
    pub(super) fn take_component(&mut self, component: Digest) -> Vec<T> {
        self.take_all(|idle| idle.component == component)
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

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::samples;

    fn version(name: &str) -> Version {
        samples::version(name)
    }

    fn put(list: &mut IdleList<u32>, version: &Version, sandbox: u32) -> Option<u32> {
        list.put(version, None, sandbox, Instant::now())
    }

    #[test]
    fn the_one_that_was_used_last_is_taken_first() {
        let (mut list, version) = (IdleList::default(), version("one"));
        for sandbox in 1..=3 {
            assert_eq!(put(&mut list, &version, sandbox), None);
        }
        let taken = [0; 4].map(|_| list.take(&version, None).0);
        assert_eq!(taken, [Some(3), Some(2), Some(1), None]);
        assert!(list.is_empty());
    }

    #[test]
    fn nobody_gets_what_is_anothers() {
        let (mut list, owner) = (IdleList::default(), version("one"));
        list.put(&owner, Some("blue".into()), 1, Instant::now());
        let other_function = Version {
            revision: owner.revision,
            ..version("two")
        };
        let other_version = Version {
            id: VersionId::Number(1),
            ..owner.clone()
        };
        for (version, tenant_id) in [
            (&other_function, Some("blue")),
            (&other_version, Some("blue")),
            (&owner, Some("green")),
            (&owner, None),
        ] {
            assert_eq!(list.take(version, tenant_id), (None, vec![]));
        }
        assert_eq!(list.take(&owner, Some("blue")), (Some(1), vec![]));
    }

    #[test]
    fn a_new_revision_and_new_code_clear_the_old_ones_away() {
        let old = version("one");
        let new_revision = Version {
            revision: Uuid::from_u128(7),
            ..old.clone()
        };
        let new_code = Version {
            code: samples::code("other"),
            ..old.clone()
        };
        for new in [new_revision, new_code] {
            let mut list = IdleList::default();
            put(&mut list, &old, 1);
            put(&mut list, &old, 2);
            put(&mut list, &new, 3);
            assert_eq!(list.take(&new, None), (Some(3), vec![1, 2]));
            assert!(list.is_empty());
        }
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
        list.put(&version("one"), None, 1, now);
        list.put(&version("one"), None, 2, now + Duration::from_secs(1));
        let other = Version {
            code: samples::code("other"),
            ..version("two")
        };
        list.put(&other, None, 3, later);
        assert_eq!(list.take_expired(later), [1]);
        assert_eq!(list.take_component(other.code.component), [3]);
        assert_eq!(list.pop_oldest(), Some(2));
        assert!(list.is_empty());
    }
}
