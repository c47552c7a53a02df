//! Events that are on their way to the disk: all of them go first into what is empty of the database.

use std::sync::Arc;

use crate::domain::Lock;
use crate::events::log::LogError;
use crate::storage::Promise;

/// What the events take that were begun and are not written yet.
#[derive(Default)]
pub(super) struct UnderWay {
    all: Lock<All>,
}

#[derive(Clone, Copy, Default)]
struct All {
    bytes: u64,
    /// What those had that ended, since the beginning.
    ended: u64,
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
        self.all.lock().bytes += bytes;
        self.writing(bytes, room)
    }

    /// An event of so many bytes is begun, if it goes into what is empty beside all others. Nobody is kept from
    /// beginning one meanwhile: reading may take a while. So one that ends meanwhile may be in what is read, or not:
    /// where that decides, it is read again.
    pub(super) fn within(
        self: &Arc<Self>,
        bytes: u64,
        room: Promise,
        empty_bytes: impl Fn() -> Result<u64, LogError>,
    ) -> Result<Option<Writing>, LogError> {
        loop {
            let before = self.all.lock().ended;
            let empty = empty_bytes()?;
            let mut all = self.all.lock();
            let ended = all.ended - before;
            if all.bytes.saturating_add(ended).saturating_add(bytes) <= empty {
                all.bytes += bytes;
                drop(all);
                return Ok(Some(self.writing(bytes, room)));
            }
            if ended == 0 {
                return Ok(None);
            }
        }
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
        let mut all = self.under_way.all.lock();
        all.bytes -= self.bytes;
        all.ended += self.bytes;
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

    #[test]
    fn while_it_is_read_others_begin_and_end() {
        let under_way = Arc::new(UnderWay::default());
        let earlier = Lock::new(Some(under_way.with(60, Promise::default())));
        let (later, reads) = (Lock::new(Vec::new()), Lock::new(0));
        let read = || {
            assert!(under_way.all.is_free(), "nobody is kept from beginning one");
            *reads.lock() += 1;
            // One ends, and is in what is read from then on.
            let ended = earlier.lock().take();
            let empty = if ended.is_some() { 100 } else { 40 };
            drop(ended);
            Ok(empty)
        };
        let within = |bytes| {
            let begun = under_way.within(bytes, Promise::default(), read);
            begun.expect("read")
        };
        assert!(within(41).is_none(), "what has ended is not empty");
        assert_eq!(*reads.lock(), 2, "it is read again where that decides");
        *earlier.lock() = Some(under_way.with(60, Promise::default()));
        later
            .lock()
            .push(within(40).expect("there is room for both"));
        assert_eq!(*reads.lock(), 3);
        assert!(within(1).is_none());
    }
}
