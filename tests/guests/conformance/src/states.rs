//! Behaviours that leave something behind for the next call.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{fs, io, thread};

use serde_json::{Value, json};

use crate::call::{Answer, Call, Failure, answer, seconds, unfit};

const STORE: &str = "/tmp/conformance-store";

/// How many calls this environment has served before.
pub(crate) fn cache(_call: &Call) -> Answer {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    answer(&json!({ "counter": CALLS.fetch_add(1, Ordering::Relaxed) }))
}

/// Keeps a text in a file and a number in memory, each as the event says.
pub(crate) fn timeout_env(call: &Call) -> Answer {
    static NUMBER: Mutex<Option<Value>> = Mutex::new(None);
    let number = || NUMBER.lock().unwrap_or_else(PoisonError::into_inner);
    let event = call.value()?;
    if let Some(text) = event.get("write-file") {
        let text = text.as_str().ok_or_else(|| unfit(not_a_text(text)))?;
        fs::write(STORE, text).map_err(|error| failed("written", &error))?;
    } else if event.get("read-file").is_some() {
        let text = fs::read_to_string(STORE).map_err(|error| failed("read", &error))?;
        return answer(&json!({ "content": text }));
    } else if let Some(new) = event.get("set-number") {
        *number() = Some(new.clone());
    } else if event.get("read-number").is_some() {
        return answer(&json!({ "number": number().clone().unwrap_or_else(|| json!(0)) }));
    } else if let Some(time) = event.get("sleep") {
        thread::sleep(seconds(time)?);
    }
    answer(&Value::Null)
}

fn not_a_text(value: &Value) -> String {
    format!("`write-file` is {value} instead of a text")
}

fn failed(what: &str, error: &io::Error) -> Failure {
    Failure::new("IOError", format!("{STORE} cannot be {what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(event: &Value) -> String {
        let call = Call {
            event: event.to_string().into_bytes(),
            ..Call::default()
        };
        String::from_utf8(timeout_env(&call).expect("an answer")).expect("text")
    }

    #[test]
    fn a_number_is_kept_and_is_0_before() {
        assert_eq!(ask(&json!({ "read-number": true })), "{\"number\":0}");
        assert_eq!(ask(&json!({ "set-number": 42 })), "null");
        assert_eq!(ask(&json!({ "read-number": true })), "{\"number\":42}");
    }

    #[test]
    fn calls_are_counted_from_0() {
        let count = || cache(&Call::default()).expect("an answer");
        assert_eq!(count(), b"{\"counter\":0}");
        assert_eq!(count(), b"{\"counter\":1}");
    }
}
