//! Addresses of servers.

use ureq::http::Uri;
use ureq::http::uri::Authority;

/// Why a text is not such an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum NotPlain {
    /// It asks for TLS.
    Encrypted,
    /// It is not the URL of a server.
    NoAddress,
}

/// The URL of a server that is spoken to in plain HTTP.
pub(in crate::cli) fn plain(text: &str) -> Result<Uri, NotPlain> {
    match server(text) {
        Some(uri) if is_encrypted(&uri) => Err(NotPlain::Encrypted),
        Some(uri) => Ok(uri),
        None => Err(NotPlain::NoAddress),
    }
}

/// The URL that `text` is: a host, perhaps a port and a path, and nothing else.
pub(super) fn server(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    let names_server = uri.authority().is_some_and(is_server) && uri.query().is_none();
    (is_http && names_server).then_some(uri)
}

/// Whether the server at that URL is spoken to in HTTPS.
pub(super) fn is_encrypted(uri: &Uri) -> bool {
    uri.scheme_str() == Some("https")
}

/// Whether a port is a port, and nobody's name stands before the host: the parser lets both pass.
fn is_server(authority: &Authority) -> bool {
    let host = authority.host();
    let port = authority.as_str().strip_prefix(host);
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    let after = port.map(|port| port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    !host.is_empty() && after == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_ports_and_paths_are_addresses() {
        for text in [
            "http://localhost",
            "http://127.0.0.1:9324",
            "http://[::1]:9324/",
            "http://queue.internal/sqs",
        ] {
            assert!(plain(text).is_ok(), "{text}");
            let encrypted = text.replacen("http", "https", 1);
            assert_eq!(plain(&encrypted), Err(NotPlain::Encrypted), "{encrypted}");
            assert!(server(&encrypted).is_some_and(|uri| is_encrypted(&uri)));
        }
    }

    #[test]
    fn what_cannot_be_connected_to_is_refused() {
        for text in [
            "",
            "localhost:9324",
            "/queues",
            "ftp://localhost",
            "http://",
            "http:///x",
            "http://a b",
            "http://localhost:",
            "http://localhost:0",
            "http://localhost:99999",
            "http://localhost:http",
            "http://[::1",
            "http://name:secret@localhost",
            "http://localhost/?a=b",
        ] {
            assert_eq!(plain(text), Err(NotPlain::NoAddress), "{text}");
        }
    }
}
