//! Greets who is named: a typed event, a typed answer, a typed error, and a line in the log.

use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sparkler_guest::{Context, FunctionError, handler};

/// Whom to greet, and how long to think about it.
#[derive(Deserialize)]
pub struct Request {
    /// Whom to greet.
    pub name: String,
    /// Milliseconds to sleep first: with a long sleep the function runs into its timeout.
    #[serde(default)]
    pub sleep_ms: u64,
}

/// The greeting.
#[derive(Debug, PartialEq, Serialize)]
pub struct Greeting {
    /// A sentence.
    pub message: String,
}

/// Why nobody was greeted.
#[derive(Debug, PartialEq)]
pub enum Refusal {
    /// The name was empty.
    EmptyName,
}

impl From<Refusal> for FunctionError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::EmptyName => Self::new(
                "EmptyName",
                "There is nobody to greet: `name` is empty. Send one, such as {\"name\": \"Ada\"}.",
            ),
        }
    }
}

/// Greets who is named.
#[handler]
#[expect(clippy::print_stdout, reason = "what a function prints is its log")]
pub fn hello(request: Request, context: Context) -> Result<Greeting, Refusal> {
    println!(
        "greeting {:?}, {} ms before the deadline",
        request.name,
        context.remaining_time().as_millis()
    );
    thread::sleep(Duration::from_millis(request.sleep_ms));
    if request.name.is_empty() {
        return Err(Refusal::EmptyName);
    }
    Ok(Greeting {
        message: format!("Hello, {}!", request.name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(name: &str) -> Result<Greeting, Refusal> {
        let request = Request {
            name: name.into(),
            sleep_ms: 0,
        };
        hello(request, Context::default())
    }

    #[test]
    fn who_is_named_is_greeted() {
        let greeting = ask("Ada").expect("a greeting");
        assert_eq!(greeting.message, "Hello, Ada!");
    }

    #[test]
    fn an_empty_name_is_a_typed_error() {
        let error = FunctionError::from(ask("").expect_err("nobody to greet"));
        assert_eq!(error.error_type, "EmptyName");
    }
}
