//! Signatures of requests.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use percent_encoding::percent_decode_str;
use sha2::{Digest as _, Sha256};

use super::request::request_of;
use crate::limits::CLOCK_SKEW_MAX;
use crate::sigv4::{
    self, Claim, Credentials, Denial, PathForm, Presented, Rules, Signable, SigningKey,
};

const KEY: &str = "SPKLCHECK00000000001";
const SECRET: &str = "a-secret-that-no-input-has-40-characters";
const REGION: &str = "us-east-1";
const SERVICE: &str = "lambda";

/// No request is believed as it comes; each is once somebody with the key has signed it, and none is after that where
/// a part of it was changed.
pub(crate) fn signature(data: &[u8]) {
    let Some(request) = request_of(data) else {
        return;
    };
    for now in [
        UNIX_EPOCH + Duration::from_secs(1_767_323_045),
        SystemTime::now(),
    ] {
        assert!(verified(&request, now).is_err(), "an input was believed");
    }
    let now = SystemTime::now();
    let Some(signed) = signed(&request, now) else {
        return;
    };
    assert_eq!(verified(&signed, now), Ok(()));
    assert!(verified(&signed, now + CLOCK_SKEW_MAX * 2).is_err());
    for changed in changed(&signed) {
        assert!(verified(&changed, now).is_err(), "{changed:?} was believed");
    }
}

fn verified(request: &Request<Bytes>, now: SystemTime) -> Result<(), Denial> {
    let uri = request.uri();
    let presented = Presented {
        method: request.method().as_str(),
        host: request
            .headers()
            .get(HOST)
            .map_or(b"", HeaderValue::as_bytes),
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        headers: request.headers(),
    };
    let rules = Rules {
        service: SERVICE,
        region: REGION,
        skew: CLOCK_SKEW_MAX,
        path: PathForm::EncodedAgain,
    };
    let claim = Claim::of(&presented)?;
    claim.check(&rules, now)?;
    let key = SigningKey::derive(SECRET.as_bytes(), claim.day(), REGION, SERVICE);
    let proof = claim.with(key, &presented, rules.path)?;
    proof.holds_for(&Sha256::digest(request.body()).into())
}

/// The request with no headers but its host and those that sign it; `None` where it names no host that can be signed.
fn signed(request: &Request<Bytes>, now: SystemTime) -> Option<Request<Bytes>> {
    let host = request.headers().get(HOST)?.to_str().ok()?;
    let is_plain = !host.is_empty() && !host.contains(char::is_whitespace);
    let query = request.uri().query().unwrap_or_default();
    let decoded = percent_decode_str(query).decode_utf8_lossy();
    // Those are signed otherwise, and what is no path is no request for a server.
    let is_path = request.uri().path().starts_with('/');
    if !is_plain || !is_path || decoded.to_ascii_lowercase().contains("x-amz-") {
        return None;
    }
    let signable = Signable {
        method: request.method().as_str(),
        host,
        path: request.uri().path(),
        query,
        service: SERVICE,
        region: REGION,
        headers: &[],
        body: request.body(),
    };
    let credentials = Credentials {
        access_key_id: KEY.into(),
        secret_access_key: SECRET.into(),
        session_token: None,
    };
    let mut headers = HeaderMap::new();
    headers.insert(HOST, HeaderValue::from_str(host).ok()?);
    for (name, value) in sigv4::headers(&signable, &credentials, now) {
        let value = HeaderValue::from_str(&value).expect("what signs is visible");
        headers.insert(HeaderName::from_static(name), value);
    }
    let mut signed = request.clone();
    *signed.headers_mut() = headers;
    Some(signed)
}

/// The request with another body, path, query, method and host, and with a header of AWS's that nobody has signed.
fn changed(signed: &Request<Bytes>) -> impl Iterator<Item = Request<Bytes>> {
    let changes: [fn(&mut Request<Bytes>); 6] = [
        |it| *it.body_mut() = [&it.body()[..], b" "].concat().into(),
        |it| target(it, |path, query| format!("{path}x?{query}")),
        |it| target(it, |path, query| format!("{path}?{query}&x=1")),
        |it| {
            let is_put = it.method() == http::Method::PUT;
            *it.method_mut() = if is_put {
                http::Method::POST
            } else {
                http::Method::PUT
            };
        },
        |it| {
            drop(
                it.headers_mut()
                    .insert(HOST, HeaderValue::from_static("another.host")),
            )
        },
        |it| {
            drop(
                it.headers_mut()
                    .insert("x-amz-log-type", HeaderValue::from_static("Tail")),
            )
        },
    ];
    changes.into_iter().filter_map(|change| {
        let mut changed = signed.clone();
        change(&mut changed);
        let of = |it: &Request<Bytes>| {
            let host = it.headers().get(HOST).cloned();
            (
                it.method().clone(),
                it.uri().clone(),
                host,
                it.headers().len(),
                it.body().clone(),
            )
        };
        (of(&changed) != of(signed)).then_some(changed)
    })
}

fn path_and_query(request: &Request<Bytes>) -> (String, String) {
    let uri = request.uri();
    (uri.path().into(), uri.query().unwrap_or_default().into())
}

fn target(request: &mut Request<Bytes>, change: impl FnOnce(&str, &str) -> String) {
    let (path, query) = path_and_query(request);
    if let Ok(changed) = change(&path, &query).parse() {
        *request.uri_mut() = changed;
    }
}
