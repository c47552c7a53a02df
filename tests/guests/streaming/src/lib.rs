//! A guest that streams what its event says: a list of steps, such as `[{"do": "write", "text": "a"}]`.

use std::io::Write as _;

use serde::Deserialize;
use sparkler_guest::{Context, FunctionError, HttpHead, ResponseStream, streaming_handler};

/// Steps by themselves, or in the body of a request to the function's URL.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// By themselves.
    Steps(Vec<Step>),
    /// In the body, as JSON text; without one nothing is written.
    Request {
        /// The body.
        body: Option<String>,
    },
}

impl Event {
    fn steps(self) -> Result<Vec<Step>, serde_json::Error> {
        match self {
            Self::Steps(steps) => Ok(steps),
            Self::Request { body: Some(body) } => serde_json::from_str(&body),
            Self::Request { body: None } => Ok(Vec::new()),
        }
    }
}

/// One step of a response.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Step {
    /// Writes a text.
    Write {
        /// The text.
        text: String,
    },
    /// Writes as many pieces of so many bytes each.
    Fill {
        /// Bytes of a piece.
        bytes: usize,
        /// How many pieces; without it there is no end to them.
        pieces: Option<u64>,
    },
    /// Writes the request's id.
    Id,
    /// Writes how often this sandbox was invoked: 1 in a fresh one.
    Remember,
    /// Begins a response for HTTP, with a header.
    Head {
        /// The status.
        status: u16,
    },
    /// Writes a line to the log.
    Log {
        /// The line.
        text: String,
    },
    /// Fails.
    Fail {
        /// The error's type.
        #[serde(rename = "type")]
        error_type: String,
    },
    /// Panics.
    Panic,
    /// Computes for ever.
    Spin,
}

/// Does one step after the other.
#[streaming_handler]
pub fn stream(
    event: Event,
    context: Context,
    mut response: ResponseStream,
) -> Result<(), FunctionError> {
    remembered::count();
    for step in event.steps()? {
        take(step, &context, &mut response)?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what a function prints is its log")]
fn take(step: Step, context: &Context, response: &mut ResponseStream) -> Result<(), FunctionError> {
    match step {
        Step::Write { text } => response.write_all(text.as_bytes())?,
        Step::Fill { bytes, pieces } => fill(response, bytes, pieces)?,
        Step::Id => response.write_all(context.request_id.as_bytes())?,
        Step::Remember => write!(response, "{}", remembered::invocations())?,
        Step::Head { status } => {
            response.begin_http(&HttpHead::new(status).header("content-type", "text/plain"))?;
        }
        Step::Log { text } => println!("{text}"),
        Step::Fail { error_type } => return Err(FunctionError::new(error_type, "As it was told.")),
        Step::Panic => panic!("as it was told"),
        Step::Spin => loop {
            std::hint::spin_loop();
        },
    }
    Ok(())
}

fn fill(response: &mut ResponseStream, bytes: usize, pieces: Option<u64>) -> std::io::Result<()> {
    let piece = vec![b'x'; bytes];
    let mut left = pieces;
    while left != Some(0) {
        response.write_all(&piece)?;
        left = left.map(|left| left - 1);
    }
    Ok(())
}

mod remembered {
    use std::sync::atomic::{AtomicU64, Ordering};

    static INVOCATIONS: AtomicU64 = AtomicU64::new(0);

    pub(crate) fn count() {
        INVOCATIONS.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn invocations() -> u64 {
        INVOCATIONS.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_taken_in_their_order() {
        let steps = serde_json::from_str(
            r#"[{"do":"write","text":"a"},{"do":"fill","bytes":2,"pieces":2},{"do":"fail","type":"T"}]"#,
        );
        let (response, written) = ResponseStream::collected();
        let ended = stream(steps.expect("steps"), Context::default(), response);
        assert_eq!(ended.expect_err("it fails").error_type, "T");
        assert_eq!(written.text(), "axxxx");
    }
}
