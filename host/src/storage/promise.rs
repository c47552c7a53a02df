//! Room that is kept for what is to be stored.

use std::any::Any;
use std::fmt;

/// Room that is kept for somebody as long as this lives: until what it is for is stored, or is not to be after all.
#[derive(Default)]
pub struct Promise {
    _kept: Option<Box<dyn Any + Send + Sync>>,
}

impl Promise {
    /// One that lasts as long as `kept`.
    #[cfg(feature = "storage")]
    pub(super) fn of(kept: impl Any + Send + Sync) -> Self {
        Self {
            _kept: Some(Box::new(kept)),
        }
    }
}

impl fmt::Debug for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Promise")
    }
}
