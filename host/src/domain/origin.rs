//! Where an HTTP request goes: scheme, host and port.
//!
//! A host has many spellings and one value: case and a dot at the end do not count, and an IPv4 address
//! is one however it is written (`127.1`, `0x7f000001`, `::ffff:127.0.0.1`), as the system's resolver and
//! browsers read it. Names in other scripts are given in punycode.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::fmt;
use std::sync::Arc;

/// Longest name of a host, as DNS has it.
const NAME_CHARS_MAX: usize = 253;

/// Longest part of a name between two dots, as DNS has it.
const LABEL_CHARS_MAX: usize = 63;

/// Whether a request is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// It is not.
    Http,
    /// It is, by TLS.
    Https,
}

impl Scheme {
    /// The scheme that `text` spells, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Http, Self::Https]
            .into_iter()
            .find(|scheme| text.eq_ignore_ascii_case(scheme.name()))
    }

    /// As it stands in a URL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that is meant where none is given.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Whom a request is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name, in lower case, without the dot that may end it.
    Name(Arc<str>),
    /// An address that was given as one.
    Address(IpAddr),
}

impl Host {
    /// Reads a host as it stands in a URL: a name, an IPv4 address, or an IPv6 address in brackets.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            let address = inner.strip_suffix(']')?.parse::<Ipv6Addr>().ok()?;
            return Some(Self::Address(IpAddr::V6(address).to_canonical()));
        }
        let text = text.strip_suffix('.').unwrap_or(text);
        let last_label = text.rsplit('.').next()?;
        if is_number(last_label) {
            return ipv4(text).map(|address| Self::Address(address.into()));
        }
        let fits = text.len() <= NAME_CHARS_MAX && text.split('.').all(is_label);
        fits.then(|| Self::Name(text.to_ascii_lowercase().into()))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

fn is_label(label: &str) -> bool {
    (1..=LABEL_CHARS_MAX).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Whether a name that ends in `label` is no name but an address: no top-level domain is a number.
fn is_number(label: &str) -> bool {
    let is_decimal = !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit());
    is_decimal || (hexadecimal(label).is_some() && number(label).is_some())
}

fn hexadecimal(text: &str) -> Option<&str> {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))
}

/// An IPv4 address of one to four numbers, the last of which fills what the others leave.
fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let parts = text.split('.').map(number).collect::<Option<Vec<u64>>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) {
        return None;
    }
    let bits_left = 32 - 8 * first.len();
    if *last >= 1 << bits_left {
        return None;
    }
    let high = first.iter().fold(0, |sum, part| (sum << 8) | part);
    u32::try_from((high << bits_left) | last)
        .ok()
        .map(Ipv4Addr::from_bits)
}

/// A number in decimal, in octal after a 0, or in hexadecimal after 0x.
fn number(text: &str) -> Option<u64> {
    let (digits, radix) = match (hexadecimal(text), text.strip_prefix('0')) {
        (Some(""), _) => return Some(0),
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) if !digits.is_empty() => (digits, 8),
        (None, _) => (text, 10),
    };
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    are_digits
        .then(|| u64::from_str_radix(digits, radix).ok())
        .flatten()
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Whether it is encrypted.
    pub scheme: Scheme,
    /// Whom it is for.
    pub host: Host,
    /// Where that one listens.
    pub port: u16,
}

impl Origin {
    /// The same with another host.
    pub fn at(&self, address: IpAddr) -> Self {
        Self {
            host: Host::Address(address),
            ..self.clone()
        }
    }

    /// Host and port as a request names them to its server.
    pub fn authority(&self) -> String {
        match self.port == self.scheme.default_port() {
            true => self.host.to_string(),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        Host::parse(text).map(|host| host.to_string())
    }

    #[test]
    fn a_name_has_one_value_in_all_its_spellings() {
        for text in ["api.example.com", "API.Example.COM", "api.example.com."] {
            assert_eq!(shown(text).as_deref(), Some("api.example.com"), "{text}");
        }
        for text in [
            "localhost",
            "xn--bcher-kva.example",
            "my_host",
            "1.example",
            "0xyz",
        ] {
            assert_eq!(shown(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn an_address_has_one_value_in_all_its_spellings() {
        for text in [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0X7F.0.0.0x1",
            "0177.0.0.01",
            "127.0.0.1.",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
        ] {
            assert_eq!(shown(text).as_deref(), Some("127.0.0.1"), "{text}");
        }
        assert_eq!(shown("[2001:DB8::0:1]").as_deref(), Some("[2001:db8::1]"));
        assert_eq!(shown("0x").as_deref(), Some("0.0.0.0"));
    }

    #[test]
    fn what_is_neither_name_nor_address_is_no_host() {
        let long_label = "a".repeat(64);
        let long_name = "a.".repeat(127);
        for text in [
            "",
            ".",
            "..",
            "a..b",
            ".a",
            "a b",
            "a/b",
            "user@host",
            "bücher.example",
            "256.1.1.1.1",
            "1.2.3.256",
            "127.0.0.0x1g.1",
            "08.1",
            "4294967296",
            "1.2.3.4.5",
            "[::1",
            "[127.0.0.1]",
            "::1",
            "[fe80::1%eth0]",
            &long_label,
            &format!("{long_name}a"),
        ] {
            assert_eq!(Host::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_origin_shows_its_port_where_it_is_not_the_usual_one() {
        let origin = |scheme, host, port| {
            let host = Host::parse(host).expect("a host");
            Origin { scheme, host, port }.to_string()
        };
        assert_eq!(origin(Scheme::Https, "a.example", 443), "https://a.example");
        assert_eq!(
            origin(Scheme::Http, "a.example", 443),
            "http://a.example:443"
        );
        assert_eq!(origin(Scheme::Http, "[::1]", 8080), "http://[::1]:8080");
    }
}
