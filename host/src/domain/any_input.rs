//! What holds of the domain's parsers, whatever they are given.

use bytes::Bytes;
use serde::de::IgnoredAny;

use super::address_kind::AddressKind;
use super::allow_http::AllowHttp;
use super::event_json::EventJson;
use super::grants::{parse_folders, secret_reference};
use super::network::Network;
use super::origin::{Host, Origin, Scheme};
use super::prelude;
use crate::limits::EVENT_NESTING_MAX;

/// An event is what `serde_json` takes for JSON, unless it is nested too deeply; what is none is told with a place in
/// it.
pub(crate) fn event_json(data: &[u8]) {
    let text = std::str::from_utf8(data).ok();
    let json = text.and_then(|text| serde_json::from_str::<IgnoredAny>(text).ok());
    let is_event = json.is_some() && nesting(data) <= EVENT_NESTING_MAX;
    match EventJson::parse(Bytes::copy_from_slice(data)) {
        Ok(event) => {
            assert!(is_event, "taken, though it is no JSON");
            assert_eq!(event.text(), data);
        }
        Err(error) => {
            assert!(!is_event, "refused, though it is JSON: {error}");
            let lines = 1 + data.iter().filter(|byte| **byte == b'\n').count();
            assert!((1..=lines).contains(&error.line), "{error}");
            assert!((1..=data.len() + 2).contains(&error.column), "{error}");
        }
    }
}

/// How many lists and objects of a sound text stand within each other.
fn nesting(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut is_escaped) = (false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// A prelude ends where the first eight zeros begin, however its answer comes in pieces.
pub(crate) fn prelude(data: &[u8]) {
    let zeros = |bytes: &[u8]| bytes.windows(8).position(|window| window == [0; 8]);
    let deciding = &data[..data.len().min(prelude::DECIDING_BYTES)];
    let end = zeros(deciding).filter(|_| data.starts_with(b"{"));
    let expected = end.map(|end| (&data[..end], &data[end + 8..]));
    assert_eq!(prelude::split(data), expected);
    for searched in [0, data.len() / 3, data.len() / 2, data.len()] {
        if zeros(&data[..searched]).is_none() {
            let has_ended = zeros(data).is_some();
            assert_eq!(
                prelude::has_ended(data, searched),
                has_ended,
                "from {searched}"
            );
        }
    }
}

/// What says what a function may reach: rules for requests, hosts, networks, folders and secrets. What is read says the
/// same when it is written and read again.
pub(crate) fn reach(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (text, hosts) = text.split_once('\n').unwrap_or((&text, "localhost"));
    // Those are told to whoever deploys.
    let _ = (parse_folders(text), secret_reference(text));
    if let Ok(network) = Network::of(text) {
        // The address before the slash need not be the network's own, yet it is in it.
        let address = text.split('/').next().unwrap_or(text);
        let address = address.trim_matches(['[', ']']).parse();
        assert!(address.is_ok_and(|address| network.contains(address)));
    }
    let Ok(rules) = AllowHttp::parse(text) else {
        return;
    };
    let written: Vec<_> = rules.rules().collect();
    assert_eq!(AllowHttp::parse(&written.join(" ")), Ok(rules.clone()));
    for host in hosts.split(' ').filter_map(Host::parse) {
        assert_eq!(Host::parse(&host.to_string()), Some(host.clone()));
        check_origin(&rules, host);
    }
}

/// An address that is not public is allowed by nothing but a rule that allows its origin.
fn check_origin(rules: &AllowHttp, host: Host) {
    let Host::Address(address) = host else { return };
    let origin = Origin {
        scheme: Scheme::Http,
        host,
        port: 80,
    };
    let is_special = AddressKind::of(address).is_some();
    if is_special && rules.check_address(&origin, address).is_ok() {
        assert!(
            rules.allows(&origin),
            "{origin} is not allowed, its address is"
        );
    }
}
