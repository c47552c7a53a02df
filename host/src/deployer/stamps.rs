//! What changes carry that nothing had before.

use std::time::SystemTime;

use uuid::Uuid;

use crate::domain::lifecycle::{Revisions, Stamp};

/// Now, and a new revision.
pub(crate) fn stamp() -> Stamp {
    Stamp::new(SystemTime::now(), Uuid::new_v4())
}

/// New revisions.
pub(super) fn revisions() -> Revisions {
    Revisions {
        latest: Uuid::new_v4(),
        published: Uuid::new_v4(),
    }
}
