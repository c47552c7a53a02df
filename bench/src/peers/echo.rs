//! Where a server is called, and whether it echoes: one that answers with an error, or always the same, would
//! else be measured as quick.

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use serde_json::{Value, json};
use ureq::http::Response;
use ureq::{Agent, Body};

/// How long one call may take.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// The largest answer that is read.
const ANSWER_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Where a server is called.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    /// Names and values of headers that it wants.
    pub(crate) headers: Vec<(String, String)>,
}

/// Why a server cannot be measured.
#[derive(Debug)]
pub(crate) struct EchoError(String);

impl Endpoint {
    /// One that wants no headers.
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            headers: Vec::new(),
        }
    }

    /// Sends something that it cannot have seen, and looks whether the same comes back.
    pub(crate) async fn check_echo(&self) -> Result<(), EchoError> {
        let sent = json!({ "name": format!("World {:?}", SystemTime::now()) });
        let answer = self.post(sent.to_string().into_bytes()).await?;
        match serde_json::from_slice::<Value>(&answer) {
            // Emulators write the same value with other blanks.
            Ok(answer) if answer == sent => Ok(()),
            _ => {
                let start = String::from_utf8_lossy(&answer)
                    .chars()
                    .take(200)
                    .collect::<String>();
                Err(EchoError(format!(
                    "it was sent {sent} and answered {start}"
                )))
            }
        }
    }

    /// Whether these very bytes come back.
    pub(crate) async fn check_echo_of(&self, body: &[u8]) -> Result<(), EchoError> {
        let answer = self.post(body.to_vec()).await?;
        match answer == body {
            true => Ok(()),
            false => Err(EchoError(format!(
                "it was sent {} bytes and answered {} others",
                body.len(),
                answer.len()
            ))),
        }
    }

    /// Whether anything answers.
    pub(crate) async fn check_answer(&self) -> Result<(), EchoError> {
        let url = self.url.clone();
        let called = in_background(move || agent().get(&url).call()).await;
        called
            .map(drop)
            .map_err(|error| EchoError(format!("{error:#}")))
    }

    /// The answer to a body, which has to be a success.
    pub(crate) async fn post(&self, body: Vec<u8>) -> Result<Vec<u8>, EchoError> {
        let endpoint = self.clone();
        let called = in_background(move || {
            let mut request = agent().post(&endpoint.url);
            for (name, value) in &endpoint.headers {
                request = request.header(name, value);
            }
            let mut response: Response<Body> = request.send(body)?;
            let status = response.status();
            let limit = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
            Ok((status, limit.read_to_vec()?))
        });
        let (status, answer) = called
            .await
            .map_err(|error| EchoError(format!("{error:#}")))?;
        match status.is_success() {
            true => Ok(answer),
            false => Err(EchoError(format!(
                "it answered {status}: {}",
                String::from_utf8_lossy(&answer)
                    .chars()
                    .take(200)
                    .collect::<String>()
            ))),
        }
    }
}

impl std::fmt::Display for EchoError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for EchoError {}

async fn in_background<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, ureq::Error> + Send + 'static,
) -> anyhow::Result<T> {
    let called = tokio::task::spawn_blocking(call).await;
    Ok(called.context("a call was broken off")??)
}

fn agent() -> Agent {
    // Everything is on this machine, where no proxy leads.
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(ANSWER_MAX))
        .proxy(None);
    config.build().into()
}
