//! HTTPS requests, to a server whose certificate only those trust who were told to.

use std::sync::Arc;

use serde_json::json;
use sparkler_tests::certificates::Authority;
use sparkler_tests::{Origin, Server, guests, server};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A server for HTTPS, and the certificate, as PEM, of whoever vouches for it.
fn encrypted() -> (Origin, String) {
    let authority = Authority::new();
    let pair = authority.host();
    let certificate = CertificateDer::from_pem_slice(pair.certificate.as_bytes());
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.expect("a certificate")],
            key.expect("a key"),
        )
        .expect("a configuration");
    let config = Arc::new(config);
    let origin = Origin::accepting(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
        Box::new(StreamOwned::new(connection, stream))
    });
    (origin, authority.pem())
}

/// Deploys the guest to a server of its own and sends one request by name and one by address.
#[track_caller]
fn outcomes(server: &Server, origin: &Origin) -> (serde_json::Value, String) {
    let port = origin.port();
    let rules = format!(
        "SPARKLER_ALLOW_HTTP=https://localhost:{port} https://127.0.0.1:{port} https://[::1]:{port}"
    );
    server.deploy("requests", guests::requests(), &["--env", &rules]);
    let event = json!({ "requests": [
        { "url": format!("https://localhost:{port}/hello") },
        { "url": format!("https://127.0.0.1:{port}/hello") },
    ]});
    let reply = server.lambda().invoke("requests", event.to_string());
    (reply.json(), reply.log().text())
}

#[test]
fn a_certificate_that_the_host_trusts_is_accepted() {
    let (origin, authority) = encrypted();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), authority).expect("write the certificate");
    let mut command = server::sparkler();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--ephemeral"])
        .env("SSL_CERT_FILE", file.path());
    let server = Server::of(&mut command);
    let (outcomes, log) = outcomes(&server, &origin);
    for outcome in outcomes.as_array().expect("outcomes") {
        assert_eq!(outcome["text"], "hello", "{outcome} {log}");
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_and_the_log_says_so() {
    let (origin, _) = encrypted();
    let server = Server::ephemeral();
    let (outcomes, log) = outcomes(&server, &origin);
    for outcome in outcomes.as_array().expect("outcomes") {
        assert_eq!(outcome["error"], "TlsCertificateError", "{outcome} {log}");
    }
    assert!(log.contains("its certificate was not accepted"), "{log}");
    assert!(log.contains("SSL_CERT_FILE"), "{log}");
    assert_eq!(origin.whole(), 0);
}
