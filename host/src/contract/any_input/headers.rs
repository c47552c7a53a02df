//! What callers and proxies say in headers.

use std::net::{IpAddr, Ipv4Addr};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{FORWARDED, HOST, HeaderName};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Request};
use serde_json::Value;

use crate::contract::client_context;
use crate::contract::forwarded::{Caller, FORWARDED_FOR, TrustedProxies};
use crate::contract::host_names::HostNames;
use crate::contract::trace_header::Trace;
use crate::domain::Scheme;
use crate::domain::web::FORWARDED_PROTO;
use crate::limits::CLIENT_CONTEXT_BASE64_BYTES_MAX;

/// A trace fits into a header, and is gone on with where it comes back.
pub(crate) fn trace_header(data: &[u8]) {
    let Ok(header) = HeaderValue::from_bytes(data) else {
        return;
    };
    let trace = Trace::continued(Some(&header));
    let guest = HeaderValue::from_str(&trace.guest).expect("a guest gets it in a header");
    assert!(trace.guest.len() < 1_024, "{}", trace.guest);
    if trace.guest.len() <= 512 {
        assert_eq!(Trace::continued(Some(&guest)).answer, trace.answer);
    }
}

/// The context is what was encoded, and is refused only where it is no object, or too long.
pub(crate) fn client_context(data: &[u8]) {
    if let Ok(header) = HeaderValue::from_bytes(data) {
        // Whatever it is, it is an answer.
        let _ = client_context::decoded(&header);
    }
    let encoded = HeaderValue::try_from(BASE64_STANDARD.encode(data)).expect("base64 is ASCII");
    let decoded = client_context::decoded(&encoded).ok();
    assert!(
        decoded
            .as_ref()
            .is_none_or(|context| context.text().as_bytes() == data)
    );
    let is_object = serde_json::from_slice::<Value>(data).is_ok_and(|value| value.is_object());
    if is_object && encoded.len() <= CLIENT_CONTEXT_BASE64_BYTES_MAX {
        assert!(decoded.is_some(), "an object was refused");
    }
}

/// A host that is let in is this one's, as another reader of authorities has it.
pub(crate) fn host_name(data: &[u8]) {
    const OWN: &str = "functions.example";
    let Ok(value) = HeaderValue::from_bytes(data) else {
        return;
    };
    let names = HostNames::of(&[OWN.into()]).expect("a name");
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers.insert(HOST, value);
    let authority = Authority::try_from(data);
    if let (Ok(()), Ok(authority)) = (names.check(None, &parts), authority) {
        let host = authority.host().to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host);
        let address = host.trim_start_matches('[').trim_end_matches(']');
        let is_local = host == "localhost" || host.ends_with(".localhost");
        assert!(
            is_local || host == OWN || address.parse::<IpAddr>().is_ok(),
            "'{host}' is no name of this host"
        );
    }
}

const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

/// Nobody's word counts but a proxy's, and whatever its client has sent along, it is the client that the proxy names
/// who is found. Lines begin with a letter that says which header they are.
pub(crate) fn forwarded(data: &[u8]) {
    let proxies = TrustedProxies::of(&["10.0.0.0/8".into(), "fd00::/8".into()]).expect("networks");
    let sent = sent(data);
    let at_the_end = |address| Caller::connected(Some(address), Scheme::Http);
    let connected = proxies.caller(at_the_end(CLIENT), &sent);
    assert_eq!(connected, at_the_end(CLIENT));
    let found = |headers: &HeaderMap| proxies.caller(at_the_end(PROXY), headers);
    let own_or_clients = [Some(PROXY), Some(CLIENT)];

    let mut plain = sent.clone();
    plain.remove(FORWARDED);
    let mut standard = sent.clone();
    standard.remove(FORWARDED_FOR);
    standard.remove(FORWARDED_PROTO);
    let on_same_line = with_last(&standard, FORWARDED, "for=203.0.113.9");
    assert!(own_or_clients.contains(&found(&on_same_line).address));
    let on_same_line = with_last(&plain, FORWARDED_FOR, "203.0.113.9");
    assert!(own_or_clients.contains(&found(&on_same_line).address));

    plain.append(FORWARDED_FOR, HeaderValue::from_static("203.0.113.9"));
    let caller = found(&plain);
    assert_eq!((caller.address, caller.vouched_entries), (Some(CLIENT), 1));
    let hop = HeaderValue::from_static("for=203.0.113.9;proto=https");
    standard.append(FORWARDED, hop.clone());
    let caller = found(&standard);
    assert_eq!(
        (caller.address, caller.scheme),
        (Some(CLIENT), Scheme::Https)
    );
    plain.append(FORWARDED, hop);
    assert!(own_or_clients.contains(&found(&plain).address));
}

/// The headers that the client sends.
fn sent(data: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n').take(16) {
        let Some((kind, value)) = line.split_first() else {
            continue;
        };
        let name = match kind {
            b'F' => FORWARDED,
            b'P' => FORWARDED_PROTO,
            _ => FORWARDED_FOR,
        };
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(name, value);
        }
    }
    headers
}

/// The headers, with this behind what stands in the last of a name, as some proxies write it.
fn with_last(headers: &HeaderMap, name: HeaderName, entry: &str) -> HeaderMap {
    let mut values: Vec<_> = headers.get_all(&name).into_iter().cloned().collect();
    let before = values.pop();
    let before = before.as_ref().map_or(&b""[..], HeaderValue::as_bytes);
    let last = [before, b", ", entry.as_bytes()].concat();
    let mut changed = headers.clone();
    changed.remove(&name);
    for value in values {
        changed.append(name.clone(), value);
    }
    changed.append(name, HeaderValue::try_from(last).expect("parts of headers"));
    changed
}
