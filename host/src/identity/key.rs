//! A key of a user.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::bucket::Tokens;
use super::secret::Secret;
use super::user::User;
use crate::domain::{Lock, times};
use crate::limits::DERIVED_KEYS_MAX;
use crate::sigv4::{Denial, SigningKey};

/// A key of a user.
pub(crate) struct Key {
    pub(super) id: String,
    pub(super) secret: Secret,
    /// Of a session.
    pub(super) token: Option<Secret>,
    pub(super) expires: Option<SystemTime>,
    /// When its session was begun, where it is of one that a role was assumed for.
    pub(super) begun: Option<SystemTime>,
    pub(super) is_active: bool,
    pub(super) user: Arc<User>,
    pub(super) derived: Lock<Vec<Derived>>,
    /// What outlives a change of the file.
    pub(super) usage: Arc<Usage>,
}

/// What a secret was made into for a day, a region and a service.
pub(super) struct Derived {
    day: String,
    region: String,
    service: &'static str,
    key: SigningKey,
}

/// How much a key is used.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// In seconds since 1970; 0 where it was not used yet.
    last: AtomicU64,
    tokens: Tokens,
}

impl Key {
    /// Its id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Whose it is.
    pub(crate) fn user(&self) -> &Arc<User> {
        &self.user
    }

    /// When the session was begun that it is of: `None` for the keys of users.
    pub(crate) fn begun(&self) -> Option<SystemTime> {
        self.begun
    }

    /// Whether it is good now, for somebody who has this token.
    ///
    /// # Errors
    /// Where it is not.
    pub(crate) fn check(&self, token: Option<&str>, now: SystemTime) -> Result<(), Denial> {
        if !self.is_active {
            return Err(Denial::UnknownKey);
        }
        match (&self.token, token) {
            (Some(own), Some(sent)) if own.is(sent) => {}
            (None, None) => {}
            (_, Some(_)) => return Err(Denial::WrongToken),
            (Some(_), None) => return Err(Denial::UnknownKey),
        }
        match self.expires.is_some_and(|expires| expires <= now) {
            true if self.token.is_some() => Err(Denial::Expired),
            true => Err(Denial::UnknownKey),
            false => Ok(()),
        }
    }

    /// What it signs requests of a day to a service with.
    pub(crate) fn signing(&self, day: &str, region: &str, service: &'static str) -> SigningKey {
        let mut derived = self.derived.lock();
        let mut all = derived.iter();
        if let Some(found) = all.find(|one| one.is_for(day, region, service)) {
            return found.key.clone();
        }
        let key = SigningKey::derive(self.secret.revealed().as_bytes(), day, region, service);
        if derived.len() >= DERIVED_KEYS_MAX {
            derived.remove(0);
        }
        derived.push(Derived {
            day: day.into(),
            region: region.into(),
            service,
            key: key.clone(),
        });
        key
    }

    /// Notes that a request was signed with it, and says whether it may send one more now.
    pub(crate) fn take_turn(&self, now: SystemTime) -> bool {
        let seconds = times::unix_ms(now) / 1_000;
        self.usage.last.fetch_max(seconds, Ordering::Relaxed);
        let is_within_own = match self.user.rate {
            Some(rate) => self.usage.tokens.take(rate),
            None => true,
        };
        is_within_own && self.user.requests.take_turn()
    }

    /// When a request was last signed with it.
    pub(crate) fn last_used(&self) -> Option<SystemTime> {
        match self.usage.last.load(Ordering::Relaxed) {
            0 => None,
            seconds => Some(UNIX_EPOCH + Duration::from_secs(seconds)),
        }
    }
}

impl Derived {
    fn is_for(&self, day: &str, region: &str, service: &str) -> bool {
        self.day == day && self.region == region && self.service == service
    }
}
