//! Events that are on their way to the disk: all of them go first into what is empty of the database.

use std::sync::Arc;

use crate::domain::Lock;
use crate::events::log::LogError;
use crate::storage::Promise;

/// What the events take that were begun and are not written yet.
#[derive(Default)]
pub(super) struct UnderWay {
    bytes: Lock<u64>,
}

/// An event is on its way, and has room, for as long as this lives.
pub(super) struct Writing {
    under_way: Arc<UnderWay>,
    bytes: u64,
    _room: Promise,
}

impl UnderWay {
    /// An event of so many bytes is begun that has room whatever is empty.
    pub(super) fn with(self: &Arc<Self>, bytes: u64, room: Promise) -> Writing {
        *self.bytes.lock() += bytes;
        self.writing(bytes, room)
    }

    /// An event of so many bytes is begun, if it goes into what is empty beside all others. One that ends meanwhile is
    /// counted in what is read.
    pub(super) fn within(
        self: &Arc<Self>,
        bytes: u64,
        room: Promise,
        empty_bytes: impl FnOnce() -> Result<u64, LogError>,
    ) -> Result<Option<Writing>, LogError> {
        let mut all = self.bytes.lock();
        if all.saturating_add(bytes) > empty_bytes()? {
            return Ok(None);
        }
        *all += bytes;
        drop(all);
        Ok(Some(self.writing(bytes, room)))
    }

    fn writing(self: &Arc<Self>, bytes: u64, room: Promise) -> Writing {
        Writing {
            under_way: Arc::clone(self),
            bytes,
            _room: room,
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        *self.under_way.bytes.lock() -= self.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_promised_once() {
        let under_way = Arc::new(UnderWay::default());
        let within = |bytes| {
            let begun = under_way.within(bytes, Promise::default(), || Ok(100));
            begun.expect("read")
        };
        let grows = under_way.with(50, Promise::default());
        let first = within(40).expect("there is room");
        assert!(
            within(11).is_none(),
            "what grows it goes there first as well"
        );
        drop(first);
        let second = within(50).expect("there is room");
        drop((grows, second));
        assert!(within(100).is_some());
        let failed = under_way.within(1, Promise::default(), || {
            Err(LogError::Failed("gone".into()))
        });
        assert!(failed.is_err());
        assert!(within(100).is_some(), "nothing of it is left");
    }
}
