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
    /// An artifact is there; gives the bytes of what was there in its place.
    pub(super) fn put(&self, key: Key, bytes: u64, used: SystemTime) -> u64 {
        let before = self.0.lock().insert(key, Artifact { bytes, used });
        before.map_or(0, |before| before.bytes)
    }

    /// It is used now.
    pub(super) fn used(&self, engine_key: &str, component: Digest) {
        let key = (engine_key.to_owned(), component);
        if let Some(artifact) = self.0.lock().get_mut(&key) {
            artifact.used = SystemTime::now();
        }
    }

    /// Forgets those that `is_gone` says; gives their bytes.
    pub(super) fn remove(&self, is_gone: impl Fn(&str, Digest) -> bool) -> u64 {
        let mut artifacts = self.0.lock();
        let gone = artifacts.extract_if(|(engine, component), _| is_gone(engine, *component));
        gone.map(|(_, artifact)| artifact.bytes).sum()
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
            kept.put(("1-a".into(), component(number)), 100, used);
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
        assert_eq!(kept.remove(|_, found| found == component(3)), 100);
        assert_eq!(oldest(101, 0), [component(2), component(4)]);
    }
}
