//! A server for HTTP behind a function URL, and requests for it. All of it goes through the host's door, as it does
//! for those who use it.

use std::path::Path;

use anyhow::{Context as _, ensure};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use sparkler::contract::Door;
use sparkler::sandbox::Sandboxes;

use crate::calls::check_status;
use crate::echo::EVENT;

/// The function, which answers with the body of the request.
pub(crate) const NAME: &str = "web-echo";

/// Bytes that are read of a response at most: more than any of them has.
const RESPONSE_BYTES_MAX: usize = 64 * 1024;

/// Where its sources are.
pub(crate) fn sources() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/http-echo")
}

/// Gives the function a URL.
pub(crate) async fn open_url(door: &Door<Sandboxes>) -> anyhow::Result<()> {
    let settings = Bytes::from_static(br#"{"AuthType":"NONE"}"#);
    let response = door.clone().answer(of_url(Method::POST, settings)?).await;
    check_status(&response, StatusCode::CREATED)
}

/// The host name in that URL.
pub(crate) async fn host_name(door: &Door<Sandboxes>) -> anyhow::Result<String> {
    let response = door.clone().answer(of_url(Method::GET, Bytes::new())?);
    let shown: serde_json::Value = serde_json::from_slice(&body(response.await).await?)?;
    let url = shown["FunctionUrl"].as_str().context("a function URL")?;
    let host = url.split('/').nth(2);
    Ok(host.context("a function URL has a host")?.to_owned())
}

fn of_url(method: Method, settings: Bytes) -> anyhow::Result<Request> {
    let request = Request::builder()
        .method(method)
        .uri(format!("/2021-10-31/functions/{NAME}/url"))
        .header("host", "127.0.0.1:9001")
        .header("content-length", settings.len());
    Ok(request.body(Body::from(settings))?)
}

/// A request for the function, as a program sends it that posts something to a server.
pub(crate) fn request(host_name: &str) -> anyhow::Result<Request> {
    let request = Request::post("/orders?page=2")
        .header("host", host_name)
        .header("accept", "*/*")
        .header("content-type", "application/json")
        .header("content-length", EVENT.len())
        .header("user-agent", "sparkler-bench");
    Ok(request.body(Body::from(Bytes::from_static(EVENT)))?)
}

/// The whole body of a response.
pub(crate) async fn body(response: Response) -> anyhow::Result<Bytes> {
    check_status(&response, StatusCode::OK)?;
    Ok(to_bytes(response.into_body(), RESPONSE_BYTES_MAX).await?)
}

/// Whether the function answered as it should have.
pub(crate) fn check(body: &Bytes) -> anyhow::Result<()> {
    ensure!(body == EVENT, "the server answered {body:?}");
    Ok(())
}
