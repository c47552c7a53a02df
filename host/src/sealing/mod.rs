//! Sealing: what is kept or handed out so that nobody without the key reads it, or makes another of it.
//!
//! Everything is sealed under a key of its own, which is derived from the whole one, from what it is for and from the
//! name of what is sealed: nothing sealed opens in another place than its own.

mod master_key;

pub use master_key::{MasterKey, NoMasterKey};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What secrets of keys are sealed for, each under the id of its key.
pub(crate) const KEY_SECRET: &str = "sparkler key 1";

/// The form of what is sealed, in its first byte.
const FORM: u8 = 1;

/// A key that seals. It is wiped where it is dropped, and not shown.
#[derive(Clone)]
pub(crate) struct SealingKey(Zeroizing<[u8; 32]>);

impl SealingKey {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// `text`, sealed for this purpose under this name: base64.
    pub(crate) fn seal(&self, purpose: &str, name: &str, text: &[u8]) -> String {
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut sealed = Zeroizing::new(text.to_vec());
        let key = self.key_for(purpose, name);
        let done = key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(name.as_bytes()),
            &mut *sealed,
        );
        done.expect("a text is shorter than what can be sealed");
        BASE64_STANDARD.encode([&[FORM][..], &nonce, &sealed].concat())
    }

    /// What was sealed for this purpose under this name; `None` where this was not.
    pub(crate) fn open(
        &self,
        purpose: &str,
        name: &str,
        sealed: &str,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let mut whole = Zeroizing::new(BASE64_STANDARD.decode(sealed).ok()?);
        let (form, rest) = whole.split_first_mut()?;
        let (nonce, sealed) = rest.split_first_chunk_mut::<NONCE_LEN>()?;
        if *form != FORM {
            return None;
        }
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let key = self.key_for(purpose, name);
        let opened = key.open_in_place(nonce, Aad::from(name.as_bytes()), sealed);
        Some(Zeroizing::new(opened.ok()?.to_vec()))
    }

    fn key_for(&self, purpose: &str, name: &str) -> LessSafeKey {
        let key = self.derived(purpose, name);
        let key = UnboundKey::new(&CHACHA20_POLY1305, &*key);
        LessSafeKey::new(key.expect("the key is as long as the algorithm needs"))
    }

    /// Another key, for this purpose and this name.
    pub(crate) fn derived(&self, purpose: &str, name: &str) -> Zeroizing<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.0).expect("a key may have any length");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(name.as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_in_its_own_place_alone() {
        let key = SealingKey::new([7; 32]);
        let sealed = key.seal("rows", "function/f", b"a text");
        let opened = |key: &SealingKey, purpose, name| {
            let opened = key.open(purpose, name, &sealed);
            opened.map(|text| text.to_vec())
        };
        assert_eq!(opened(&key, "rows", "function/f"), Some(b"a text".to_vec()));
        for (key, purpose, name) in [
            (&SealingKey::new([8; 32]), "rows", "function/f"),
            (&key, "keys", "function/f"),
            (&key, "rows", "function/g"),
        ] {
            assert_eq!(opened(key, purpose, name), None, "{purpose} {name}");
        }
        assert_ne!(
            sealed,
            key.seal("rows", "function/f", b"a text"),
            "equal texts cannot be told by what is sealed"
        );
    }

    #[test]
    fn nothing_that_was_altered_or_cut_opens() {
        let key = SealingKey::new([7; 32]);
        let sealed = key.seal("rows", "r", b"a text");
        let bytes = BASE64_STANDARD.decode(&sealed).expect("base64");
        for place in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[place] ^= 1;
            let cut = &bytes[..place];
            for wrong in [&altered[..], cut] {
                let wrong = BASE64_STANDARD.encode(wrong);
                assert!(key.open("rows", "r", &wrong).is_none(), "{place}");
            }
        }
    }
}
