//! Errors that refuse a request for who sends it, and what is known of that.

use super::error::WireError;
use super::refused::About;

impl WireError {
    /// The same error, of which this is known where it refuses a request for who sends it.
    pub(super) fn knowing(mut self, know: impl FnOnce(&mut About)) -> Self {
        if self.refuses_sender().is_some() {
            know(self.about.get_or_insert_default());
        }
        self
    }

    /// The same error, with what is known of another one that it stands for.
    pub(super) fn in_place_of(mut self, other: Self) -> Self {
        self.about = other.about;
        self
    }
}
