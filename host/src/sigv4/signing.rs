//! Signing a request.

use std::fmt::{self, Write as _};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use super::canonical::{self, path_encoded_again};
use super::key::SigningKey;
use super::terms::{ALGORITHM, TERMINATOR};
use crate::domain::{hex, times};

/// Who signs.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The id of the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: String,
    /// Of temporary credentials.
    pub session_token: Option<String>,
}

impl Default for Credentials {
    /// What local queues take.
    fn default() -> Self {
        Self {
            access_key_id: "test".into(),
            secret_access_key: "test".into(),
            session_token: None,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// What of a request is signed.
#[derive(Clone, Copy, Debug)]
pub struct Signable<'a> {
    /// In capitals.
    pub method: &'a str,
    /// With the port, where the URL names one.
    pub host: &'a str,
    /// As it is sent.
    pub path: &'a str,
    /// As it is sent; empty where there is none.
    pub query: &'a str,
    /// Such as `lambda`.
    pub service: &'a str,
    /// Such as `us-east-1`.
    pub region: &'a str,
    /// Names in lower case.
    pub headers: &'a [(&'static str, String)],
    /// All of it.
    pub body: &'a [u8],
}

/// The headers that sign a request which is sent at `now`.
pub fn headers(
    request: &Signable<'_>,
    credentials: &Credentials,
    now: SystemTime,
) -> Vec<(&'static str, String)> {
    let time = times::compact(now);
    let mut added = vec![("x-amz-date", time.clone())];
    if let Some(token) = &credentials.session_token {
        added.push(("x-amz-security-token", token.clone()));
    }
    let mut signed: Vec<(&str, &str)> = request
        .headers
        .iter()
        .chain(&added)
        .map(|(name, value)| (*name, value.trim()))
        .collect();
    signed.push(("host", request.host));
    signed.sort_unstable();
    let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");

    let path = path_encoded_again(request.path);
    let query = canonical::query(request.query, |_| false);
    let mut canonical = format!("{}\n{path}\n{query}\n", request.method);
    for (name, value) in &signed {
        let _ = writeln!(canonical, "{name}:{value}");
    }
    let _ = write!(
        canonical,
        "\n{names}\n{}",
        hex(&Sha256::digest(request.body))
    );

    let (region, service) = (request.region, request.service);
    let scope = format!("{}/{region}/{service}/{TERMINATOR}", &time[..8]);
    let text = format!(
        "{ALGORITHM}\n{time}\n{scope}\n{}",
        hex(&Sha256::digest(canonical.as_bytes()))
    );
    let secret = credentials.secret_access_key.as_bytes();
    let key = SigningKey::derive(secret, &time[..8], region, service);
    added.push((
        "authorization",
        format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature={}",
            credentials.access_key_id,
            hex(&key.sign(&text))
        ),
    ));
    added
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    /// Both expectations were made with the signer of AWS's own Python library.
    #[test]
    fn requests_are_signed_as_aws_signs_them() {
        let plain = Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: None,
        };
        // 2026-01-02T03:04:05Z.
        let now = UNIX_EPOCH + Duration::from_secs(1_767_323_045);
        let request = Signable {
            host: "127.0.0.1:9001",
            method: "POST",
            path: "/2015-03-31/functions/hello/invocations",
            query: "",
            service: "lambda",
            region: "us-east-1",
            headers: &[],
            body: b"{\"a\":1}",
        };
        let signed = headers(&request, &plain, now);
        assert_eq!(signed[0], ("x-amz-date", "20260102T030405Z".to_owned()));
        assert_eq!(
            signed[1].1,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/lambda/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=238fcd4de1cd4a6e27df5edc28827ac782a1f00b6822a0eba226ee8cb3165f26"
        );
    }

    #[test]
    fn a_session_token_is_signed() {
        let credentials = Credentials {
            session_token: Some("TOKEN".into()),
            ..Credentials::default()
        };
        let content_type = [("content-type", "text/plain".to_owned())];
        let request = Signable {
            host: "h",
            method: "POST",
            path: "/",
            query: "",
            service: "sqs",
            region: "us-east-1",
            headers: &content_type,
            body: b"",
        };
        let signed = headers(&request, &credentials, UNIX_EPOCH);
        assert_eq!(signed[1], ("x-amz-security-token", "TOKEN".to_owned()));
        let names = "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,";
        assert!(signed[2].1.contains(names), "{}", signed[2].1);
    }

    #[test]
    fn the_secret_is_not_shown() {
        let shown = format!("{:?}", Credentials::default());
        assert_eq!(shown, "Credentials { access_key_id: \"test\", .. }");
    }
}
