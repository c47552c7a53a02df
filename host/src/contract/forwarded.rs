//! Who sends a request: whoever is connected, or whom a proxy tells of that the host's owner trusts.
//!
//! What a proxy tells stands in the headers `X-Forwarded-For` and `X-Forwarded-Proto`, or in `Forwarded` (RFC 7239).
//! Anybody can send such headers, so they count only from addresses that are listed, and of a chain of them only what
//! listed proxies have added, read from its end.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue};

use super::callers::Connected;
use super::client_certificate::ClientCertificate;
use super::host_names::in_brackets;
use crate::domain::Scheme;
use crate::domain::network::Network;
use crate::domain::web::FORWARDED_PROTO;

/// The addresses that a request came by.
pub(super) const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies that the host's owner trusts.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrustedProxies(Vec<Network>);

/// Who sends a request, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    /// Where that is known.
    pub(super) address: Option<IpAddr>,
    /// As the client sees it.
    pub(super) scheme: Scheme,
    /// The last entries of `X-Forwarded-For` that trusted proxies have made; the first of them is the caller's.
    pub(super) vouched_entries: usize,
}

impl Caller {
    /// Whoever is connected by this scheme, and is no proxy.
    pub(super) fn connected(address: Option<IpAddr>, scheme: Scheme) -> Self {
        Self {
            address,
            scheme,
            vouched_entries: 0,
        }
    }

    /// Whoever is at the other end of this connection.
    pub(super) fn of(connected: &Connected) -> Self {
        Self::connected(connected.address, connected.scheme())
    }

    /// The certificate that they have shown: that of the connection, unless it is somebody else's.
    pub(super) fn certificate(&self, connected: &Connected) -> Option<Arc<ClientCertificate>> {
        let is_connected = self.address == connected.address;
        let encryption = connected.encryption.as_ref().filter(|_| is_connected);
        encryption?.certificate().cloned()
    }
}

impl TrustedProxies {
    /// Proxies with these addresses, or in these networks, such as `10.0.0.0/8`.
    ///
    /// # Errors
    /// With what is no network, and what one looks like.
    pub(crate) fn of(listed: &[String]) -> Result<Self, String> {
        let networks = listed.iter().map(|text| {
            Network::of(text).map_err(|wrong| {
                format!("'{text}' {wrong}: a proxy looks like 10.0.0.1, and a network like 10.0.0.0/8 or fd00::/8")
            })
        });
        networks.collect::<Result<_, _>>().map(Self)
    }

    /// Who sends a request with these headers over the connection of `connected`.
    pub(super) fn caller(&self, connected: Caller, headers: &HeaderMap) -> Caller {
        match connected.address {
            Some(address) if self.trust(address) => self.told(address, connected, headers),
            _ => connected,
        }
    }

    /// Whether what this address tells of others is believed.
    pub(super) fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Whom a proxy tells of. Of one that tells nothing, or two things, the request is its own.
    fn told(&self, proxy: IpAddr, connected: Caller, headers: &HeaderMap) -> Caller {
        let (plain, standard) = (
            self.by_plain(proxy, headers),
            self.by_standard(proxy, headers),
        );
        match (plain, standard) {
            (Some(plain), None) => plain,
            (None, Some(standard)) => standard,
            // A proxy writes one of them and may pass the other on as its client has sent it.
            (Some(plain), Some(standard)) if plain.address == standard.address => Caller {
                scheme: match plain.scheme == standard.scheme {
                    true => plain.scheme,
                    false => Scheme::Http,
                },
                ..plain
            },
            // What its client has sent must not make a request look encrypted, either.
            (Some(_), Some(_)) => Caller {
                scheme: Scheme::Http,
                ..connected
            },
            (None, None) => connected,
        }
    }

    /// As `X-Forwarded-For` and `X-Forwarded-Proto` tell it, where one of them is there.
    fn by_plain(&self, proxy: IpAddr, headers: &HeaderMap) -> Option<Caller> {
        if !headers.contains_key(FORWARDED_FOR) && !headers.contains_key(FORWARDED_PROTO) {
            return None;
        }
        let chain: Vec<_> = plain_entries(headers, &FORWARDED_FOR)
            .map(address)
            .collect();
        let (address, vouched_entries) = self.first_untrusted(proxy, &chain);
        // Of several, the last is what the proxy in front of this host has added.
        let scheme = plain_entries(headers, &FORWARDED_PROTO).last();
        Some(Caller {
            address: Some(address),
            scheme: scheme.and_then(Scheme::parse).unwrap_or(Scheme::Http),
            vouched_entries,
        })
    }

    /// As `Forwarded` tells it, where that is there.
    fn by_standard(&self, proxy: IpAddr, headers: &HeaderMap) -> Option<Caller> {
        if !headers.contains_key(FORWARDED) {
            return None;
        }
        let hops: Vec<_> = hops(headers).collect();
        let chain: Vec<_> = hops.iter().map(|hop| hop.address).collect();
        let (address, vouched) = self.first_untrusted(proxy, &chain);
        let hop = hops.len().checked_sub(vouched.max(1)).map(|at| hops[at]);
        Some(Caller {
            address: Some(address),
            scheme: hop.and_then(|hop| hop.scheme).unwrap_or(Scheme::Http),
            vouched_entries: 0,
        })
    }

    /// The last of a chain that is no trusted proxy, and how many entries there are from it on; where all are,
    /// the first. What is no address ends the chain.
    fn first_untrusted(&self, proxy: IpAddr, chain: &[Option<IpAddr>]) -> (IpAddr, usize) {
        let (mut found, mut entries) = (proxy, 0);
        for address in chain.iter().rev() {
            let Some(address) = *address else { break };
            (found, entries) = (address, entries + 1);
            if !self.trust(address) {
                break;
            }
        }
        (found, entries)
    }
}

/// One entry of `Forwarded`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hop {
    address: Option<IpAddr>,
    scheme: Option<Scheme>,
}

impl Hop {
    fn of(entry: &str) -> Self {
        let mut hop = Self::default();
        for pair in outside_quotes(entry, ';') {
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            let value = value.trim().trim_matches('"');
            match name.trim() {
                name if name.eq_ignore_ascii_case("for") => hop.address = address(value),
                name if name.eq_ignore_ascii_case("proto") => hop.scheme = Scheme::parse(value),
                _ => {}
            }
        }
        hop
    }
}

/// The entries of all headers `Forwarded`, in their order.
fn hops(headers: &HeaderMap) -> impl Iterator<Item = Hop> {
    let lines = headers.get_all(FORWARDED).into_iter().map(text);
    lines.flat_map(|line| {
        // A quote that a client has left open would make one entry of its own and of what a proxy has added.
        let line = if is_balanced(line) { line } else { UNKNOWN };
        outside_quotes(line, ',').map(Hop::of)
    })
}

fn is_balanced(line: &str) -> bool {
    line.matches('"').count().is_multiple_of(2)
}

/// The entries of all headers of this name, in their order. They know no quotes.
pub(super) fn plain_entries<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter();
    lines.flat_map(|line| text(line).split(',').map(str::trim))
}

/// An entry that is nobody's address.
const UNKNOWN: &str = "unknown";

/// A header as text. What is none is one entry that is nobody's address.
fn text(line: &HeaderValue) -> &str {
    line.to_str().unwrap_or(UNKNOWN)
}

/// The parts of a text between separators that stand in no quotes.
fn outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |c| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    })
}

/// An address, perhaps with a port, and that of IPv6 in brackets then.
fn address(text: &str) -> Option<IpAddr> {
    let parsed = in_brackets(text).unwrap_or(text).parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    parsed
        .or_else(with_port)
        .map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn proxies() -> TrustedProxies {
        let listed = ["10.0.0.0/8", "fd00::/8"].map(str::to_owned);
        TrustedProxies::of(&listed).expect("they are networks")
    }

    #[track_caller]
    fn caller(connected: &str, headers: &[(&HeaderName, &str)]) -> (String, &'static str, usize) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a value"));
        }
        let connected = connected.parse().expect("an address");
        let connected = Caller::connected(Some(connected), Scheme::Http);
        let caller = proxies().caller(connected, &map);
        let address = caller.address.expect("it is known").to_string();
        (address, caller.scheme.name(), caller.vouched_entries)
    }

    fn told(address: &str, scheme: &'static str, vouched: usize) -> (String, &'static str, usize) {
        (address.to_owned(), scheme, vouched)
    }

    #[test]
    fn nobody_but_a_trusted_proxy_is_believed() {
        let claims = [
            (&FORWARDED_FOR, "192.0.2.1"),
            (&FORWARDED_PROTO, "https"),
            (&FORWARDED, "for=192.0.2.1;proto=https"),
        ];
        assert_eq!(caller("192.0.2.9", &claims), told("192.0.2.9", "http", 0));
        assert_eq!(caller(PROXY, &claims), told("192.0.2.1", "https", 1));
        assert_eq!(caller("::ffff:10.1.2.3", &claims).0, "192.0.2.1");
        assert_eq!(caller(PROXY, &[]), told(PROXY, "http", 0));
    }

    #[test]
    fn a_proxy_may_be_listed_as_a_socket_for_both_kinds_of_addresses_tells_of_it() {
        for listed in ["::ffff:10.0.0.1", "::ffff:10.0.0.0/104"] {
            let proxies = TrustedProxies::of(&[listed.to_owned()]).expect("a network");
            for (connected, is_trusted) in [
                (PROXY, true),
                ("::ffff:10.0.0.1", true),
                ("192.0.2.9", false),
            ] {
                let connected = connected.parse().expect("an address");
                assert_eq!(proxies.trust(connected), is_trusted, "{listed} {connected}");
            }
        }
    }

    #[test]
    fn a_chain_is_read_from_its_end_as_far_as_proxies_are_trusted() {
        for (chain, address, vouched) in [
            ("192.0.2.1", "192.0.2.1", 1),
            ("6.6.6.6, 192.0.2.1", "192.0.2.1", 1),
            ("6.6.6.6, 192.0.2.1, 10.0.0.2", "192.0.2.1", 2),
            ("10.0.0.3,10.0.0.2", "10.0.0.3", 2),
            ("192.0.2.1:4711", "192.0.2.1", 1),
            ("[2001:db8::7]:4711", "2001:db8::7", 1),
            ("2001:db8::7,fd00::1", "2001:db8::7", 2),
            ("192.0.2.1, unknown", PROXY, 0),
            ("192.0.2.1, unknown, 10.0.0.2", "10.0.0.2", 1),
            ("", PROXY, 0),
        ] {
            let found = caller(PROXY, &[(&FORWARDED_FOR, chain)]);
            assert_eq!(found, told(address, "http", vouched), "{chain}");
        }
        // What a client sends cannot swallow what the proxy adds to it.
        let quoted = caller(PROXY, &[(&FORWARDED_FOR, "\"6.6.6.6, 192.0.2.1")]);
        assert_eq!(quoted, told("192.0.2.1", "http", 1));
        for open in [
            "for=6.6.6.6;proto=https;x=\", for=192.0.2.1",
            "for=6.6.6.6;proto=https;x=\", for=\"[2001:db8::7]\"",
            "x=\";for=6.6.6.6;proto=https, for=192.0.2.1",
        ] {
            assert_eq!(
                caller(PROXY, &[(&FORWARDED, open)]),
                told(PROXY, "http", 0),
                "{open}"
            );
        }
        let lines = [(&FORWARDED_FOR, "6.6.6.6"), (&FORWARDED_FOR, "192.0.2.1")];
        assert_eq!(caller(PROXY, &lines).0, "192.0.2.1");
    }

    #[test]
    fn the_scheme_is_that_of_the_proxy_in_front() {
        for (protocols, scheme) in [
            ("https", "https"),
            ("HTTPS", "https"),
            ("https, http", "http"),
            ("http,https", "https"),
            ("gopher", "http"),
        ] {
            let found = caller(PROXY, &[(&FORWARDED_PROTO, protocols)]);
            assert_eq!(found, told(PROXY, scheme, 0), "{protocols}");
        }
    }

    #[test]
    fn the_standard_header_tells_the_same() {
        for (forwarded, address, scheme) in [
            ("for=192.0.2.1", "192.0.2.1", "http"),
            (
                "For=192.0.2.1; Proto=HTTPS;by=10.0.0.1",
                "192.0.2.1",
                "https",
            ),
            (
                "for=\"[2001:db8::7]:4711\";proto=https",
                "2001:db8::7",
                "https",
            ),
            (
                "for=6.6.6.6;proto=https, for=192.0.2.1;proto=http",
                "192.0.2.1",
                "http",
            ),
            (
                "for=192.0.2.1;proto=https, for=10.0.0.2;proto=http",
                "192.0.2.1",
                "https",
            ),
            (
                "for=\"6.6.6.6, for=7.7.7.7\", for=192.0.2.1",
                "192.0.2.1",
                "http",
            ),
            ("for=_hidden;proto=https", PROXY, "https"),
            ("proto=https", PROXY, "https"),
        ] {
            let found = caller(PROXY, &[(&FORWARDED, forwarded)]);
            assert_eq!(found, told(address, scheme, 0), "{forwarded}");
        }
    }

    #[test]
    fn two_headers_that_tell_different_things_tell_nothing() {
        let both = [
            (&FORWARDED_FOR, "192.0.2.1"),
            (&FORWARDED, "for=6.6.6.6;proto=https"),
        ];
        assert_eq!(caller(PROXY, &both), told(PROXY, "http", 0));
        let both = [
            (&FORWARDED_FOR, "192.0.2.1"),
            (&FORWARDED, "for=192.0.2.1;proto=https"),
        ];
        assert_eq!(caller(PROXY, &both), told("192.0.2.1", "http", 1));
    }

    #[test]
    fn an_encrypted_connection_tells_its_scheme_where_no_proxy_does() {
        let scheme = |connected: &str, headers: &[(HeaderName, &'static str)]| {
            let headers = headers.iter().cloned();
            let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
            let address = connected.parse().expect("an address");
            let connected = Caller::connected(Some(address), Scheme::Https);
            let caller = proxies().caller(connected, &HeaderMap::from_iter(headers));
            caller.scheme.name()
        };
        let told = [(FORWARDED_PROTO, "http"), (FORWARDED_FOR, "192.0.2.1")];
        assert_eq!(scheme("192.0.2.9", &told), "https");
        assert_eq!(scheme(PROXY, &[]), "https");
        assert_eq!(scheme(PROXY, &told), "http");
        assert_eq!(scheme(PROXY, &told[1..]), "http");
        // Two headers that contradict each other.
        let both = [told[1].clone(), (FORWARDED, "for=6.6.6.6;proto=https")];
        assert_eq!(scheme(PROXY, &both), "http");
    }

    #[test]
    fn what_is_listed_is_an_address_or_a_network() {
        for text in [
            "",
            "proxy.example",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0.0/",
            "10.0.0.1:80",
        ] {
            let refused = TrustedProxies::of(&[text.to_owned()]).expect_err(text);
            assert!(refused.contains("10.0.0.0/8"), "{refused}");
        }
        let listed = ["10.0.0.1", "::1/128", "0.0.0.0/0"].map(str::to_owned);
        assert!(TrustedProxies::of(&listed).is_ok());
    }
}
