//! Connections that are kept open for later requests of the same function and the same tenant.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use super::connect::Connection;
use crate::domain::{FunctionName, Origin};
use crate::limits;

/// Whom a connection belongs to: nobody else ever sends anything through it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Owner {
    pub(super) function: FunctionName,
    pub(super) tenant_id: Option<String>,
}

/// The kept connections of all functions.
pub(super) struct Pool {
    shared: Mutex<Shared>,
    elsewhere: Handle,
}

#[derive(Default)]
struct Shared {
    idle: Idle<Connection>,
    /// Whether a task looks after them; there is none while there are none.
    is_swept: bool,
}

impl Pool {
    /// None yet. Those that come are looked after by tasks of `elsewhere`.
    pub(super) fn new(elsewhere: Handle) -> Self {
        Self {
            shared: Mutex::default(),
            elsewhere,
        }
    }

    /// Keeps a connection.
    pub(super) fn put(self: &Arc<Self>, owner: Owner, origin: Origin, connection: Connection) {
        let mut shared = self.lock();
        let gives_way = shared.idle.put(owner, origin, connection, Instant::now());
        let was_swept = std::mem::replace(&mut shared.is_swept, true);
        drop(shared);
        drop(gives_way);
        if !was_swept {
            self.elsewhere.spawn(sweep(Arc::downgrade(self)));
        }
    }

    /// The connection that was used last, of those that fit.
    pub(super) fn take(
        &self,
        owner: &Owner,
        origin: &Origin,
        fits: impl Fn(&Connection) -> bool,
    ) -> Option<Connection> {
        self.lock().idle.take(owner, origin, Instant::now(), fits)
    }

    /// Closes those that were kept for too long; `false` where none is left to look after.
    fn close_expired(&self) -> bool {
        let mut shared = self.lock();
        let expired = shared.idle.take_expired(Instant::now());
        shared.is_swept = !shared.idle.owners.is_empty();
        let is_swept = shared.is_swept;
        drop(shared);
        drop(expired);
        is_swept
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn sweep(pool: Weak<Pool>) {
    loop {
        sleep(limits::OUTBOUND_IDLE_SWEEP_INTERVAL).await;
        match pool.upgrade() {
            Some(pool) if pool.close_expired() => {}
            Some(_) | None => return,
        }
    }
}

/// Which connections are kept, as a value: the oldest of each owner first.
struct Idle<C> {
    owners: HashMap<Owner, Vec<Kept<C>>>,
    count: usize,
}

struct Kept<C> {
    origin: Origin,
    connection: C,
    since: Instant,
}

impl<C> Kept<C> {
    fn is_expired(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= limits::OUTBOUND_IDLE_DURATION_MAX
    }
}

impl<C> Default for Idle<C> {
    fn default() -> Self {
        Self {
            owners: HashMap::new(),
            count: 0,
        }
    }
}

impl<C> Idle<C> {
    /// Keeps a connection; gives the one that has to make room for it.
    fn put(&mut self, owner: Owner, origin: Origin, connection: C, now: Instant) -> Option<C> {
        let own = self.owners.get(&owner).map_or(0, Vec::len);
        let gives_way = if own >= limits::OUTBOUND_IDLE_OF_FUNCTION_MAX {
            self.remove_oldest(&owner)
        } else if self.count >= limits::OUTBOUND_IDLE_MAX {
            let oldest = self.owners.iter().min_by_key(|(_, kept)| kept[0].since);
            let oldest = oldest.map(|(owner, _)| owner.clone());
            oldest.and_then(|owner| self.remove_oldest(&owner))
        } else {
            None
        };
        self.count += 1;
        self.owners.entry(owner).or_default().push(Kept {
            origin,
            connection,
            since: now,
        });
        gives_way
    }

    fn take(
        &mut self,
        owner: &Owner,
        origin: &Origin,
        now: Instant,
        fits: impl Fn(&C) -> bool,
    ) -> Option<C> {
        let kept = self.owners.get(owner)?.iter();
        let at = kept.rev().position(|kept| {
            kept.origin == *origin && !kept.is_expired(now) && fits(&kept.connection)
        })?;
        let last = self.owners.get(owner)?.len() - 1;
        self.remove(owner, last - at)
    }

    fn take_expired(&mut self, now: Instant) -> Vec<C> {
        let owners: Vec<_> = self.owners.keys().cloned().collect();
        let mut expired = Vec::new();
        for owner in owners {
            while self
                .owners
                .get(&owner)
                .is_some_and(|kept| kept[0].is_expired(now))
            {
                expired.extend(self.remove_oldest(&owner));
            }
        }
        expired
    }

    fn remove_oldest(&mut self, owner: &Owner) -> Option<C> {
        self.remove(owner, 0)
    }

    /// An owner without connections is not kept.
    fn remove(&mut self, owner: &Owner, at: usize) -> Option<C> {
        let kept = self.owners.get_mut(owner)?;
        let removed = kept.remove(at).connection;
        if kept.is_empty() {
            self.owners.remove(owner);
        }
        self.count -= 1;
        Some(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Host, Scheme};

    fn owner(function: &str, tenant: Option<&str>) -> Owner {
        Owner {
            function: FunctionName::parse(function).expect("a name"),
            tenant_id: tenant.map(str::to_owned),
        }
    }

    fn origin(port: u16) -> Origin {
        Origin {
            scheme: Scheme::Http,
            host: Host::parse("a.example").expect("a host"),
            port,
        }
    }

    fn take(idle: &mut Idle<usize>, owner: &Owner, port: u16, now: Instant) -> Option<usize> {
        idle.take(owner, &origin(port), now, |_| true)
    }

    #[test]
    fn a_connection_serves_its_own_function_tenant_and_origin_only() {
        let now = Instant::now();
        let mut idle = Idle::default();
        idle.put(owner("f", Some("blue")), origin(1), 1, now);
        for (other, port) in [
            (owner("f", None), 1),
            (owner("f", Some("green")), 1),
            (owner("g", Some("blue")), 1),
            (owner("f", Some("blue")), 2),
        ] {
            assert_eq!(take(&mut idle, &other, port, now), None);
        }
        let own = owner("f", Some("blue"));
        assert_eq!(idle.take(&own, &origin(1), now, |_| false), None);
        assert_eq!(take(&mut idle, &own, 1, now), Some(1));
        assert_eq!(take(&mut idle, &own, 1, now), None);
        assert!(idle.owners.is_empty() && idle.count == 0);
    }

    #[test]
    fn the_last_that_was_used_is_taken_first_and_the_oldest_gives_way() {
        let now = Instant::now();
        let own = owner("f", None);
        let mut idle = Idle::default();
        let bound = limits::OUTBOUND_IDLE_OF_FUNCTION_MAX;
        for number in 0..bound {
            assert_eq!(idle.put(own.clone(), origin(1), number, now), None);
        }
        assert_eq!(idle.put(own.clone(), origin(1), bound, now), Some(0));
        assert_eq!(take(&mut idle, &own, 1, now), Some(bound));
        assert_eq!(idle.count, bound - 1);
    }

    #[test]
    fn all_functions_together_keep_only_so_many() {
        let now = Instant::now();
        let mut idle = Idle::default();
        for number in 0..limits::OUTBOUND_IDLE_MAX {
            let at = now + std::time::Duration::from_nanos(number as u64);
            let gives_way = idle.put(owner(&format!("f{number}"), None), origin(1), number, at);
            assert_eq!(gives_way, None);
        }
        let later = now + std::time::Duration::from_secs(1);
        assert_eq!(idle.put(owner("g", None), origin(1), 9_999, later), Some(0));
        assert_eq!(idle.count, limits::OUTBOUND_IDLE_MAX);
    }

    #[test]
    fn what_was_kept_for_too_long_is_neither_used_nor_kept() {
        let now = Instant::now();
        let own = owner("f", None);
        let mut idle = Idle::default();
        idle.put(own.clone(), origin(1), 1, now);
        let late = now + limits::OUTBOUND_IDLE_DURATION_MAX;
        idle.put(own.clone(), origin(2), 2, late);
        assert_eq!(take(&mut idle, &own, 1, late), None);
        assert_eq!(idle.take_expired(late), [1]);
        assert_eq!(take(&mut idle, &own, 2, late), Some(2));
    }
}
