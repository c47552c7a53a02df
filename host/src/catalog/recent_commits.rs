//! The commits of the last while, so that one that is sent again is not made again.

use std::collections::{HashMap, VecDeque};

use uuid::Uuid;

use super::journal::Revision;
use crate::limits::RECENT_COMMITS_MAX;

/// The commits of the last while, by their ids.
#[derive(Debug, Default)]
pub(super) struct RecentCommits {
    revisions: HashMap<Uuid, Revision>,
    order: VecDeque<Uuid>,
}

impl RecentCommits {
    /// What a commit made, if it was made lately.
    pub(super) fn revision(&self, id: Uuid) -> Option<Revision> {
        self.revisions.get(&id).copied()
    }

    /// Remembers a commit, and forgets the oldest where there are too many.
    pub(super) fn add(&mut self, id: Uuid, revision: Revision) {
        self.revisions.insert(id, revision);
        self.order.push_back(id);
        if self.order.len() > RECENT_COMMITS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.revisions.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_remembered_as_may_be() {
        let mut recent = RecentCommits::default();
        for number in 0..=RECENT_COMMITS_MAX as u64 {
            recent.add(Uuid::from_u128(number.into()), Revision(number));
        }
        assert_eq!(recent.revision(Uuid::from_u128(0)), None);
        assert_eq!(recent.revision(Uuid::from_u128(1)), Some(Revision(1)));
        assert_eq!(recent.order.len(), RECENT_COMMITS_MAX);
    }
}
