//! What one invocation may still do with the network, shared by its requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::client::Client;
use crate::domain::Version;
use crate::limits;
use crate::sandbox::memory::budget::Budget;
use crate::sandbox::memory::charge::Charge;
use crate::sandbox::vitals::Vitals;

/// The right to have one more request under way.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    /// What its connection keeps.
    _charge: Charge,
}

/// Whose requests they are, and what they have used up.
pub(super) struct Allowance {
    pub(super) version: Arc<Version>,
    pub(super) deadline: Instant,
    tenant_id: Option<String>,
    vitals: Arc<Vitals>,
    places: Arc<Semaphore>,
    received: Meter,
    sent: Meter,
}

impl Allowance {
    pub(super) fn new(
        vitals: Arc<Vitals>,
        version: Arc<Version>,
        tenant_id: Option<String>,
        deadline: Instant,
    ) -> Self {
        Self {
            version,
            deadline,
            tenant_id,
            vitals,
            places: Arc::new(Semaphore::new(limits::OUTBOUND_REQUESTS_OF_INVOCATION_MAX)),
            received: Meter::new(limits::OUTBOUND_RECEIVED_BYTES_MAX),
            sent: Meter::new(limits::OUTBOUND_SENT_BYTES_MAX),
        }
    }

    /// A place for one more request, until it is dropped.
    ///
    /// # Errors
    /// Where there is none left, or no memory for its connection.
    pub(super) fn place(&self) -> Result<Place, String> {
        let permit = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            format!(
                "{} others are under way; read or drop their responses first",
                limits::OUTBOUND_REQUESTS_OF_INVOCATION_MAX
            )
        })?;
        let charge = Charge::take(self.budget(), limits::OUTBOUND_CONNECTION_BYTES);
        Ok(Place {
            _permit: permit,
            _charge: charge.map_err(|spent| spent.to_string())?,
        })
    }

    /// What is held of responses comes out of that.
    pub(super) fn budget(&self) -> &Arc<Budget> {
        self.vitals.budget()
    }

    /// Writes a line to the function's log.
    pub(super) fn log(&self, line: &str) {
        self.vitals.write_log_lines(&format!("{line}\n"));
    }

    pub(super) fn received(&self) -> &Meter {
        &self.received
    }

    pub(super) fn sent(&self) -> &Meter {
        &self.sent
    }

    /// Whom its connections belong to.
    pub(super) fn client(&self) -> Client {
        Client {
            function: self.version.function.clone(),
            tenant_id: self.tenant_id.clone(),
        }
    }
}

/// Counts bytes up to a bound.
pub(super) struct Meter {
    used: AtomicU64,
    bytes_max: u64,
}

impl Meter {
    fn new(bytes_max: u64) -> Self {
        Self {
            used: AtomicU64::new(0),
            bytes_max,
        }
    }

    pub(super) fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// Whether so many bytes more would fit.
    pub(super) fn has_room_for(&self, bytes: u64) -> bool {
        let used = self.used.load(Ordering::Relaxed);
        used.saturating_add(bytes) <= self.bytes_max
    }

    /// Counts bytes; `false` where they are too many.
    pub(super) fn count(&self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        let used = self.used.fetch_add(bytes, Ordering::Relaxed);
        used.saturating_add(bytes) <= self.bytes_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_is_full_with_its_last_byte() {
        let meter = Meter::new(10);
        assert!(meter.count(4) && meter.has_room_for(6) && !meter.has_room_for(7));
        assert!(!meter.has_room_for(u64::MAX));
        assert!(meter.count(6));
        assert!(!meter.count(1));
    }
}
