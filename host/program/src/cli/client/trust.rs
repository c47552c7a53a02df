//! Whom the client believes who a server is.

use std::path::{Path, PathBuf};

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::error::ClientError;

/// Authorities that vouch for servers: those of a file, or else those of the system.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Trust(pub(in crate::cli) Option<PathBuf>);

impl Trust {
    pub(super) fn config(&self) -> Result<TlsConfig, ClientError> {
        let authorities = match &self.0 {
            Some(path) => of_file(path)?,
            None => of_system(),
        };
        let roots = match authorities.is_empty() {
            true => RootCerts::WebPki,
            false => RootCerts::new_with_certs(&authorities),
        };
        Ok(TlsConfig::builder().root_certs(roots).build())
    }
}

fn of_file(path: &Path) -> Result<Vec<Certificate<'static>>, ClientError> {
    let unusable = |reason: String| ClientError::NoAuthorities {
        path: path.display().to_string(),
        reason,
    };
    let text =
        std::fs::read(path).map_err(|error| unusable(format!("it cannot be read ({error})")))?;
    let mut found = Vec::new();
    for item in parse_pem(&text) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(error) => return Err(unusable(format!("it is damaged ({error})"))),
        }
    }
    match found.is_empty() {
        true => Err(unusable("there is no certificate in it".into())),
        false => Ok(found),
    }
}

/// The variables `SSL_CERT_FILE` and `SSL_CERT_DIR` take the place of the system's.
fn of_system() -> Vec<Certificate<'static>> {
    let found = rustls_native_certs::load_native_certs().certs;
    let found = found
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned());
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_authorities_is_refused_with_what_is_wrong() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let refused = |text: &str| {
            std::fs::write(file.path(), text).expect("written");
            let trust = Trust(Some(file.path().to_owned()));
            trust.config().expect_err("nobody is in it").to_string()
        };
        assert!(refused("").contains("no certificate"));
        let broken = "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n";
        assert!(refused(broken).contains("damaged"));
        let missing = Trust(Some("/no/such/file.pem".into())).config();
        let text = missing.expect_err("there is none").to_string();
        assert!(
            text.contains("/no/such/file.pem") && text.contains("--ca-file"),
            "{text}"
        );
    }
}
