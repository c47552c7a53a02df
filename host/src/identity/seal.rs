//! What seals the tokens of sessions.
//!
//! Each token is sealed under a key of its own, which is derived from the host's secret and from the id of the session's
//! key; and so is the secret of that key. So nothing of one session can be made to look like a part of another, and no
//! token holds what signs requests.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use super::secret::Secret;
use crate::limits::SESSION_TOKEN_BYTES_MAX;
use crate::sealing::SealingKey;

/// What keys are derived for.
const TO_SEAL: &str = "sparkler session token 1";
const TO_SIGN: &str = "sparkler session key 1";

/// Bytes of a secret that signs requests: 40 letters, as those of AWS have.
const SIGNING_SECRET_BYTES: usize = 30;

/// What those hosts share at which a session is good.
#[derive(Clone)]
pub(crate) struct SessionSecret(SealingKey);

impl SessionSecret {
    pub(crate) fn new(secret: [u8; 32]) -> Self {
        Self(SealingKey::new(secret))
    }

    /// What signs requests under the key with this id.
    pub(super) fn of_key(&self, id: &str) -> Secret {
        let derived = self.0.derived(TO_SIGN, id);
        Secret::new(BASE64_STANDARD.encode(&derived[..SIGNING_SECRET_BYTES]))
    }

    /// The token with this text of the key with this id.
    pub(super) fn seal(&self, id: &str, text: &str) -> Secret {
        Secret::new(self.0.seal(TO_SEAL, id, text.as_bytes()))
    }

    /// The text of a token of the key with this id; `None` where this is none.
    pub(super) fn open(&self, id: &str, token: &str) -> Option<Zeroizing<String>> {
        if token.len() > SESSION_TOKEN_BYTES_MAX {
            return None;
        }
        let opened = self.0.open(TO_SEAL, id, token)?;
        let text = std::str::from_utf8(&opened).ok()?;
        Some(Zeroizing::new(text.to_owned()))
    }
}
