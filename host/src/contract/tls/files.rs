//! What TLS is spoken with, read from the files of the host's owner.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys, RootCertStore, ServerConfig};

use super::config::TlsConfig;
use crate::contract::x509::Certificate;
use crate::domain::times;
use crate::limits::TLS_FILE_BYTES_MAX;
use crate::owner_files::{self, Privacy, Stamps};

/// Reads the files that are named; `files` remembers which they were.
///
/// # Errors
/// With the file that is at fault, what is wrong with it, and what to do.
pub(super) fn read(named: &TlsConfig, files: &mut Stamps) -> Result<ServerConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let pair = pair(named, &provider, files)?;
    let clients = named.client_authorities.as_deref();
    let verifier = clients.map(|path| verifier(path, &provider, files));
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = match verifier.transpose()? {
        None => builder.with_no_client_auth(),
        Some(verifier) => builder.with_client_cert_verifier(verifier),
    };
    let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(pair)));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    match clients {
        None => config.ticketer = ring::Ticketer::new().map_err(|error| error.to_string())?,
        // A ticket would be good in the place of a certificate whose time is over.
        Some(_) => config.send_tls13_tickets = 0,
    }
    Ok(config)
}

/// The certificate with its key.
fn pair(
    named: &TlsConfig,
    provider: &CryptoProvider,
    files: &mut Stamps,
) -> Result<CertifiedKey, String> {
    let chain = certificates(&named.certificate, Privacy::Public, files)?;
    let leaf = chain[0].clone();
    let key = key(&named.key, files)?;
    let pair = CertifiedKey::from_der(chain, key, provider).map_err(|error| {
        let (certificate, key) = (named.certificate.display(), named.key.display());
        match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => format!(
                "{key} is not the key of the first certificate in {certificate}. Name two that belong together, and in \
                 the file of certificates the host's own before those of authorities"
            ),
            Error::InvalidCertificate(reason) => {
                format!("the first certificate in {certificate} cannot be used: {reason:?}")
            }
            _ => format!(
                "{key} is no key that can be used: make one of ECDSA (P-256 or P-384), Ed25519 or RSA (2048 bits or \
                 more)"
            ),
        }
    })?;
    if let Some(warning) = out_of_time(&leaf, SystemTime::now()) {
        tracing::warn!(
            "the certificate in {} {warning}",
            named.certificate.display()
        );
    }
    Ok(pair)
}

/// What clients will not like about the time of a certificate.
pub(super) fn out_of_time(certificate: &CertificateDer<'_>, now: SystemTime) -> Option<String> {
    let certificate = Certificate::read(certificate)?;
    if now > certificate.not_after {
        let ended = times::rfc_3339(certificate.not_after);
        return Some(format!(
            "has expired ({ended}): clients will refuse it. Renew it; the host sees a new file by itself"
        ));
    }
    (now < certificate.not_before).then(|| {
        format!(
            "is good from {} on: clients will refuse it until then. Is this machine's clock right?",
            times::rfc_3339(certificate.not_before)
        )
    })
}

fn certificates(
    path: &Path,
    privacy: Privacy,
    files: &mut Stamps,
) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = owner_files::text(files, path, privacy, TLS_FILE_BYTES_MAX)?;
    let found = CertificateDer::pem_slice_iter(text.as_bytes());
    let found = found.collect::<Result<Vec<_>, _>>();
    match found.map_err(|error| damaged(path, &error))? {
        none if none.is_empty() => Err(format!(
            "there is no certificate in {}: one in PEM begins with -----BEGIN CERTIFICATE-----",
            path.display()
        )),
        found => Ok(found),
    }
}

fn key(path: &Path, files: &mut Stamps) -> Result<PrivateKeyDer<'static>, String> {
    let text = owner_files::text(files, path, Privacy::Owner, TLS_FILE_BYTES_MAX)?;
    let shown = path.display();
    if text.contains("ENCRYPTED") {
        return Err(format!(
            "the key in {shown} is encrypted, and nobody is there to type its passphrase: decrypt it with openssl pkey \
             -in {shown} -out FILE, and name that file"
        ));
    }
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| match error {
        PemError::NoItemsFound => format!(
            "there is no private key in {shown}: one in PEM begins with -----BEGIN PRIVATE KEY-----"
        ),
        error => damaged(path, &error),
    })
}

fn damaged(path: &Path, error: &PemError) -> String {
    let what = match error {
        PemError::MissingSectionEnd { .. } => "a part of it has no end",
        PemError::Base64Decode(_) => "a part of it is not in base64",
        _ => "a part of it does not begin as one in PEM does",
    };
    format!("{} is damaged: {what}. Copy it anew", path.display())
}

/// Whoever judges the certificates of clients.
fn verifier(
    path: &Path,
    provider: &Arc<CryptoProvider>,
    files: &mut Stamps,
) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let shown = path.display();
    let mut roots = RootCertStore::empty();
    for authority in certificates(path, Privacy::Readable, files)? {
        roots.add(authority).map_err(|error| {
            format!("a certificate in {shown} is none of an authority that could vouch for clients: {error}")
        })?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| format!("{shown} cannot be used to judge clients: {error}"))
}
