//! Who calls: the key in the environment, where the tools of AWS find it, too.

use std::time::SystemTime;

use sparkler::Credentials;
use sparkler::internals::{Signable, signed_headers};
use ureq::http::Uri;

/// What is signed where the environment names no region, as `sparkler serve` plays it.
const REGION: &str = "us-east-1";

/// A key, and the region for which it signs.
pub(super) struct Signer {
    credentials: Credentials,
    region: String,
}

impl Signer {
    /// The key that these variables name; `None` where they name none.
    pub(super) fn of(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        Some(Self {
            credentials: Credentials {
                access_key_id: given("AWS_ACCESS_KEY_ID")?,
                secret_access_key: given("AWS_SECRET_ACCESS_KEY")?,
                session_token: given("AWS_SESSION_TOKEN"),
            },
            region: given("AWS_REGION")
                .or_else(|| given("AWS_DEFAULT_REGION"))
                .unwrap_or_else(|| REGION.into()),
        })
    }

    /// What signs a request to `path` of the server at `server`.
    pub(super) fn headers(
        &self,
        method: &str,
        server: &Uri,
        path: &str,
        headers: &[(&'static str, String)],
        body: &[u8],
    ) -> Vec<(&'static str, String)> {
        let authority = server.authority();
        let is_of_logs = headers.iter().any(|(name, _)| *name == "x-amz-target");
        let below = server.path().trim_end_matches('/');
        let whole = [below, path].concat();
        let (path, query) = whole.split_once('?').unwrap_or((&whole, ""));
        let signable = Signable {
            method,
            host: authority
                .map(|authority| authority.as_str())
                .unwrap_or_default(),
            path,
            query,
            service: if is_of_logs { "logs" } else { "lambda" },
            region: &self.region,
            headers,
            body,
        };
        signed_headers(&signable, &self.credentials, SystemTime::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(variables: &[(&str, &str)]) -> Option<Signer> {
        Signer::of(|name| {
            let found = variables.iter().find(|(found, _)| *found == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    const KEY: [(&str, &str); 2] = [
        ("AWS_ACCESS_KEY_ID", "SPKL0123456789ABCDEF"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];

    #[test]
    fn nothing_is_signed_without_a_whole_key() {
        assert!(signer(&[]).is_none());
        assert!(signer(&KEY[..1]).is_none());
        assert!(signer(&[KEY[0], ("AWS_SECRET_ACCESS_KEY", "")]).is_none());
        assert_eq!(signer(&KEY).expect("a key").region, "us-east-1");
    }

    #[test]
    fn a_request_is_signed_for_its_service_and_region() {
        let variables = [
            KEY[0],
            KEY[1],
            ("AWS_REGION", "eu-west-1"),
            ("AWS_SESSION_TOKEN", "t"),
        ];
        let signer = signer(&variables).expect("a key");
        let server: Uri = "http://127.0.0.1:9001".parse().expect("a URL");
        let scope = |headers: &[(&'static str, String)]| {
            let signed = signer.headers("POST", &server, "/?a=b", headers, b"{}");
            assert!(
                signed
                    .iter()
                    .any(|(name, value)| *name == "x-amz-security-token" && value == "t")
            );
            let (_, value) = signed.into_iter().last().expect("headers");
            value
        };
        assert!(
            scope(&[]).contains("/eu-west-1/lambda/aws4_request, SignedHeaders=host;x-amz-date;")
        );
        let of_logs = scope(&[("x-amz-target", "Logs_20140328.DescribeLogGroups".into())]);
        assert!(
            of_logs.contains("/eu-west-1/logs/aws4_request"),
            "{of_logs}"
        );
    }
}
