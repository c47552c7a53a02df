use super::*;
use crate::events::log::suite::{Opened, behaviours};

fn open(bounds: LogBounds, clock: LogClock) -> Opened {
    (Arc::new(MemoryEventLog::new(bounds, clock)), Box::new(()))
}

behaviours!(open);
