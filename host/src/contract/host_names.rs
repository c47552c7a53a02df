//! The names under which this host may be asked: a request for the API says to which host its sender believes
//! to speak, and what is no name of this one comes from a web page.
//!
//! Whoever owns a name can point it at this machine, and a page under that name is then of the same origin as
//! whatever listens here. Its browser says nothing of where such a request comes from, only the name; so the name
//! has to be one that nobody else can own: an address, one below `localhost`, or one that the host's owner has
//! listed.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::Version;
use http::header::HOST;
use http::request::Parts;

use super::error::{ErrorCode, WireError};
use super::operations::Operation;
use crate::limits::QUOTED_VALUE_BYTES_MAX;

/// The domain whose names all lead to the machine itself.
pub(super) const LOCAL_DOMAIN: &str = "localhost";

/// The names that the host's owner has listed.
#[derive(Clone, Debug, Default)]
pub(crate) struct HostNames(Vec<String>);

impl HostNames {
    /// These names, in whatever case; one may end in the dot of the root.
    ///
    /// # Errors
    /// With what is none, and what one looks like.
    pub(crate) fn of(listed: &[String]) -> Result<Self, String> {
        for name in listed {
            if plain(name).is_empty() || !is_name(name) {
                return Err(format!(
                    "'{name}' is no host name: one looks like functions.example, without a scheme and a port"
                ));
            }
        }
        Ok(Self(listed.iter().map(|name| plain(name).into()).collect()))
    }

    /// Refuses a request that names another host, unless it is for what web pages may ask.
    ///
    /// # Errors
    /// Where the request names no host at all, or one that is not this one's.
    pub(super) fn check(
        &self,
        operation: Option<Operation>,
        request: &Parts,
    ) -> Result<(), WireError> {
        let named = named(request)?;
        let is_open = operation.is_some_and(Operation::is_for_web_pages);
        match is_open || self.include(without_port(named)) {
            true => Ok(()),
            false => Err(foreign(named)),
        }
    }

    fn include(&self, name: &str) -> bool {
        is_address(name) || {
            let name = plain(name);
            // Of `evil.example:1.localhost`, others see another name.
            is_name(name) && is_local(name)
                || self.0.iter().any(|own| own.eq_ignore_ascii_case(name))
        }
    }
}

/// The host that a request names, perhaps with a port: in its address, as newer versions of HTTP do, or in the
/// header, without which one of HTTP/1 is none.
fn named(request: &Parts) -> Result<&str, WireError> {
    let in_header = request.headers.get(HOST);
    let in_address = request.uri.authority();
    let is_header_needed = request.version < Version::HTTP_2;
    if in_header.is_none() && (is_header_needed || in_address.is_none()) {
        return Err(WireError::new(
            ErrorCode::MalformedHttpRequest,
            "The request has no header Host, which says which host it is for.",
        ));
    }
    match in_address {
        Some(authority) => Ok(authority.as_str()),
        None => in_header
            .and_then(|host| host.to_str().ok())
            .ok_or_else(malformed),
    }
}

fn malformed() -> WireError {
    WireError::new(
        ErrorCode::MalformedHttpRequest,
        "The header Host of the request is not a host with an optional port.",
    )
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether it has none but letters, digits and what stands between them in names.
fn is_name(text: &str) -> bool {
    let is_char = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    text.bytes().all(is_char)
}

fn plain(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// What stands in brackets, as an address of IPv6 does.
pub(super) fn in_brackets(text: &str) -> Option<&str> {
    text.strip_prefix('[')?.strip_suffix(']')
}

fn is_address(name: &str) -> bool {
    match in_brackets(name) {
        Some(name) => name.parse::<Ipv6Addr>().is_ok(),
        None => name.parse::<Ipv4Addr>().is_ok(),
    }
}

/// Whether it is the name of the machine itself, or one below it.
pub(super) fn is_local(name: &str) -> bool {
    let last = name.rsplit('.').next();
    last.is_some_and(|label| label.eq_ignore_ascii_case(LOCAL_DOMAIN))
}

fn foreign(named: &str) -> WireError {
    let shown: String = named.chars().take(QUOTED_VALUE_BYTES_MAX / 8).collect();
    let name = without_port(&shown);
    WireError::new(
        ErrorCode::AccessDenied,
        format!(
            "'{shown}' is no name of this host, so this may be a request of a web page that wants to pass for \
             this host. Use an address or localhost in the place of the name; or, where '{name}' is a name of \
             this host's own, start it with --host-name {name}, or list the name in HostConfig::host_names."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn checked(listed: &[&str], operation: Operation, host: &str) -> Result<(), WireError> {
        let listed: Vec<_> = listed.iter().map(|name| (*name).to_owned()).collect();
        let request = Request::builder().header(HOST, host).body(());
        let (request, ()) = request.expect("a request").into_parts();
        let names = HostNames::of(&listed).expect("they are names");
        names.check(Some(operation), &request)
    }

    #[test]
    fn addresses_and_names_of_the_machine_itself_are_names_of_the_host() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:9001",
            "10.1.2.3:80",
            "[::1]",
            "[::1]:9001",
            "[2001:db8::7]:1",
            "localhost",
            "LocalHost:9001",
            "localhost.",
            "a.b.localhost:80",
        ] {
            assert_eq!(checked(&[], Operation::GetFunction, host), Ok(()), "{host}");
        }
    }

    #[test]
    fn a_name_that_somebody_else_may_own_is_refused_with_the_way_to_list_it() {
        for host in [
            "evil.example",
            "evil.example:9001",
            "localhost.evil.example",
            "evillocalhost",
            "127.0.0.1.evil.example",
            "evil.example:1.localhost",
            "evil.example/.localhost",
            "a@b.localhost",
            "127.1",
            "0x7f000001",
            "2130706433",
            "::1",
            "[::1",
            "",
            ":9001",
        ] {
            let refused = checked(&["mine.example"], Operation::ListFunctions, host);
            let text = format!("{:?}", refused.expect_err(host));
            let name = without_port(host);
            assert!(text.contains(&format!("--host-name {name}")), "{text}");
        }
    }

    #[test]
    fn names_that_are_listed_are_names_of_the_host_in_any_case_and_at_any_port() {
        let listed = ["Mine.Example", "sparkler."];
        for host in ["mine.example", "MINE.example.:80", "sparkler:9001"] {
            assert_eq!(checked(&listed, Operation::GetMetrics, host), Ok(()));
        }
        assert!(checked(&listed, Operation::GetMetrics, "a.mine.example").is_err());
    }

    #[test]
    fn what_is_listed_is_a_name() {
        for text in [
            "",
            ".",
            "http://a.example",
            "a.example:80",
            "a b",
            "*.example",
            "ü",
        ] {
            let refused = HostNames::of(&[text.to_owned()]);
            assert!(refused.expect_err("no name").contains(text), "{text}");
        }
    }

    #[test]
    fn what_web_pages_may_ask_may_be_asked_under_any_name() {
        for operation in [Operation::InvokeFunctionUrl, Operation::GetHealth] {
            assert_eq!(checked(&[], operation, "any.example"), Ok(()));
        }
    }

    #[test]
    fn a_request_names_its_host_where_its_version_of_http_does() {
        let check = |request: http::request::Builder| {
            let (request, ()) = request.body(()).expect("a request").into_parts();
            HostNames::default().check(Some(Operation::GetFunction), &request)
        };
        let with_address = || Request::get("http://localhost/x");
        assert_eq!(check(with_address().version(Version::HTTP_2)), Ok(()));
        for nameless in [Request::get("/x"), with_address()] {
            let text = format!("{:?}", check(nameless).expect_err("there is no header"));
            assert!(text.contains("MalformedHttpRequest"), "{text}");
        }
        // Who names two hosts is answered as the address says.
        let foreign = Request::get("http://evil.example/x").header(HOST, "localhost");
        assert!(check(foreign).is_err());
    }
}
