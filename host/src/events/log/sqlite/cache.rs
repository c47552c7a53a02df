//! Events that are in memory beside the disk, so that most need not be read back.

use std::collections::HashMap;
use std::sync::Arc;

use crate::events::event::{Event, EventId};

/// What an event takes beside its payload.
const OVERHEAD_BYTES: u64 = 256;

/// Events by their ids, within a bound of bytes: what does not fit is read back when it runs.
#[derive(Debug)]
pub(super) struct Cache {
    events: HashMap<EventId, Arc<Event>>,
    bytes: u64,
    bytes_max: u64,
}

impl Cache {
    pub(super) fn new(bytes_max: u64) -> Self {
        Self {
            events: HashMap::new(),
            bytes: 0,
            bytes_max,
        }
    }

    /// Keeps an event, if there is room.
    pub(super) fn keep(&mut self, event: Arc<Event>) {
        self.remove(event.id);
        let bytes = event.bytes() + OVERHEAD_BYTES;
        if self.bytes + bytes <= self.bytes_max {
            self.bytes += bytes;
            self.events.insert(event.id, event);
        }
    }

    /// An event, if it is here.
    pub(super) fn get(&self, id: EventId) -> Option<Arc<Event>> {
        self.events.get(&id).map(Arc::clone)
    }

    /// Forgets an event.
    pub(super) fn remove(&mut self, id: EventId) {
        if let Some(event) = self.events.remove(&id) {
            self.bytes -= event.bytes() + OVERHEAD_BYTES;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::tests::event;

    #[test]
    fn what_does_not_fit_is_not_kept_and_what_is_forgotten_makes_room() {
        let mut cache = Cache::new(2 * (OVERHEAD_BYTES + 10));
        for id in 1..=3 {
            cache.keep(Arc::new(event(id, "12345678")));
        }
        assert_eq!(cache.get(EventId(3)), None);
        assert_eq!(
            cache.get(EventId(1)).as_deref(),
            Some(&event(1, "12345678"))
        );
        cache.remove(EventId(1));
        cache.keep(Arc::new(event(3, "12345678")));
        assert!(cache.get(EventId(3)).is_some() && cache.get(EventId(2)).is_some());
        cache.remove(EventId(2));
        cache.remove(EventId(3));
        assert_eq!(cache.bytes, 0);
    }
}
