//! Requests by the bare interface of WASI.

use std::collections::BTreeMap;

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme, http_error_code,
};
use wasip2::io::streams::StreamError;

use crate::Request;

const CHUNK_BYTES: usize = 4096;

/// What is answered of a body.
const TEXT_BYTES_MAX: usize = 4096;

/// Sends a request with its body.
pub(crate) fn send(request: &Request) -> Result<FutureIncomingResponse, String> {
    let headers = request.headers.iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
        .collect();
    let headers = Fields::from_list(&headers).map_err(shown)?;
    let outgoing = OutgoingRequest::new(headers);
    let invalid = |what: &str| format!("Invalid{what}");
    let (scheme, rest) = request.url.split_once("://").ok_or(invalid("Url"))?;
    let end_of_authority = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end_of_authority);
    let method = request.method.as_deref().unwrap_or("GET");
    outgoing
        .set_method(&method_named(method))
        .map_err(|()| invalid("Method"))?;
    outgoing
        .set_scheme(Some(&scheme_named(scheme)))
        .map_err(|()| invalid("Scheme"))?;
    outgoing
        .set_authority(Some(authority))
        .map_err(|()| invalid("Authority"))?;
    outgoing
        .set_path_with_query(Some(path))
        .map_err(|()| invalid("Path"))?;
    let body = request.body.as_ref().map(|text| (outgoing.body(), text));
    let sent = handle(outgoing, Some(options(request))).map_err(shown)?;
    if let Some((body, text)) = body {
        let body = body.map_err(|()| invalid("Body"))?;
        write(&body, text.as_bytes())?;
        assert!(!request.trap, "the body is not at its end");
        OutgoingBody::finish(body, None).map_err(shown)?;
    }
    Ok(sent)
}

fn options(request: &Request) -> RequestOptions {
    let options = RequestOptions::new();
    let nanoseconds =
        |milliseconds: Option<u64>| milliseconds.map(|ms| ms.saturating_mul(1_000_000));
    // The host keeps them as they are; what it makes of them shows in what follows.
    let _ = options.set_connect_timeout(nanoseconds(request.connect_ms));
    let _ = options.set_first_byte_timeout(nanoseconds(request.first_byte_ms));
    let _ = options.set_between_bytes_timeout(nanoseconds(request.between_bytes_ms));
    options
}

fn write(body: &OutgoingBody, bytes: &[u8]) -> Result<(), String> {
    let stream = body.write().map_err(|()| "NoStream".to_owned())?;
    for chunk in bytes.chunks(CHUNK_BYTES) {
        stream.blocking_write_and_flush(chunk).map_err(shown)?;
    }
    Ok(())
}

/// Waits for the head of a response.
pub(crate) fn receive(sent: &FutureIncomingResponse) -> Result<IncomingResponse, String> {
    sent.subscribe().block();
    match sent.get() {
        Some(Ok(received)) => received.map_err(shown),
        Some(Err(())) | None => Err("NotReady".into()),
    }
}

/// The headers of a response, as text.
pub(crate) fn headers(response: &IncomingResponse) -> BTreeMap<String, String> {
    let headers = response.headers().entries().into_iter();
    headers
        .map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned()))
        .collect()
}

/// Reads a response to its end; gives how much there was, and the first of it.
pub(crate) fn read(response: &IncomingResponse) -> Result<(usize, String), String> {
    let body = response.consume().map_err(|()| "NoBody".to_owned())?;
    let stream = body.stream().map_err(|()| "NoStream".to_owned())?;
    let (mut bytes, mut first) = (0, Vec::new());
    loop {
        match stream.blocking_read(CHUNK_BYTES as u64) {
            Ok(read) => {
                bytes += read.len();
                let room = TEXT_BYTES_MAX - first.len();
                first.extend_from_slice(&read[..read.len().min(room)]);
            }
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => {
                let code = http_error_code(&error);
                return Err(code.map_or_else(|| error.to_debug_string(), shown));
            }
        }
    }
    Ok((bytes, String::from_utf8_lossy(&first).into_owned()))
}

fn method_named(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "CONNECT" => Method::Connect,
        other => Method::Other(other.to_owned()),
    }
}

fn scheme_named(name: &str) -> Scheme {
    match name {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    }
}

/// `ErrorCode::HttpRequestDenied` shows its name alone.
fn shown(error: impl std::fmt::Debug) -> String {
    let text = format!("{error:?}");
    text.trim_start_matches("ErrorCode::").to_owned()
}
