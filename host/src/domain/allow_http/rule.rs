//! One rule: text, what it says, and what it allows.

use core::net::IpAddr;

use crate::domain::address_kind::AddressKind;
use crate::domain::network::Network;
use crate::domain::origin::{Host, Origin, Scheme};

/// One rule of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    text: String,
    /// Any where there is none.
    scheme: Option<Scheme>,
    host: HostRule,
    port: PortRule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum HostRule {
    Any,
    Name(Host),
    /// Names that end in this, which begins with a dot.
    Below(String),
    Network(Network),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PortRule {
    OfScheme,
    Any,
    Only(u16),
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// With what is wrong, which follows on "which".
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.to_ascii_lowercase();
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("has no scheme: it begins with http://, https:// or *://".into());
        };
        let scheme = match scheme {
            "*" => None,
            name => Some(Scheme::parse(name).ok_or_else(|| {
                format!("has the scheme {name}; there are http, https, and * for both")
            })?),
        };
        let Parts { host, prefix, port } = Parts::of(rest)?;
        Ok(Self {
            scheme,
            host: HostRule::parse(host, prefix)?,
            port: PortRule::parse(port)?,
            text,
        })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it lets requests through, as far as scheme, host and port say.
    pub(super) fn allows(&self, origin: &Origin) -> bool {
        self.fits(origin) && self.host.fits(&origin.host)
    }

    /// Whether it lets requests of this scheme and port through to an address that is not public.
    pub(super) fn names(&self, origin: &Origin, address: IpAddr, kind: AddressKind) -> bool {
        match &self.host {
            HostRule::Network(network) => {
                self.fits(origin)
                    && network.contains(address)
                    && (network.is_single() || kind != AddressKind::Metadata)
            }
            HostRule::Any | HostRule::Name(_) | HostRule::Below(_) => false,
        }
    }

    /// Scheme and port.
    fn fits(&self, origin: &Origin) -> bool {
        self.scheme.is_none_or(|scheme| scheme == origin.scheme)
            && match self.port {
                PortRule::OfScheme => origin.port == origin.scheme.default_port(),
                PortRule::Any => true,
                PortRule::Only(port) => origin.port == port,
            }
    }
}

/// What follows the scheme, taken apart.
struct Parts<'a> {
    host: &'a str,
    prefix: Option<&'a str>,
    port: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, String> {
        // The colons of an IPv6 address are inside of its brackets.
        let host_end = match text.strip_prefix('[') {
            Some(_) => text
                .find(']')
                .map(|at| at + 1)
                .ok_or("has a bracket that is not closed")?,
            None => text.find([':', '/']).unwrap_or(text.len()),
        };
        let (host, rest) = text.split_at(host_end);
        let (prefix, port) = match (rest.strip_prefix('/'), rest.strip_prefix(':')) {
            (Some(rest), _) => match rest.split_once(':') {
                Some((prefix, port)) => (Some(prefix), Some(port)),
                None => (Some(rest), None),
            },
            (None, Some(port)) => (None, Some(port)),
            (None, None) if rest.is_empty() => (None, None),
            (None, None) => return Err("goes on after its host".into()),
        };
        if port.is_some_and(|port| port.contains(':')) {
            return Err(
                "has several colons: an IPv6 address stands in brackets, as in [::1]".into(),
            );
        }
        Ok(Self { host, prefix, port })
    }
}

impl HostRule {
    fn parse(host: &str, prefix: Option<&str>) -> Result<Self, String> {
        let parsed = match (host, host.strip_prefix("*.")) {
            ("*", _) => Self::Any,
            (_, Some(rest)) => Self::below(rest)?,
            _ => match Host::parse(host) {
                Some(Host::Address(address)) => Self::Network(match prefix {
                    Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => {
                        return Network::parse(address, prefix).map(Self::Network);
                    }
                    Some(_) => return Err(has_path()),
                    None => Network::single(address),
                }),
                Some(name) => Self::Name(name),
                None => return Err(no_host(host)),
            },
        };
        match prefix {
            Some(_) => Err(has_path()),
            None => Ok(parsed),
        }
    }

    fn below(name: &str) -> Result<Self, String> {
        match Host::parse(name) {
            Some(Host::Name(name)) => Ok(Self::Below(format!(".{name}"))),
            Some(Host::Address(_)) | None => Err(no_host(&format!("*.{name}"))),
        }
    }

    fn fits(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Name(own), host) => own == host,
            (Self::Below(end), Host::Name(name)) => {
                name.len() > end.len() && name.ends_with(end.as_str())
            }
            (Self::Network(network), Host::Address(address)) => network.contains(*address),
            (Self::Below(_), Host::Address(_)) | (Self::Network(_), Host::Name(_)) => false,
        }
    }
}

fn has_path() -> String {
    "has a path: it ends with the host, or with the port".into()
}

fn no_host(text: &str) -> String {
    if text.is_empty() {
        return "has no host".into();
    }
    if text.contains('*') {
        return format!(
            "has the host '{text}': * stands alone, or before the first dot, as in *.example.com"
        );
    }
    if !text.is_ascii() {
        return format!(
            "has the host '{text}': names in other scripts are given in punycode (xn--…)"
        );
    }
    if text.contains('@') {
        return "has a user in it, which no request carries in its address".into();
    }
    format!("has the host '{text}', which is neither a name nor an address")
}

impl PortRule {
    fn parse(text: Option<&str>) -> Result<Self, String> {
        match text {
            None => Ok(Self::OfScheme),
            Some("*") => Ok(Self::Any),
            Some(text) => {
                let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let port = text.parse().ok().filter(|port| is_number && *port != 0);
                port.map(Self::Only).ok_or_else(|| {
                    format!("has the port '{text}'; a port is 1 to 65535, or * for any")
                })
            }
        }
    }
}
