//! The calls about functions: their life, and their invocation.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;
use sparkler::internals::{SettingsChange, settings_members};
use ureq::http::Method;

use super::connection::{Client, header, segment};
use super::error::ClientError;
use super::wire::{FunctionConfiguration, FunctionPage, GetFunction, UpdateCode, create_function};

/// Most functions of one page of a list, as AWS bounds it.
const PAGE_FUNCTIONS_MAX: usize = 50;

/// An invocation to make.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Invocation {
    pub(in crate::cli) payload: Vec<u8>,
    pub(in crate::cli) qualifier: Option<String>,
    /// JSON text.
    pub(in crate::cli) client_context: Option<String>,
    pub(in crate::cli) dry_run: bool,
    pub(in crate::cli) wants_log: bool,
}

/// What came of an invocation.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Invoked {
    pub(in crate::cli) status: u16,
    pub(in crate::cli) payload: Vec<u8>,
    pub(in crate::cli) request_id: Option<String>,
    pub(in crate::cli) executed_version: Option<String>,
    /// The kind of failure, where the function failed.
    pub(in crate::cli) function_error: Option<String>,
    pub(in crate::cli) log: Option<String>,
}

impl Client {
    /// The configuration of a function, or `None` where there is none of that name.
    pub(in crate::cli) fn function(
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
    pub(in crate::cli) fn create(
        &self,
        name: &str,
        package: &[u8],
        settings: &SettingsChange,
    ) -> Result<FunctionConfiguration, ClientError> {
        let request = create_function(name, BASE64.encode(package), settings.clone());
        self.call(Method::POST, "/2015-03-31/functions", Some(&request))
    }

    /// Replaces the code of a function.
    pub(in crate::cli) fn update_code(
        &self,
        name: &str,
        package: &[u8],
    ) -> Result<FunctionConfiguration, ClientError> {
        let path = format!("/2015-03-31/functions/{}/code", segment(name));
        let request = UpdateCode::new(BASE64.encode(package));
        self.call(Method::PUT, &path, Some(&request.to_json()))
    }

    /// Changes the settings that are given.
    pub(in crate::cli) fn update_settings(
        &self,
        name: &str,
        settings: &SettingsChange,
    ) -> Result<FunctionConfiguration, ClientError> {
        let path = format!("/2015-03-31/functions/{}/configuration", segment(name));
        let members = json!(settings_members(settings.clone()));
        self.call(Method::PUT, &path, Some(&members))
    }

    /// Deletes a function.
    pub(in crate::cli) fn delete(&self, name: &str) -> Result<(), ClientError> {
        let path = format!("/2015-03-31/functions/{}", segment(name));
        self.send(Method::DELETE, &path, &[], &[]).map(|_| ())
    }

    /// All functions, in the order of their names.
    pub(in crate::cli) fn functions(&self) -> Result<Vec<FunctionConfiguration>, ClientError> {
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
    pub(in crate::cli) fn invoke(
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

fn decode_log(base64: &str) -> Option<String> {
    let bytes = BASE64.decode(base64).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
