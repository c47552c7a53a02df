//! The key that signs the addresses of packages.
//!
//! An address carries its expiry and a signature over both digest and expiry, made with a key that
//! only the hosts know which share their functions. So nobody can make one up, and none works for long.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Uri;
use sha2::Sha256;

use super::query;
use crate::domain::{Digest, hex};
use crate::limits::DOWNLOAD_ADDRESS_DURATION;

/// The key that signs addresses.
#[derive(Clone)]
pub(crate) struct DownloadKey([u8; 32]);

impl DownloadKey {
    /// A key that nobody can guess.
    pub(crate) fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// The address of a package, below `origin`.
    pub(super) fn address(&self, origin: &str, package: Digest) -> String {
        let expires = seconds(SystemTime::now() + DOWNLOAD_ADDRESS_DURATION);
        let signature = hex(&self.mac(package, expires).finalize().into_bytes());
        format!("{origin}/_sparkler/packages/{package}?expires={expires}&signature={signature}")
    }

    fn mac(&self, package: Digest, expires: u64) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key may have any length");
        mac.update(&package.0);
        mac.update(&expires.to_be_bytes());
        mac
    }

    /// Whether an address is one of ours and still good. Compares in constant time.
    pub(super) fn check(
        &self,
        package: Digest,
        address: &Uri,
        now: SystemTime,
    ) -> Result<(), Denial> {
        let expires = query::value(address, "expires")
            .and_then(|text| text.parse::<u64>().ok())
            .ok_or(Denial::Forged)?;
        let signature = query::value(address, "signature")
            .and_then(|text| Digest::parse_hex(&text))
            .ok_or(Denial::Forged)?;
        self.mac(package, expires)
            .verify_slice(&signature.0)
            .map_err(|_| Denial::Forged)?;
        match seconds(now) <= expires {
            true => Ok(()),
            false => Err(Denial::Expired),
        }
    }
}

/// Why an address gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denial {
    /// It is none of ours.
    Forged,
    /// It was good for a while.
    Expired,
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKAGE: Digest = Digest([7; 32]);

    fn address(key: &DownloadKey) -> String {
        key.address("http://localhost:9001", PACKAGE)
    }

    fn check(key: &DownloadKey, address: &str, now: SystemTime) -> Result<(), Denial> {
        key.check(PACKAGE, &address.parse().expect("an address"), now)
    }

    #[test]
    fn an_address_is_good_for_ten_minutes() {
        let key = DownloadKey::new([1; 32]);
        let address = address(&key);
        let expected = format!("http://localhost:9001/_sparkler/packages/{PACKAGE}?expires=");
        assert!(address.starts_with(&expected));
        let now = SystemTime::now();
        assert_eq!(check(&key, &address, now), Ok(()));
        let later = now + DOWNLOAD_ADDRESS_DURATION + Duration::from_secs(2);
        assert_eq!(check(&key, &address, later), Err(Denial::Expired));
    }

    #[test]
    fn a_made_up_address_gives_nothing() {
        let (key, other) = (DownloadKey::new([1; 32]), DownloadKey::new([2; 32]));
        let now = SystemTime::now();
        assert_eq!(check(&other, &address(&key), now), Err(Denial::Forged));
        let prolonged = address(&key).replace("expires=", "expires=9");
        assert_eq!(check(&key, &prolonged, now), Err(Denial::Forged));
        for address in ["/", "/?expires=1&signature=2", "/?signature=ü"] {
            let uri = Uri::try_from(address).unwrap_or_default();
            assert_eq!(key.check(PACKAGE, &uri, now), Err(Denial::Forged));
        }
        let uri: Uri = address(&key).parse().expect("an address");
        assert_eq!(key.check(Digest([8; 32]), &uri, now), Err(Denial::Forged));
    }
}
