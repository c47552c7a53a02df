//! Where no walls are known of.

use super::{JailError, Needs, Part};

/// None.
pub(super) struct Walls {
    pub(super) gaps: Vec<&'static str>,
    pub(super) parts: Vec<Part>,
}

impl Walls {
    pub(super) fn around(_: &Needs) -> Result<Self, JailError> {
        Self::closed()
    }

    pub(super) fn closed() -> Result<Self, JailError> {
        Ok(Self {
            gaps: vec!["anything (Linux does, on x86-64 and ARM)"],
            parts: Vec::new(),
        })
    }
}
