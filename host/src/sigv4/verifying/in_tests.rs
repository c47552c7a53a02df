//! Requests for the tests of what verifies signatures.

use std::time::SystemTime;

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use sha2::{Digest as _, Sha256};

use super::{Claim, Denial, PathForm, Presented, Rules};
use crate::domain::times;
use crate::limits::CLOCK_SKEW_MAX;
use crate::sigv4::{SigningKey, canonical};

/// The secret of AWS's examples.
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A request, of which each part can be changed.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// In their order, the host among them.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Sent {
    /// A request as it stands in a file: its line, its headers, of which some go on in the next line, its body.
    pub(crate) fn parse(text: &str) -> Self {
        Self::folded(text, false)
    }

    /// The same, where each line of a header may be a value of its own, as older vectors have it.
    pub(crate) fn folded(text: &str, into_values: bool) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines().filter(|line| !line.is_empty());
        let line = lines.next().expect("a line of a request");
        let (method, rest) = line.split_once(' ').expect("a method");
        let (target, _) = rest.rsplit_once(' ').expect("a version");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines {
            match line.split_once(':') {
                Some((name, value)) if !line.starts_with([' ', '\t']) => {
                    headers.push((name.to_owned(), value.to_owned()));
                }
                _ if into_values => {
                    let (name, _) = headers.last().expect("a header goes on").clone();
                    headers.push((name, line.to_owned()));
                }
                _ => {
                    let (_, before) = headers.last_mut().expect("a header goes on");
                    before.push_str(line);
                }
            }
        }
        Self {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            headers,
            body: body.as_bytes().to_vec(),
        }
    }

    pub(crate) fn header(&self, wanted: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        all.find_map(|(name, value)| name.eq_ignore_ascii_case(wanted).then_some(value.as_str()))
    }

    /// What is said of this request by somebody with the secret, at the time that it names.
    pub(crate) fn verified(&self, rules: &Rules<'_>, secret: &str) -> Result<(), Denial> {
        self.seen(|request| {
            let claim = Claim::of(request)?;
            let now = times::parse_compact(&claim.time.text).expect("a time");
            self.verified_at(now, rules, secret)
        })
    }

    pub(crate) fn verified_at(
        &self,
        now: SystemTime,
        rules: &Rules<'_>,
        secret: &str,
    ) -> Result<(), Denial> {
        self.seen(|request| {
            let claim = Claim::of(request)?;
            claim.check(rules, now)?;
            let key =
                SigningKey::derive(secret.as_bytes(), claim.day(), rules.region, rules.service);
            let proof = claim.with(key, request, rules.path)?;
            proof.holds_for(&Sha256::digest(&self.body).into())
        })
    }

    /// The canonical form up to the hash of the body.
    pub(crate) fn canonical_head(&self, path: PathForm) -> Result<String, Denial> {
        self.seen(|request| {
            let head = Claim::of(request)?.canonical_head(request, path)?;
            Ok(String::from_utf8_lossy(&head).into_owned())
        })
    }

    fn seen<T>(&self, see: impl FnOnce(&Presented<'_>) -> T) -> T {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("the name of a header");
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
            headers.append(name, value);
        }
        let host = headers.get("host").cloned();
        let host = host.unwrap_or(HeaderValue::from_static(""));
        see(&Presented {
            method: &self.method,
            host: host.as_bytes(),
            path: &self.path,
            query: &self.query,
            headers: &headers,
        })
    }
}

/// The rules for `service`, with the path as services but S3 have it.
pub(crate) fn rules(service: &str) -> Rules<'_> {
    Rules {
        service,
        region: "us-east-1",
        skew: CLOCK_SKEW_MAX,
        path: PathForm::EncodedAgain,
    }
}

/// A path as S3 and the published suites have it.
pub(super) fn encoded_once(path: &str, is_resolved: bool) -> String {
    let bytes: Vec<u8> = percent_decode_str(path).collect();
    let mut encoded = String::new();
    canonical::encode(&mut encoded, &bytes, true);
    if !is_resolved {
        return encoded;
    }
    let mut parts = Vec::new();
    for part in encoded.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let is_folder = encoded.ends_with('/') && !parts.is_empty();
    let end = if is_folder { "/" } else { "" };
    ["/", &parts.join("/"), end].concat()
}
