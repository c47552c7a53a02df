//! What seals the tokens of sessions.
//!
//! Each token is sealed under a key of its own, which is derived from the host's secret and from the id of the session's
//! key; and so is the secret of that key. So nothing of one session can be made to look like a part of another, and no
//! token holds what signs requests.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::secret::Secret;
use crate::limits::SESSION_TOKEN_BYTES_MAX;

/// The form of tokens, in their first byte.
const FORM: u8 = 1;

/// What keys are derived for.
const TO_SEAL: &[u8] = b"sparkler session token 1";
const TO_SIGN: &[u8] = b"sparkler session key 1";

/// Bytes of a secret that signs requests: 40 letters, as those of AWS have.
const SIGNING_SECRET_BYTES: usize = 30;

/// What those hosts share at which a session is good. It is wiped where it is dropped, and not shown.
#[derive(Clone)]
pub(crate) struct SessionSecret(Zeroizing<[u8; 32]>);

impl SessionSecret {
    pub(crate) fn new(secret: [u8; 32]) -> Self {
        Self(Zeroizing::new(secret))
    }

    /// What signs requests under the key with this id.
    pub(super) fn of_key(&self, id: &str) -> Secret {
        let derived = self.derived(TO_SIGN, id);
        Secret::new(BASE64_STANDARD.encode(&derived[..SIGNING_SECRET_BYTES]))
    }

    /// The token with this text of the key with this id.
    pub(super) fn seal(&self, id: &str, text: &str) -> Secret {
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut sealed = Zeroizing::new(text.as_bytes().to_vec());
        let key = self.sealing_key(id);
        let done = key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(id.as_bytes()),
            &mut *sealed,
        );
        done.expect("a token is shorter than what can be sealed");
        let whole = [&[FORM][..], &nonce, &sealed].concat();
        Secret::new(BASE64_STANDARD.encode(whole))
    }

    /// The text of a token of the key with this id; `None` where this is none.
    pub(super) fn open(&self, id: &str, token: &str) -> Option<Zeroizing<String>> {
        if token.len() > SESSION_TOKEN_BYTES_MAX {
            return None;
        }
        let mut whole = Zeroizing::new(BASE64_STANDARD.decode(token).ok()?);
        let (form, rest) = whole.split_first_mut()?;
        let (nonce, sealed) = rest.split_first_chunk_mut::<NONCE_LEN>()?;
        if *form != FORM {
            return None;
        }
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let key = self.sealing_key(id);
        let opened = key.open_in_place(nonce, Aad::from(id.as_bytes()), sealed);
        let text = std::str::from_utf8(opened.ok()?).ok()?;
        Some(Zeroizing::new(text.to_owned()))
    }

    fn sealing_key(&self, id: &str) -> LessSafeKey {
        let key = self.derived(TO_SEAL, id);
        let key = UnboundKey::new(&CHACHA20_POLY1305, &*key);
        LessSafeKey::new(key.expect("the key is as long as the algorithm needs"))
    }

    fn derived(&self, purpose: &[u8], id: &str) -> Zeroizing<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.0).expect("a key may have any length");
        mac.update(purpose);
        mac.update(&[0]);
        mac.update(id.as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}
