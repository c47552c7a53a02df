//! Files that are good, that are not, and that change.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::CertificateDer;
use tempfile::TempDir;

use super::config::TlsConfig;
use super::current::Tls;
use super::files::out_of_time;

pub(super) struct Files(TempDir);

/// A certificate and its key.
fn pair() -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let made = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let certificate = made.self_signed(&key).expect("a certificate");
    (certificate.pem(), key.serialize_pem())
}

impl Files {
    pub(super) fn new() -> Self {
        let files = Self(tempfile::tempdir().expect("a folder"));
        files.put(&pair());
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str, mode: u32) {
        let path = self.path(name);
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
    }

    fn put(&self, (certificate, key): &(String, String)) {
        self.write("cert", certificate, 0o644);
        self.write("key", key, 0o600);
    }

    pub(super) fn config(&self) -> TlsConfig {
        TlsConfig {
            certificate: self.path("cert"),
            key: self.path("key"),
            client_authorities: None,
        }
    }

    fn refused(&self) -> String {
        let opened = Tls::open(self.config());
        opened.err().expect("it cannot be used").to_string()
    }
}

#[test]
fn what_cannot_be_used_is_told_with_its_file_and_what_to_do() {
    let files = Files::new();
    let good = pair();
    let (other, _) = pair();
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let wrong_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let wrong_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for (certificate, key, words) in [
        ("", &*good.1, &["/cert", "no certificate in"][..]),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n",
            &good.1,
            &["/cert", "has no end"],
        ),
        (wrong_der, &good.1, &["/cert", "cannot be used"]),
        (&good.0, "", &["/key", "no private key in"]),
        (&good.0, encrypted, &["/key", "openssl pkey"]),
        (&good.0, wrong_key, &["/key", "ECDSA"]),
        (&other, &good.1, &["/key", "/cert", "is not the key of"]),
    ] {
        files.write("cert", certificate, 0o644);
        files.write("key", key, 0o600);
        let text = files.refused();
        for word in words {
            assert!(text.contains(word), "{word} is not in {text}");
        }
    }
    files.put(&good);
    assert!(Tls::open(files.config()).is_ok());
    for mode in [0o640, 0o604, 0o620] {
        files.write("key", &good.1, mode);
        assert!(files.refused().contains("chmod 600"));
    }
    fs::remove_file(files.path("key")).expect("removed");
    assert!(files.refused().contains("cannot be read"));
}

#[test]
fn authorities_of_clients_are_read_as_well_and_others_may_not_change_them() {
    let files = Files::new();
    let config = TlsConfig {
        client_authorities: Some(files.path("ca")),
        ..files.config()
    };
    let refused = || {
        Tls::open(config.clone())
            .err()
            .map(|error| error.to_string())
    };
    files.write("ca", "", 0o644);
    assert!(refused().expect("it is empty").contains("/ca"));
    let (authority, _) = pair();
    files.write("ca", &authority, 0o664);
    assert!(
        refused()
            .expect("others may change it")
            .contains("chmod go-w")
    );
    files.write("ca", &authority, 0o644);
    assert_eq!(refused(), None);
}

#[test]
fn what_changes_is_read_again_and_what_is_broken_changes_nothing() {
    let files = Files::new();
    let tls = Tls::open(files.config()).expect("it can be used");
    let is_same = |before: &Arc<rustls::ServerConfig>| {
        tls.look();
        Arc::ptr_eq(before, &tls.config())
    };
    let first = tls.config();
    assert!(is_same(&first));
    files.put(&pair());
    assert!(!is_same(&first));
    let second = tls.config();
    files.write("cert", &pair().0, 0o644);
    assert!(is_same(&second), "the key is another's");
    files.write("key", "broken", 0o600);
    assert!(is_same(&second));
    files.put(&pair());
    assert!(!is_same(&second));
}

#[test]
fn a_jail_grants_the_folders_of_the_files() {
    let files = Files::new();
    let needs: Vec<_> = files.config().needs().collect();
    assert!(
        needs
            .iter()
            .all(|folder| folder == Path::new(files.0.path()))
    );
    assert!(!needs.is_empty());
}

#[test]
fn a_certificate_whose_time_is_over_or_has_not_come_is_warned_of() {
    let now = SystemTime::now();
    let month = Duration::from_secs(30 * 24 * 3_600);
    let mut params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    params.not_before = now.into();
    params.not_after = (now + month).into();
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    let certificate: &CertificateDer<'_> = certificate.der();
    let told = |at| out_of_time(certificate, at).unwrap_or_default();
    assert_eq!(told(now + month / 2), "");
    assert!(told(now + 2 * month).contains("has expired"));
    assert!(told(now - month).contains("until then"));
}
