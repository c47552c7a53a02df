//! Signed requests over plain HTTP.

use std::time::SystemTime;

use ureq::Agent;
use ureq::http::{Request as HttpRequest, StatusCode, Uri};

use super::Undelivered;
use super::signature::{self, Credentials, Signable};
use crate::limits::{DELIVERY_ANSWER_BYTES_MAX, DELIVERY_DURATION_MAX};

/// How much of a destination's refusal is told.
const TOLD_CHARS_MAX: usize = 300;

/// A POST to a service of AWS, or to what stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) url: String,
    /// `sqs` or `sns`.
    pub(super) service: &'static str,
    pub(super) region: String,
    /// Beside those of every request; names in lower case.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

/// Sends requests, and keeps connections open between them.
#[derive(Clone)]
pub(super) struct HttpClient(Agent);

impl Default for HttpClient {
    fn default() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(DELIVERY_DURATION_MAX))
            .user_agent(concat!("sparkler/", env!("CARGO_PKG_VERSION")))
            .build();
        Self(config.into())
    }
}

impl HttpClient {
    /// Signs and sends a request. Blocks.
    pub(super) fn send(
        &self,
        request: &Request,
        credentials: &Credentials,
    ) -> Result<(), Undelivered> {
        let uri: Uri = request
            .url
            .parse()
            .map_err(|_| Undelivered::ForGood(format!("{} is not a URL.", request.url)))?;
        let signable = Signable {
            host: uri.authority().map_or("", |authority| authority.as_str()),
            path: uri.path(),
            service: request.service,
            region: &request.region,
            headers: &request.headers,
            body: &request.body,
        };
        let signed = signature::headers(&signable, credentials, SystemTime::now());
        let mut post = HttpRequest::post(&uri);
        for (name, value) in request.headers.iter().chain(&signed) {
            post = post.header(*name, value);
        }
        let failed = |error: &dyn std::fmt::Display| {
            Undelivered::ForNow(format!("{} cannot be reached: {error}.", request.url))
        };
        let post = post
            .body(&request.body[..])
            .map_err(|error| failed(&error))?;
        let answer = self.0.run(post).map_err(|error| failed(&error))?;
        let status = answer.status();
        // Read to its end, so that the connection can be used again.
        let text = answer
            .into_body()
            .with_config()
            .limit(DELIVERY_ANSWER_BYTES_MAX)
            .read_to_vec()
            .map_err(|error| failed(&error))?;
        if status.is_success() {
            return Ok(());
        }
        let text: String = String::from_utf8_lossy(&text)
            .chars()
            .take(TOLD_CHARS_MAX)
            .collect();
        let reason = format!("{} answered with status {status}: {text}", request.url);
        Err(match status {
            // A character or a size that it does not take says nothing about other messages.
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => Undelivered::Refused(reason),
            _ => Undelivered::ForNow(reason),
        })
    }
}
