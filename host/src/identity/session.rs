//! A session of a role: what its token holds.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::key::Key;
use super::role::{Role, arn_of};
use super::seal::SessionSecret;
use super::secret::Secret;
use super::user::{User, spelled};
use crate::domain::policy::{Document, Identity};
use crate::domain::{Lock, times};

/// What the ids of sessions' keys begin with, as AWS has it.
pub(super) const KEY_KIND: &str = "ASIA";

/// Letters behind that: as many as make it impossible to have an id twice.
const KEY_LETTERS: usize = 16;

/// A session that is to begin.
pub(crate) struct NewSession<'a> {
    /// The role that is assumed.
    pub(crate) role: &'a Role,
    /// What the session is called.
    pub(crate) name: &'a str,
    /// How long it is to last.
    pub(crate) seconds: u32,
    /// What it may do at most, as JSON.
    pub(crate) policy: Option<&'a str>,
}

/// The key of a session, and what whoever has begun it is told. It is not shown.
pub(crate) struct TemporaryKey {
    /// The id of the key.
    pub(crate) id: String,
    /// What signs requests.
    pub(crate) secret: Secret,
    /// What has to be sent with them.
    pub(crate) token: Secret,
    /// Until when it is good.
    pub(crate) expires: SystemTime,
    /// The ARN of the session.
    pub(crate) arn: String,
    /// Its id: that of the role, a colon and its name.
    pub(crate) user_id: String,
}

/// What a token holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    role: String,
    /// That of the role, so that no other of its name is taken for it.
    role_id: String,
    name: String,
    /// In seconds since 1970.
    begun: u64,
    expires: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
}

/// A session whose token was opened: its key has yet to be made.
pub(super) struct Session(Held);

impl NewSession<'_> {
    /// The session's key, for `secret` to know it again.
    pub(super) fn sealed(&self, secret: &SessionSecret, now: SystemTime) -> TemporaryKey {
        let letters: [u8; KEY_LETTERS] = rand::random();
        let id = spelled(KEY_KIND, &letters);
        let begun = times::unix_ms(now) / 1_000;
        let expires = begun + u64::from(self.seconds);
        let held = Held {
            role: arn_of(&self.role.account, &self.role.name),
            role_id: self.role.id.clone(),
            name: self.name.into(),
            begun,
            expires,
            policy: self.policy.map(Into::into),
        };
        let text = serde_json::to_string(&held).expect("texts and numbers have a JSON form");
        TemporaryKey {
            secret: secret.of_key(&id),
            token: secret.seal(&id, &text),
            id,
            expires: moment(expires),
            arn: self.role.session_arn(self.name),
            user_id: self.role.session_id(self.name),
        }
    }
}

impl Session {
    /// The session that the token of the key with this id holds; `None` where this is no such token.
    pub(super) fn open(secret: &SessionSecret, id: &str, token: &str) -> Option<Self> {
        let text = secret.open(id, token)?;
        serde_json::from_str(&text).ok().map(Self)
    }

    /// The ARN of its role.
    pub(super) fn role(&self) -> &str {
        &self.0.role
    }

    /// Its key, where this is still the role that was assumed.
    pub(super) fn key(self, role: &Role, id: &str, token: &str, secret: Secret) -> Option<Key> {
        let Self(held) = self;
        if role.id != held.role_id {
            return None;
        }
        let arn = role.session_arn(&held.name);
        let mut own = role.own.clone();
        if let Some(policy) = &held.policy {
            own.session.push(Document::identity(policy).ok()?.into());
        }
        let user = User {
            account: role.account.clone(),
            org: role.org.clone(),
            identity: Identity::aws(&arn)?,
            arn,
            id: role.session_id(&held.name),
            own,
            rate: role.rate,
            requests: Arc::clone(&role.requests),
        };
        Some(Key {
            id: id.into(),
            secret,
            token: Some(Secret::new(token.into())),
            expires: Some(moment(held.expires)),
            begun: Some(moment(held.begun)),
            is_active: true,
            user: Arc::new(user),
            derived: Lock::default(),
            usage: Arc::clone(&role.usage),
        })
    }
}

impl Role {
    fn session_arn(&self, name: &str) -> String {
        format!(
            "arn:aws:sts::{}:assumed-role/{}/{name}",
            self.account, self.name
        )
    }

    fn session_id(&self, name: &str) -> String {
        format!("{}:{name}", self.id)
    }
}

fn moment(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}
