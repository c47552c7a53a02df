//! Connections that are kept open for later requests of the same function and the same tenant.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::client::Client;
use super::connect::Connection;
use crate::domain::Origin;
use crate::limits;
use crate::sandbox::waiting::Bounds;
use crate::sandbox::waiting::swept::Swept;

const BOUNDS: Bounds = Bounds {
    of_owner_max: limits::OUTBOUND_IDLE_OF_FUNCTION_MAX,
    all_max: limits::OUTBOUND_IDLE_MAX,
    duration_max: limits::OUTBOUND_IDLE_DURATION_MAX,
};

/// The kept connections of all functions.
#[derive(Clone)]
pub(super) struct Pool(Arc<Swept<Client, Kept<Connection>>>);

struct Kept<C> {
    origin: Origin,
    connection: C,
}

impl<C> Kept<C> {
    /// Whether a connection that is kept `since` then can serve a request to `origin` now.
    fn serves(&self, origin: &Origin, since: Instant, now: Instant) -> bool {
        self.origin == *origin && !BOUNDS.are_exceeded(since, now)
    }
}

impl Pool {
    /// None yet. Those that come are looked after by tasks of `elsewhere`.
    pub(super) fn new(elsewhere: Handle) -> Self {
        let interval = limits::OUTBOUND_IDLE_SWEEP_INTERVAL;
        Self(Arc::new(Swept::new(BOUNDS, interval, elsewhere)))
    }

    /// Keeps a connection.
    pub(super) fn put(&self, client: Client, origin: Origin, connection: Connection) {
        self.0.put(client, Kept { origin, connection });
    }

    /// The connection that was used last, of those that fit.
    pub(super) fn take(
        &self,
        client: &Client,
        origin: &Origin,
        fits: impl Fn(&Connection) -> bool,
    ) -> Option<Connection> {
        let now = Instant::now();
        let fits = |kept: &Kept<Connection>, since| {
            kept.serves(origin, since, now) && fits(&kept.connection)
        };
        let taken = self.0.with(|waiting| waiting.take_newest(client, fits));
        taken.map(|kept| kept.connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FunctionName, Host, Scheme};
    use crate::sandbox::waiting::Waiting;

    fn client(function: &str, tenant: Option<&str>) -> Client {
        Client {
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

    fn kept(port: u16, connection: u32) -> Kept<u32> {
        Kept {
            origin: origin(port),
            connection,
        }
    }

    fn take(
        waiting: &mut Waiting<Client, Kept<u32>>,
        client: &Client,
        port: u16,
        now: Instant,
    ) -> Option<u32> {
        let fits = |kept: &Kept<u32>, since| kept.serves(&origin(port), since, now);
        waiting
            .take_newest(client, fits)
            .map(|kept| kept.connection)
    }

    #[test]
    fn a_connection_serves_its_own_function_tenant_and_origin_only() {
        let now = Instant::now();
        let mut waiting = Waiting::new(BOUNDS);
        waiting.put(client("f", Some("blue")), kept(1, 1), now);
        for (other, port) in [
            (client("f", None), 1),
            (client("f", Some("green")), 1),
            (client("g", Some("blue")), 1),
            (client("f", Some("blue")), 2),
        ] {
            assert_eq!(take(&mut waiting, &other, port, now), None);
        }
        let own = client("f", Some("blue"));
        assert_eq!(take(&mut waiting, &own, 1, now), Some(1));
        assert_eq!(take(&mut waiting, &own, 1, now), None);
    }

    #[test]
    fn a_connection_that_was_kept_for_too_long_is_not_used() {
        let now = Instant::now();
        let own = client("f", None);
        let mut waiting = Waiting::new(BOUNDS);
        waiting.put(own.clone(), kept(1, 1), now);
        let late = now + limits::OUTBOUND_IDLE_DURATION_MAX;
        assert_eq!(take(&mut waiting, &own, 1, late), None);
        assert_eq!(take(&mut waiting, &own, 1, now), Some(1));
    }
}
