//! A small blocking client of the Lambda API, for the commands that talk to a server.
//!
//! It signs nothing, since a Sparkler server asks for no signature, and speaks plain HTTP only.

mod address;
mod error;
mod events;
mod logs;
mod wire;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use ureq::http::{HeaderMap, Method, Request, Response, Uri};
use ureq::{Agent, Body};

use crate::contract::settings_members;
use crate::domain::settings::SettingsChange;
use crate::limits::{CLIENT_ANSWER_BYTES_MAX, CLIENT_CONNECT_MAX, CLIENT_WAIT_MAX};

pub(super) use address::{NotPlain, plain as plain_address};
pub(super) use error::ClientError;
pub(super) use events::{EventPage, EventSelection, ShownEvent};
pub(super) use logs::{EventQuery, LogEvent};
pub(super) use wire::FunctionConfiguration;

use wire::{FunctionPage, GetFunction, ServiceError, UpdateCode, create_function};

/// What a path segment may hold unescaped.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Most functions of one page of a list, as AWS bounds it.
const PAGE_FUNCTIONS_MAX: usize = 50;

/// A client of one server.
pub(super) struct Client {
    agent: Agent,
    endpoint: String,
}

/// An invocation to make.
#[derive(Clone, Debug, Default)]
pub(super) struct Invocation {
    pub(super) payload: Vec<u8>,
    pub(super) qualifier: Option<String>,
    /// JSON text.
    pub(super) client_context: Option<String>,
    pub(super) dry_run: bool,
    pub(super) wants_log: bool,
}

/// What came of an invocation.
#[derive(Clone, Debug)]
pub(super) struct Invoked {
    pub(super) status: u16,
    pub(super) payload: Vec<u8>,
    pub(super) request_id: Option<String>,
    pub(super) executed_version: Option<String>,
    /// The kind of failure, where the function failed.
    pub(super) function_error: Option<String>,
    pub(super) log: Option<String>,
}

impl Client {
    /// A client of the server at `endpoint`, a URL. Does not connect yet.
    pub(super) fn new(endpoint: &str) -> Result<Self, ClientError> {
        let endpoint = endpoint.trim_end_matches('/');
        let uri = plain_address(endpoint).map_err(|wrong| match wrong {
            NotPlain::Encrypted => ClientError::EncryptedEndpoint(endpoint.to_owned()),
            NotPlain::NoAddress => ClientError::BadEndpoint(endpoint.to_owned()),
        })?;
        Ok(Self {
            agent: agent(&uri),
            endpoint: endpoint.to_owned(),
        })
    }

    /// The configuration of a function, or `None` where there is none of that name.
    pub(super) fn function(
        &self,
        name: &str,
    ) -> Result<Option<FunctionConfiguration>, ClientError> {
        let path = format!("/2015-03-31/functions/{}", segment(name));
        match self.call::<GetFunction>(Method::GET, &path, None) {
            Ok(function) => Ok(Some(function.configuration)),
            Err(ClientError::Service { error_type, .. })
                if error_type == "ResourceNotFoundException" =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Creates a function.
    pub(super) fn create(
        &self,
        name: &str,
        package: &[u8],
        settings: &SettingsChange,
    ) -> Result<FunctionConfiguration, ClientError> {
        let request = create_function(name, BASE64.encode(package), settings.clone());
        self.call(Method::POST, "/2015-03-31/functions", Some(&request))
    }

    /// Replaces the code of a function.
    pub(super) fn update_code(
        &self,
        name: &str,
        package: &[u8],
    ) -> Result<FunctionConfiguration, ClientError> {
        let path = format!("/2015-03-31/functions/{}/code", segment(name));
        let request = UpdateCode::new(BASE64.encode(package));
        self.call(Method::PUT, &path, Some(&request.to_json()))
    }

    /// Changes the settings that are given.
    pub(super) fn update_settings(
        &self,
        name: &str,
        settings: &SettingsChange,
    ) -> Result<FunctionConfiguration, ClientError> {
        let path = format!("/2015-03-31/functions/{}/configuration", segment(name));
        self.call(
            Method::PUT,
            &path,
            Some(&json!(settings_members(settings.clone()))),
        )
    }

    /// Deletes a function.
    pub(super) fn delete(&self, name: &str) -> Result<(), ClientError> {
        let path = format!("/2015-03-31/functions/{}", segment(name));
        self.send(Method::DELETE, &path, &[], &[]).map(|_| ())
    }

    /// All functions, in the order of their names.
    pub(super) fn functions(&self) -> Result<Vec<FunctionConfiguration>, ClientError> {
        let mut functions = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let mut path = format!("/2015-03-31/functions?MaxItems={PAGE_FUNCTIONS_MAX}");
            if let Some(marker) = &marker {
                path.push_str(&format!("&Marker={}", segment(marker)));
            }
            let page: FunctionPage = self.call(Method::GET, &path, None)?;
            let is_progress = page.next_marker != marker;
            functions.extend(page.functions);
            marker = page
                .next_marker
                .filter(|marker| !marker.is_empty() && is_progress);
            if marker.is_none() {
                return Ok(functions);
            }
        }
    }

    /// Invokes a function and waits for its answer.
    pub(super) fn invoke(
        &self,
        name: &str,
        invocation: &Invocation,
    ) -> Result<Invoked, ClientError> {
        let mut path = format!("/2015-03-31/functions/{}/invocations", segment(name));
        if let Some(qualifier) = &invocation.qualifier {
            path.push_str(&format!("?Qualifier={}", segment(qualifier)));
        }
        let headers = invocation_headers(invocation);
        let response = self.send(Method::POST, &path, &headers, &invocation.payload)?;
        Ok(Invoked {
            status: response.status().as_u16(),
            request_id: header(response.headers(), "x-amzn-requestid"),
            executed_version: header(response.headers(), "x-amz-executed-version"),
            function_error: header(response.headers(), "x-amz-function-error"),
            log: header(response.headers(), "x-amz-log-result").and_then(|log| decode_log(&log)),
            payload: response.into_body(),
        })
    }

    fn call<T: serde::de::DeserializeOwned>(
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

    fn parsed<T: serde::de::DeserializeOwned>(
        &self,
        response: &Response<Vec<u8>>,
    ) -> Result<T, ClientError> {
        serde_json::from_slice(response.body()).map_err(|error| ClientError::NotLambda {
            endpoint: self.endpoint.clone(),
            reason: error.to_string(),
        })
    }

    /// Sends a request and reads the whole answer; one that is not a success is an error.
    fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, String)],
        body: &[u8],
    ) -> Result<Response<Vec<u8>>, ClientError> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.endpoint));
        for (name, value) in headers {
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

fn agent(endpoint: &Uri) -> Agent {
    let mut config = Agent::config_builder()
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

fn invocation_headers(invocation: &Invocation) -> Vec<(&'static str, String)> {
    let kind = if invocation.dry_run {
        "DryRun"
    } else {
        "RequestResponse"
    };
    let mut headers = vec![("x-amz-invocation-type", kind.to_owned())];
    if invocation.wants_log {
        headers.push(("x-amz-log-type", "Tail".to_owned()));
    }
    if let Some(context) = &invocation.client_context {
        headers.push(("x-amz-client-context", BASE64.encode(context)));
    }
    headers
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

fn decode_log(base64: &str) -> Option<String> {
    let bytes = BASE64.decode(base64).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests;
