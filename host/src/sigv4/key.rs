//! The key that signs requests of one day to one service of one region.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use super::terms::TERMINATOR;

/// A key that was derived from a secret. It is wiped when it is dropped, and not shown.
#[derive(Clone)]
pub(crate) struct SigningKey(Zeroizing<[u8; 32]>);

impl SigningKey {
    /// The key for a day such as `20260102`.
    pub(crate) fn derive(secret: &[u8], day: &str, region: &str, service: &str) -> Self {
        let mut first = Zeroizing::new(Vec::with_capacity(4 + secret.len()));
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(secret);
        let mut key = Self(Zeroizing::new(mac(&first, day)));
        for part in [region, service, TERMINATOR] {
            let mut next = mac(&*key.0, part);
            key = Self(Zeroizing::new(next));
            next.zeroize();
        }
        key
    }

    /// The signature of a text.
    pub(super) fn sign(&self, text: &str) -> [u8; 32] {
        mac(&*self.0, text)
    }
}

fn mac(key: &[u8], text: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hex;

    #[test]
    fn a_key_is_of_a_day_a_region_and_a_service() {
        let secret = b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let key = SigningKey::derive(secret, "20260102", "us-east-1", "lambda");
        assert_eq!(
            hex(&*key.0),
            "d9c327e5b20a537e07eac08fff31e24f62d893fc004950b3f6dd6806b238b72b"
        );
    }
}
