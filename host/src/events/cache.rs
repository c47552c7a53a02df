//! Events that are in memory beside the disk, so that most need not be read back.

use std::collections::HashMap;

use super::event::{Event, EventId};

/// What an event takes beside its payload.
const OVERHEAD_BYTES: u64 = 256;

/// Events by their ids, within a bound of bytes: what does not fit is read back when it runs.
#[derive(Debug)]
pub(super) struct Cache {
    events: HashMap<EventId, Event>,
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
    pub(super) fn keep(&mut self, event: Event) {
        let bytes = event.bytes() + OVERHEAD_BYTES;
        if self.bytes + bytes <= self.bytes_max {
            self.bytes += bytes;
            self.events.insert(event.id, event);
        }
    }

    /// Takes an event out, if it is here.
    pub(super) fn take(&mut self, id: EventId) -> Option<Event> {
        let event = self.events.remove(&id)?;
        self.bytes -= event.bytes() + OVERHEAD_BYTES;
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::tests::event;

    #[test]
    fn what_does_not_fit_is_not_kept_and_what_is_taken_makes_room() {
        let mut cache = Cache::new(2 * (OVERHEAD_BYTES + 10));
        for id in 1..=3 {
            cache.keep(event(id, "12345678"));
        }
        assert_eq!(cache.take(EventId(3)), None);
        assert_eq!(cache.take(EventId(1)), Some(event(1, "12345678")));
        cache.keep(event(3, "12345678"));
        assert!(cache.take(EventId(3)).is_some());
        assert!(cache.take(EventId(2)).is_some());
        assert_eq!(cache.bytes, 0);
    }
}
