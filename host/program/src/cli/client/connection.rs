//! A connection to a server: what every call needs, whatever it is about.

use std::net::IpAddr;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use ureq::http::{HeaderMap, Method, Request, Response, Uri};
use ureq::tls::TlsConfig;
use ureq::{Agent, Body};

use super::address::{is_encrypted, server};
use super::error::ClientError;
use super::signer::Signer;
use super::trust::Trust;
use super::wire::ServiceError;
use crate::limits::{CLIENT_ANSWER_BYTES_MAX, CLIENT_CONNECT_MAX, CLIENT_WAIT_MAX};

/// What a path segment may hold unescaped.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A client of one server.
pub(in crate::cli) struct Client {
    agent: Agent,
    endpoint: String,
    uri: Uri,
    /// Who calls, where the environment says so.
    signer: Option<Signer>,
}

impl Client {
    /// A client of the server at `endpoint`, a URL, which trusts these authorities. Does not connect yet.
    pub(in crate::cli) fn new(endpoint: &str, trust: &Trust) -> Result<Self, ClientError> {
        let endpoint = endpoint.trim_end_matches('/');
        let uri = server(endpoint).ok_or_else(|| ClientError::BadEndpoint(endpoint.to_owned()))?;
        let tls = match is_encrypted(&uri) {
            true => trust.config()?,
            false => TlsConfig::default(),
        };
        Ok(Self {
            agent: agent(&uri, tls),
            endpoint: endpoint.to_owned(),
            uri,
            signer: Signer::of(|name| std::env::var(name).ok()),
        })
    }

    /// Whether the server is on this very machine.
    pub(in crate::cli) fn is_of_this_machine(&self) -> bool {
        let host = self.uri.host().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse();
        host == "localhost" || address.is_ok_and(|address: IpAddr| address.is_loopback())
    }

    pub(super) fn call<T: serde::de::DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, ClientError> {
        let bytes = body
            .map(|body| body.to_string().into_bytes())
            .unwrap_or_default();
        let response = self.send(
            method,
            path,
            &[("content-type", "application/json".into())],
            &bytes,
        )?;
        self.parsed(&response)
    }

    pub(super) fn parsed<T: serde::de::DeserializeOwned>(
        &self,
        response: &Response<Vec<u8>>,
    ) -> Result<T, ClientError> {
        serde_json::from_slice(response.body()).map_err(|error| ClientError::NotLambda {
            endpoint: self.endpoint.clone(),
            reason: error.to_string(),
        })
    }

    /// Sends a request and reads the whole answer; one that is not a success is an error.
    pub(super) fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, String)],
        body: &[u8],
    ) -> Result<Response<Vec<u8>>, ClientError> {
        let mut request = Request::builder()
            .method(method.clone())
            .uri(format!("{}{path}", self.endpoint));
        let signature = self
            .signer
            .as_ref()
            .map(|signer| signer.headers(method.as_str(), &self.uri, path, headers, body));
        for (name, value) in headers.iter().chain(signature.iter().flatten()) {
            request = request.header(*name, value);
        }
        let unsendable = |error: ureq::http::Error| ClientError::BadRequest(error.to_string());
        let answer = match body {
            [] => self.agent.run(request.body(()).map_err(unsendable)?),
            body => self.agent.run(request.body(body).map_err(unsendable)?),
        };
        let response = answer
            .and_then(read_whole)
            .map_err(|error| ClientError::from_transport(&self.endpoint, &error))?;
        match response.status().is_success() {
            true => Ok(response),
            false => Err(self.refusal(&response)),
        }
    }

    fn refusal(&self, response: &Response<Vec<u8>>) -> ClientError {
        let status = response.status().as_u16();
        let error: ServiceError = serde_json::from_slice(response.body()).unwrap_or_default();
        let error_type = header(response.headers(), "x-amzn-errortype").or(error.error_type);
        match error_type {
            Some(error_type) => ClientError::Service {
                error_type: error_type.split(':').next().unwrap_or_default().to_owned(),
                message: error.message.unwrap_or_default(),
                status,
            },
            None => ClientError::NotLambda {
                endpoint: self.endpoint.clone(),
                reason: format!("status {status} without an error type"),
            },
        }
    }
}

fn agent(endpoint: &Uri, tls: TlsConfig) -> Agent {
    let mut config = Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(CLIENT_CONNECT_MAX))
        .timeout_recv_response(Some(CLIENT_WAIT_MAX))
        .timeout_await_100(Some(Duration::from_millis(200)))
        .user_agent(concat!("sparkler/", env!("CARGO_PKG_VERSION")));
    // A proxy cannot reach the loopback interface of this machine.
    if endpoint
        .host()
        .is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"))
    {
        config = config.proxy(None);
    }
    config.build().into()
}

fn read_whole(response: Response<Body>) -> Result<Response<Vec<u8>>, ureq::Error> {
    let (parts, mut body) = response.into_parts();
    let bytes = body
        .with_config()
        .limit(CLIENT_ANSWER_BYTES_MAX)
        .read_to_vec()?;
    Ok(Response::from_parts(parts, bytes))
}

/// A header, where it is one of text.
pub(super) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

/// `path` with those of these members in its query that have a value.
pub(super) fn with_query(path: &str, members: &[(&str, Option<&str>)]) -> String {
    let mut path = path.to_owned();
    for (name, value) in members {
        if let Some(value) = value {
            let separator = if path.contains('?') { '&' } else { '?' };
            path.push_str(&format!("{separator}{name}={}", segment(value)));
        }
    }
    path
}

/// A text as one segment of a path, or one value of a query.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}
