//! The key of a host's owner, under which what is kept of keys and functions is sealed.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use super::{KEY_SECRET, SealingKey};

/// The key under which a host seals what it keeps of functions, and opens the keys of its file that are sealed. It cannot be
/// shown, and is wiped where it is dropped.
#[derive(Clone)]
pub struct MasterKey {
    current: SealingKey,
    /// Those whose place it has taken: they open, and seal nothing.
    before: Vec<SealingKey>,
}

/// A text is no master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a master key is 32 random bytes in base64, 44 characters: `sparkler keys master` makes one"
)]
pub struct NoMasterKey;

/// What was opened, and whether it was sealed under the key that seals now.
pub(crate) struct Opened {
    pub(crate) text: Zeroizing<Vec<u8>>,
    pub(crate) is_current: bool,
}

impl MasterKey {
    /// Reads what [`MasterKey::made`] has written.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn parse(text: &str) -> Result<Self, NoMasterKey> {
        Ok(Self {
            current: key_of(text)?,
            before: Vec::new(),
        })
    }

    /// A new one, as text.
    pub fn made() -> Zeroizing<String> {
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(rand::random());
        Zeroizing::new(BASE64_STANDARD.encode(*key))
    }

    /// The same in the place of another one, which opens what was sealed under it. What is kept is sealed anew when the
    /// host starts.
    ///
    /// # Errors
    /// Where `text` is no master key.
    pub fn in_place_of(mut self, text: &str) -> Result<Self, NoMasterKey> {
        self.before.push(key_of(text)?);
        Ok(self)
    }

    /// The secret of the key with this id as a file of keys has it where it is sealed, `enc:…`.
    pub fn sealed_secret(&self, id: &str, secret: &str) -> String {
        let sealed = self.seal(KEY_SECRET, id, secret.as_bytes());
        format!("enc:{sealed}")
    }

    pub(crate) fn seal(&self, purpose: &str, name: &str, text: &[u8]) -> String {
        self.current.seal(purpose, name, text)
    }

    pub(crate) fn open(&self, purpose: &str, name: &str, sealed: &str) -> Option<Opened> {
        let opened = |key: &SealingKey| key.open(purpose, name, sealed);
        if let Some(text) = opened(&self.current) {
            return Some(Opened {
                text,
                is_current: true,
            });
        }
        let text = self.before.iter().find_map(opened)?;
        Some(Opened {
            text,
            is_current: false,
        })
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey")
    }
}

fn key_of(text: &str) -> Result<SealingKey, NoMasterKey> {
    let bytes = BASE64_STANDARD.decode(text.trim());
    let bytes = Zeroizing::new(bytes.map_err(|_| NoMasterKey)?);
    let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| NoMasterKey)?;
    Ok(SealingKey::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_opens_what_the_one_before_has_sealed() {
        let [first, second] = [(); 2].map(|()| MasterKey::made());
        let old = MasterKey::parse(&first).expect("a key");
        let sealed = old.seal("p", "n", b"text");
        let new = MasterKey::parse(&second).expect("a key");
        assert!(new.open("p", "n", &sealed).is_none());
        let new = new.in_place_of(&first).expect("a key");
        let opened = new.open("p", "n", &sealed).expect("it opens");
        assert_eq!((&**opened.text, opened.is_current), (&b"text"[..], false));
        let again = new.seal("p", "n", &opened.text);
        assert!(old.open("p", "n", &again).is_none());
        assert_eq!(format!("{new:?}"), "MasterKey");
    }

    #[test]
    fn what_is_no_key_is_said() {
        for text in ["", "short", &"A".repeat(43), &"-".repeat(44)] {
            assert_eq!(MasterKey::parse(text).err(), Some(NoMasterKey), "{text}");
        }
    }
}
