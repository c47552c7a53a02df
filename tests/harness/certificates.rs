//! Certificates of authorities that exist for one test.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};

/// Whoever vouches for certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, as PEM.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

impl Authority {
    /// A new one.
    #[track_caller]
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = named("An Authority");
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// Its certificate, as PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate of a host on this machine.
    #[track_caller]
    pub fn host(&self) -> Pair {
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        self.issue(CertificateParams::new(names).expect("names"))
    }

    /// A certificate of a client with this name.
    #[track_caller]
    pub fn client(&self, name: &str) -> Pair {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(params)
    }

    fn issue(&self, params: CertificateParams) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Pair {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::OrganizationName, "Tests, Inc.");
    names.push(DnType::CommonName, name);
    names
}

impl Pair {
    /// Puts both in the places of what was there, each by renaming, as those do who renew certificates.
    #[track_caller]
    pub fn put(&self, certificate: &Path, key: &Path) {
        put(certificate, &self.certificate, 0o644);
        put(key, &self.key, 0o600);
    }
}

/// Puts a file in the place of another by renaming.
#[track_caller]
pub fn put(path: &Path, text: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    let beside = path.with_extension("new");
    std::fs::write(&beside, text).expect("written");
    let mode = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(&beside, mode).expect("a mode");
    std::fs::rename(&beside, path).expect("renamed");
}

/// A client for HTTPS that hides nothing.
#[derive(Clone)]
pub struct Https(Arc<ClientConfig>);

/// A connection of it, which is encrypted as soon as something is sent.
pub type Encrypted = StreamOwned<ClientConnection, TcpStream>;

impl Https {
    /// One that trusts this authority alone.
    #[track_caller]
    pub fn trusting(authority: &Authority) -> Self {
        Self::with(authority, None, &[])
    }

    /// The same, which shows a certificate of its own.
    #[track_caller]
    pub fn showing(authority: &Authority, pair: &Pair) -> Self {
        Self::with(authority, Some(pair), &[])
    }

    /// One that speaks these versions of TLS; all where none is given.
    #[track_caller]
    pub fn with(
        authority: &Authority,
        pair: Option<&Pair>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(authority.0.der().clone()).expect("an authority");
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = match versions {
            [] => builder.with_safe_default_protocol_versions(),
            versions => builder.with_protocol_versions(versions),
        };
        let builder = builder.expect("versions").with_root_certificates(roots);
        let config = match pair {
            None => builder.with_no_client_auth(),
            Some(pair) => {
                let certificate = CertificateDer::from_pem_slice(pair.certificate.as_bytes());
                let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes());
                let chain = vec![certificate.expect("a certificate")];
                let built = builder.with_client_auth_cert(chain, key.expect("a key"));
                built.expect("a pair")
            }
        };
        Self(Arc::new(config))
    }

    /// Connects. TLS is agreed on with what is sent first.
    #[track_caller]
    pub fn connect(&self, to: SocketAddr) -> Encrypted {
        let name = ServerName::IpAddress(to.ip().into());
        let connection = ClientConnection::new(Arc::clone(&self.0), name).expect("a connection");
        let stream = TcpStream::connect(to).expect("it listens");
        stream.set_nodelay(true).expect("set nodelay");
        StreamOwned::new(connection, stream)
    }

    /// What is answered to a request over a connection of its own: status line, headers and body.
    ///
    /// # Errors
    /// Where TLS is not agreed on, or the connection breaks.
    pub fn ask(
        &self,
        to: SocketAddr,
        method: &str,
        target: &str,
        body: &str,
    ) -> std::io::Result<String> {
        self.ask_as(to, &to.to_string(), (method, target), body)
    }

    /// The same, of a host under this name.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub fn ask_as(
        &self,
        to: SocketAddr,
        host: &str,
        (method, target): (&str, &str),
        body: &str,
    ) -> std::io::Result<String> {
        let mut stream = self.connect(to);
        let length = body.len();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let _ = stream.sock.shutdown(Shutdown::Both);
        Ok(answer)
    }
}

/// The certificate that whoever listens there shows.
///
/// # Panics
/// Where TLS is not agreed on.
#[track_caller]
pub fn shown(stream: &Encrypted) -> Vec<u8> {
    let chain = stream.conn.peer_certificates().expect("TLS is agreed on");
    chain[0].to_vec()
}
