//! A guest that sends the HTTP requests that its event names, and answers with what became of each.

mod send;

use std::cell::RefCell;

use serde::{Deserialize, Serialize};
use sparkler_guest::handler;
use std::collections::BTreeMap;
use wasip2::http::types::{FutureIncomingResponse, IncomingResponse};

/// What to send.
#[derive(Debug, Deserialize)]
pub struct Event {
    /// The requests.
    pub requests: Vec<Request>,
    /// Sends all of them before it looks for the first response.
    #[serde(default)]
    pub at_once: bool,
    /// Reads no body, and keeps the responses for as long as the sandbox lives.
    #[serde(default)]
    pub keep: bool,
}

/// One request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Request {
    /// Where to.
    pub url: String,
    /// GET where there is none.
    pub method: Option<String>,
    /// Headers.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Option<String>,
    /// Traps after it has written the body, before it has ended it.
    pub trap: bool,
    /// Time for the connection.
    pub connect_ms: Option<u64>,
    /// Time for the first byte.
    pub first_byte_ms: Option<u64>,
    /// Time between two bytes.
    pub between_bytes_ms: Option<u64>,
}

/// What became of a request.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// It was answered.
    Answered {
        /// The status.
        status: u16,
        /// The headers.
        headers: BTreeMap<String, String>,
        /// How much there was in the body.
        bytes: usize,
        /// The first of it.
        text: String,
    },
    /// It was not, or not to the end.
    Failed {
        /// The error code, as Rust shows it.
        error: String,
    },
}

thread_local! {
    static KEPT: RefCell<Vec<IncomingResponse>> = const { RefCell::new(Vec::new()) };
}

/// Sends what the event names.
#[handler]
pub fn send_all(event: Event) -> Result<Vec<Outcome>, serde_json::Error> {
    let finish = |sent: Result<FutureIncomingResponse, String>| finish(sent, event.keep);
    if event.at_once {
        let sent: Vec<_> = event.requests.iter().map(send::send).collect();
        return Ok(sent.into_iter().map(finish).collect());
    }
    Ok(event.requests.iter().map(send::send).map(finish).collect())
}

fn finish(sent: Result<FutureIncomingResponse, String>, keep: bool) -> Outcome {
    let outcome = sent.and_then(|sent| {
        let response = send::receive(&sent)?;
        let (status, headers) = (response.status(), send::headers(&response));
        let (bytes, text) = match keep {
            true => {
                KEPT.with_borrow_mut(|kept| kept.push(response));
                (0, String::new())
            }
            false => send::read(&response)?,
        };
        Ok(Outcome::Answered {
            status,
            headers,
            bytes,
            text,
        })
    });
    outcome.unwrap_or_else(|error| Outcome::Failed { error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_needs_nothing_but_addresses() {
        let event = r#"{"requests": [{"url": "http://a.example/"}]}"#;
        let event: Event = serde_json::from_str(event).expect("an event");
        assert_eq!(event.requests[0].method, None);
        assert!(!event.at_once && !event.keep);
    }
}
