//! The lists and objects that a reader of JSON is in.

use crate::limits::EVENT_NESTING_MAX;

/// What holds values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Array,
    Object,
}

/// The lists and objects that are open, one bit each.
#[derive(Default)]
pub(super) struct Open {
    are_objects: [u64; EVENT_NESTING_MAX.div_ceil(64)],
    depth: usize,
}

impl Open {
    /// Whether there was room for one more.
    pub(super) fn enter(&mut self, holder: Holder) -> bool {
        if self.depth == EVENT_NESTING_MAX {
            return false;
        }
        let (word, bit) = (self.depth / 64, 1 << (self.depth % 64));
        match holder {
            Holder::Object => self.are_objects[word] |= bit,
            Holder::Array => self.are_objects[word] &= !bit,
        }
        self.depth += 1;
        true
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    pub(super) fn innermost(&self) -> Option<Holder> {
        let level = self.depth.checked_sub(1)?;
        match self.are_objects[level / 64] >> (level % 64) & 1 {
            1 => Some(Holder::Object),
            _ => Some(Holder::Array),
        }
    }
}
