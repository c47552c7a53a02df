//! Which artifacts are kept on disk, what they take, and which of them were not used for longest.

use std::collections::HashMap;
use std::time::SystemTime;

use crate::domain::{Digest, Lock};

/// An artifact, by the key of its engine and its component.
pub(super) type Key = (String, Digest);

/// What is kept.
#[derive(Default)]
pub(super) struct Kept(Lock<HashMap<Key, Artifact>>);

/// What is known of one.
#[derive(Clone, Copy, Debug)]
struct Artifact {
    bytes: u64,
    used: SystemTime,
}

impl Kept {
    /// An artifact has so many bytes now, or is gone where it has none; gives what it had before. Where it is not said
    /// when it was used last, that is when it was before, or else now.
    pub(super) fn put(&self, key: Key, bytes: u64, used: Option<SystemTime>) -> u64 {
        let mut artifacts = self.0.lock();
        let before = artifacts.remove(&key);
        if bytes > 0 {
            let used = used.or(before.map(|before| before.used));
            let used = used.unwrap_or_else(SystemTime::now);
            artifacts.insert(key, Artifact { bytes, used });
        }
        before.map_or(0, |before| before.bytes)
    }

    /// It is used now.
    pub(super) fn used(&self, engine_key: &str, component: Digest) {
        let key = (engine_key.to_owned(), component);
        if let Some(artifact) = self.0.lock().get_mut(&key) {
            artifact.used = SystemTime::now();
        }
    }

    /// Those that were not used for longest, of those that `may_go`, which make up at least so many bytes; none
    /// where they are not enough.
    pub(super) fn oldest(&self, bytes: u64, may_go: impl Fn(Digest) -> bool) -> Vec<(Key, u64)> {
        let mut all: Vec<(Key, Artifact)> = {
            let artifacts = self.0.lock();
            let all = artifacts.iter();
            all.map(|(key, artifact)| (key.clone(), *artifact))
                .collect()
        };
        all.sort_by_key(|(_, artifact)| artifact.used);
        let mut missing = bytes;
        let mut oldest = Vec::new();
        for (key, artifact) in all {
            if missing == 0 {
                break;
            }
            if may_go(key.1) {
                missing = missing.saturating_sub(artifact.bytes);
                oldest.push((key, artifact.bytes));
            }
        }
        match missing {
            0 => oldest,
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn those_go_that_were_not_used_for_longest_and_all_or_none() {
        let kept = Kept::default();
        let component = |number: u8| Digest::of(&[number]);
        for number in 1..=4 {
            let used = SystemTime::UNIX_EPOCH + Duration::from_secs(number.into());
            kept.put(("1-a".into(), component(number)), 100, Some(used));
        }
        kept.used("1-a", component(1));
        let oldest = |bytes, spared: u8| {
            let oldest = kept.oldest(bytes, |found| found != component(spared));
            let digests = oldest.into_iter().map(|((_, digest), _)| digest);
            digests.collect::<Vec<_>>()
        };
        assert_eq!(oldest(1, 0), [component(2)]);
        assert_eq!(oldest(150, 2), [component(3), component(4)]);
        assert_eq!(oldest(300, 2), [component(3), component(4), component(1)]);
        assert_eq!(oldest(301, 2), []);
        assert_eq!(kept.put(("1-a".into(), component(3)), 0, None), 100);
        assert_eq!(oldest(101, 0), [component(2), component(4)]);
    }
}
