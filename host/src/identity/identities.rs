//! Who is known now.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime};

use super::account::StatedQuotas;
use super::bucket::{Bucket, Rate};
use super::key::Key;
use super::policies::Presets;
use super::role::Role;
use super::seal::SessionSecret;
use super::session::{NewSession, TemporaryKey};
use super::set::{KeySet, KeysError};
use crate::domain::{AccountId, Lock, SharedLock};
use crate::limits::{FAILING_SOURCES_MAX, UNKNOWN_KEYS_PER_SECOND_MAX};
use crate::sealing::MasterKey;
use crate::sigv4::{Denial, SigningKey};

/// What requests under unknown keys are measured by.
const UNKNOWN: Rate = Rate {
    per_second: UNKNOWN_KEYS_PER_SECOND_MAX as f64,
    burst: UNKNOWN_KEYS_PER_SECOND_MAX as f64,
};

/// Who is known now.
pub(crate) struct Identities {
    path: PathBuf,
    presets: Presets,
    /// Seals the tokens of sessions.
    secret: SessionSecret,
    /// Opens secrets of the file.
    master_key: Option<MasterKey>,
    current: SharedLock<Arc<KeySet>>,
    /// One at a time reads the file.
    reading: Lock<()>,
    failing: Lock<HashMap<Option<IpAddr>, Bucket>>,
    nobodys: SigningKey,
    /// Makes accounts ready before their keys are good.
    opening: OnceLock<Opening>,
}

/// Makes accounts ready. Blocks.
type Opening = Box<dyn Fn(BTreeMap<AccountId, StatedQuotas>) + Send + Sync>;

impl Identities {
    /// Reads the file at `path`, in which secrets may be sealed under the master key. Sessions that were begun under
    /// `secret` are good here.
    ///
    /// # Errors
    /// Where it cannot be read, may be read by others, or says what cannot be.
    pub(crate) fn open(
        path: PathBuf,
        presets: Presets,
        secret: SessionSecret,
        master_key: Option<MasterKey>,
    ) -> Result<Self, KeysError> {
        let set = KeySet::read(&path, presets, master_key.clone(), &KeySet::default())?;
        let random: [u8; 32] = rand::random();
        let identities = Self {
            path,
            presets,
            secret,
            master_key,
            current: SharedLock::default(),
            reading: Lock::default(),
            failing: Lock::default(),
            nobodys: SigningKey::derive(&random, "00000000", "nowhere", "nothing"),
            opening: OnceLock::new(),
        };
        *identities.current.write() = Arc::new(set);
        Ok(identities)
    }

    /// Whose keys there are, and what they may have.
    pub(crate) fn accounts(&self) -> BTreeMap<AccountId, StatedQuotas> {
        self.current.read().quotas()
    }

    /// Has `opening` make accounts ready before their keys are good, whenever the file has changed. The first one stays.
    pub(crate) fn open_accounts_by(
        &self,
        opening: impl Fn(BTreeMap<AccountId, StatedQuotas>) + Send + Sync + 'static,
    ) {
        let _ = self.opening.set(Box::new(opening));
    }

    /// The key of a user with this id.
    pub(crate) fn key(&self, id: &str) -> Option<Arc<Key>> {
        self.current.read().keys.get(id).cloned()
    }

    /// The key with this id that is good now for somebody who has this token: one of a user, or one of a session.
    ///
    /// # Errors
    /// Where there is none, or none that is good.
    pub(crate) fn good_key(
        &self,
        id: &str,
        token: Option<&str>,
        now: SystemTime,
    ) -> Result<Arc<Key>, Denial> {
        let key = match self.key(id) {
            Some(key) => key,
            None => {
                let set = Arc::clone(&self.current.read());
                set.sessions.key(&set.roles, &self.secret, id, token)?
            }
        };
        key.check(token, now).map(|()| key)
    }

    /// The role with this ARN.
    pub(crate) fn role(&self, arn: &str) -> Option<Arc<Role>> {
        self.current.read().roles.get(arn).cloned()
    }

    /// Begins a session.
    pub(crate) fn begin(&self, session: &NewSession<'_>, now: SystemTime) -> TemporaryKey {
        session.sealed(&self.secret, now)
    }

    /// How many sessions are kept.
    #[cfg(test)]
    pub(super) fn sessions_kept(&self) -> usize {
        self.current.read().sessions.count()
    }

    /// All keys, by their ids.
    pub(crate) fn all(&self) -> Vec<Arc<Key>> {
        let set = Arc::clone(&self.current.read());
        let mut all: Vec<_> = set.keys.values().cloned().collect();
        all.sort_by(|one, other| one.id().cmp(other.id()));
        all
    }

    /// A key of nobody's, with which a request under an unknown one is verified, so that it takes as long.
    pub(crate) fn nobodys(&self) -> SigningKey {
        self.nobodys.clone()
    }

    /// Reads the file again where it has changed.
    pub(crate) fn look(&self) {
        if self.is_outdated() {
            self.reload();
        }
    }

    pub(super) fn is_outdated(&self) -> bool {
        let current = Arc::clone(&self.current.read());
        current.is_outdated()
    }

    /// Reads the file again; blocks. Where that fails, everything stays as it was, and the log says why.
    pub(crate) fn reload(&self) {
        let _reading = self.reading.lock();
        let before = Arc::clone(&self.current.read());
        match KeySet::read(&self.path, self.presets, self.master_key.clone(), &before) {
            Ok(set) => {
                if let Some(opening) = self.opening.get() {
                    opening(set.quotas());
                }
                tracing::info!(keys = set.keys.len(), "the keys were read again");
                *self.current.write() = Arc::new(set);
            }
            Err(error) => {
                tracing::error!(%error, "the keys stay as they were");
                *self.current.write() = Arc::new(before.until_changed(error.files));
            }
        }
    }

    /// Whether a source that has named an unknown key is worth the arithmetic that a known one gets.
    pub(crate) fn is_worth_it(&self, source: Option<IpAddr>) -> bool {
        let now = Instant::now();
        let mut failing = self.failing.lock();
        if failing.len() >= FAILING_SOURCES_MAX && !failing.contains_key(&source) {
            failing.retain(|_, bucket| !bucket.is_full(UNKNOWN, now));
            if failing.len() >= FAILING_SOURCES_MAX {
                return false;
            }
        }
        let bucket = failing.entry(source);
        let bucket = bucket.or_insert_with(|| Bucket::of(UNKNOWN, now));
        bucket.take(UNKNOWN, now)
    }
}
