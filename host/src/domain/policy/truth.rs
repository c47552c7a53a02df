//! True, false, or not to be known.

/// Whether something holds. What cannot be known allows nothing, and denies where it is to deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    True,
    False,
    Unknown,
}

impl Truth {
    /// Whether all hold: one that does not decides, and behind it one that is unknown.
    pub(super) fn all(truths: impl Iterator<Item = Self>) -> Self {
        let mut together = Self::True;
        for truth in truths {
            match truth {
                Self::False => return Self::False,
                Self::Unknown => together = Self::Unknown,
                Self::True => {}
            }
        }
        together
    }

    /// Whether any holds.
    pub(super) fn any(truths: impl Iterator<Item = Self>) -> Self {
        Self::all(truths.map(Self::negated)).negated()
    }

    pub(super) fn negated(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }

    /// The same, or the opposite where `is_negated`.
    pub(super) fn negated_if(self, is_negated: bool) -> Self {
        match is_negated {
            true => self.negated(),
            false => self,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        match holds {
            true => Self::True,
            false => Self::False,
        }
    }
}
