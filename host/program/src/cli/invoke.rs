//! `sparkler invoke`: calls a function.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde::de::IgnoredAny;
use serde_json::Value;
use sparkler::internals::limits::{CLIENT_CONTEXT_BASE64_BYTES_MAX, SYNC_PAYLOAD_BYTES_MAX};

use super::client::{Invocation, Invoked};
use super::endpoint::EndpointArgs;
use super::log_tail::LogTail;
use super::{CommandResult, input, output};

const EXAMPLES: &str = "\
Examples:
  sparkler invoke hello '{\"name\":\"World\"}'    The event as an argument
  sparkler invoke hello @event.json            … from a file
  generate | sparkler invoke hello             … from stdin
  sparkler invoke hello:live '{}'              A version or an alias
  sparkler invoke hello --json | jq .report    Answer, log and cost as JSON

Without an event, stdin is read to its end where it is a pipe or a file; an empty one, a terminal
and /dev/null make the event {}. A script whose stdin stays open, or is needed for something else,
says `< /dev/null` or gives the event.

The answer goes to stdout, the log and the cost to stderr. The exit code is 1 when the function
failed, and then the answer is its error.";

/// Call a function: show its answer, its log and what it cost
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Invoke {
    /// The function: a name, NAME:QUALIFIER or an ARN
    name: String,

    /// The event: JSON, @FILE, or - for stdin [default: stdin if it is a pipe or a file, else {}]
    payload: Option<String>,

    /// A version or an alias
    #[arg(long)]
    qualifier: Option<String>,

    /// A JSON object for the function's context
    #[arg(long, value_name = "JSON")]
    client_context: Option<String>,

    /// Check everything, run nothing
    #[arg(long)]
    dry_run: bool,

    /// Print answer, log and cost as one JSON object
    #[arg(long)]
    json: bool,

    /// Do not ask for the log
    #[arg(long)]
    no_log: bool,

    #[command(flatten)]
    endpoint: EndpointArgs,
}

impl Invoke {
    pub(super) fn run(self) -> CommandResult {
        let invocation = Invocation {
            payload: checked_payload(self.read_payload()?)?,
            qualifier: self.qualifier,
            client_context: self.client_context.map(checked_context).transpose()?,
            dry_run: self.dry_run,
            wants_log: !self.no_log && !self.dry_run,
        };
        let invoked = self.endpoint.client()?.invoke(&self.name, &invocation)?;
        let tail = invoked
            .log
            .as_deref()
            .map(LogTail::parse)
            .unwrap_or_default();
        if self.json {
            output::data(&as_json(&invoked, &tail)?);
        } else if self.dry_run {
            output::done(&format!("{} could be invoked", self.name));
        } else {
            show(&invoked, &tail);
        }
        Ok(match invoked.function_error {
            Some(_) => ExitCode::FAILURE,
            None => ExitCode::SUCCESS,
        })
    }

    fn read_payload(&self) -> anyhow::Result<Option<Vec<u8>>> {
        const NOTHING: &[u8] = b"{}";
        match &self.payload {
            Some(argument) => read_payload(argument),
            None if input::is_given_on_stdin() => {
                let event = stdin()?;
                let is_blank = event
                    .as_ref()
                    .is_some_and(|event| event.trim_ascii().is_empty());
                Ok(if is_blank {
                    Some(NOTHING.to_vec())
                } else {
                    event
                })
            }
            None => Ok(Some(NOTHING.to_vec())),
        }
    }
}

/// The event that an argument says; `None` where it is too large to be read.
fn read_payload(argument: &str) -> anyhow::Result<Option<Vec<u8>>> {
    match argument.strip_prefix('@') {
        Some(file) => input::file(Path::new(file), SYNC_PAYLOAD_BYTES_MAX as u64)
            .with_context(|| format!("the event {file} cannot be read")),
        None if argument == "-" => stdin(),
        None => Ok(Some(argument.as_bytes().to_vec())),
    }
}

fn stdin() -> anyhow::Result<Option<Vec<u8>>> {
    input::stdin(SYNC_PAYLOAD_BYTES_MAX as u64).context("stdin cannot be read")
}

fn checked_payload(payload: Option<Vec<u8>>) -> anyhow::Result<Vec<u8>> {
    let Some(payload) = payload.filter(|payload| payload.len() <= SYNC_PAYLOAD_BYTES_MAX) else {
        bail!(
            "The event is larger than {}, the most that an invocation takes.",
            output::size(SYNC_PAYLOAD_BYTES_MAX as u64)
        );
    };
    if payload.is_empty() {
        return Ok(payload);
    }
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(&payload) {
        bail!(
            "The event is not JSON: {error}. Quote it for the shell, as in '{{\"name\":\"World\"}}'; a \
             string has quotes of its own, as in '\"text\"'; @FILE reads a file."
        );
    }
    Ok(payload)
}

fn checked_context(context: String) -> anyhow::Result<String> {
    if !serde_json::from_str::<Value>(&context).is_ok_and(|value| value.is_object()) {
        bail!(
            "The client context is not a JSON object, such as '{{\"custom\":{{\"key\":\"value\"}}}}'."
        );
    }
    let base64_bytes = context.len().div_ceil(3) * 4;
    if base64_bytes > CLIENT_CONTEXT_BASE64_BYTES_MAX {
        bail!(
            "The client context has {base64_bytes} bytes in base64; it may have \
             {CLIENT_CONTEXT_BASE64_BYTES_MAX}."
        );
    }
    Ok(context)
}

/// The answer on stdout; log and cost on stderr.
fn show(invoked: &Invoked, tail: &LogTail) {
    output::bytes(&invoked.payload);
    if !invoked.payload.ends_with(b"\n") {
        output::data("");
    }
    for line in &tail.lines {
        output::note(line);
    }
    if let Some(cost) = &tail.report {
        output::aside(&cost.to_string());
    }
    if let Some(kind) = &invoked.function_error {
        output::failed(&format!(
            "The function failed ({kind}); its answer is the error."
        ));
    }
}

/// Everything as one JSON object. The answer stands in it as the function wrote it, with its own order
/// of members and its own digits, which parsing it would lose.
fn as_json(invoked: &Invoked, tail: &LogTail) -> serde_json::Result<String> {
    let members = [
        ("statusCode", serde_json::to_string(&invoked.status)?),
        ("requestId", serde_json::to_string(&invoked.request_id)?),
        (
            "executedVersion",
            serde_json::to_string(&invoked.executed_version)?,
        ),
        (
            "functionError",
            serde_json::to_string(&invoked.function_error)?,
        ),
        ("payload", payload_as_json(&invoked.payload)?),
        ("log", serde_json::to_string(&tail.lines)?),
        ("report", serde_json::to_string(&tail.report)?),
    ];
    let members = members.map(|(name, json)| format!("  \"{name}\": {json}"));
    Ok(format!("{{\n{}\n}}", members.join(",\n")))
}

/// The answer if it is JSON, or else a string that holds it.
fn payload_as_json(payload: &[u8]) -> serde_json::Result<String> {
    let text = String::from_utf8_lossy(payload);
    match serde_json::from_slice::<IgnoredAny>(payload) {
        Ok(_) => Ok(text.trim_ascii().to_owned()),
        Err(_) => serde_json::to_string(&text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_is_not_json_is_refused_with_how_to_write_one() {
        let text = checked_payload(Some(b"{name:1}".to_vec()))
            .unwrap_err()
            .to_string();
        assert!(text.contains("line 1 column 2"), "{text}");
        assert!(text.contains("@FILE"), "{text}");
        assert!(checked_payload(Some(b"\xff".to_vec())).is_err());
    }

    #[test]
    fn any_json_value_and_nothing_at_all_are_events() {
        for payload in ["", "null", "1", "\"text\"", " {\"a\": [1]} "] {
            let event = checked_payload(Some(payload.into())).unwrap();
            assert_eq!(event, payload.as_bytes());
        }
    }

    #[test]
    fn an_event_of_six_megabytes_fits_and_one_byte_more_does_not() {
        let event = |bytes: usize| Some(format!("\"{}\"", "x".repeat(bytes - 2)).into_bytes());
        assert!(checked_payload(event(SYNC_PAYLOAD_BYTES_MAX)).is_ok());
        let text = checked_payload(event(SYNC_PAYLOAD_BYTES_MAX + 1))
            .unwrap_err()
            .to_string();
        assert!(text.contains("6 MiB"), "{text}");
        assert!(checked_payload(None).is_err());
    }

    #[test]
    fn an_event_comes_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[1]").unwrap();
        let event = read_payload(&format!("@{}", file.path().display())).unwrap();
        assert_eq!(event.as_deref(), Some(&b"[1]"[..]));
        assert_eq!(read_payload("@/dev/zero").unwrap(), None);
        let text = format!("{:#}", read_payload("@/nope.json").unwrap_err());
        assert!(text.contains("/nope.json"), "{text}");
    }

    #[test]
    fn a_client_context_is_an_object_of_bounded_size() {
        assert!(checked_context("{\"custom\":{}}".into()).is_ok());
        assert!(checked_context("[]".into()).is_err());
        assert!(checked_context(format!("{{\"a\":\"{}\"}}", "x".repeat(3000))).is_err());
    }

    #[test]
    fn what_is_no_json_is_shown_as_text_in_json() {
        let text = as_json(&invoked(b"plain\xff"), &LogTail::default()).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["payload"], "plain\u{fffd}");
        assert_eq!(value["executedVersion"], "$LATEST");
        assert_eq!(value["report"], Value::Null);
    }

    #[test]
    fn an_answer_keeps_its_order_and_its_digits_in_json() {
        let answer = r#"{"z":1.10,"a":123456789012345678901234567890}"#;
        let text = as_json(&invoked(answer.as_bytes()), &LogTail::default()).unwrap();
        assert!(serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{text}");
        assert!(text.contains(answer), "{text}");
    }

    fn invoked(payload: &[u8]) -> Invoked {
        Invoked {
            status: 200,
            payload: payload.to_vec(),
            request_id: None,
            executed_version: Some("$LATEST".into()),
            function_error: None,
            log: None,
        }
    }
}
