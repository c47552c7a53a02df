//! Commands: programs that read their event from stdin and write their response to stdout.
//!
//! | How it ends | What that is |
//! |---|---|
//! | it returns, or exits with 0 | its answer: all that it wrote to stdout |
//! | it exits with anything else | a failed function |
//!
//! The answer is passed on byte by byte, as that of every function. Of a command that wrote nothing it is
//! `null`, which is JSON as the answers of functions are. Where a web page waits for what is no JSON, that
//! is the page.

use bytes::Bytes;
use serde::de::IgnoredAny;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p2::bindings::exports::wasi::cli::run;

use super::answer::{Answer, Returned};
use super::call::Call;
use super::kind::{Export, Kind};
use crate::domain::{WebHead, WebResponse};
use crate::invoker::ResponseSink;
use crate::sandbox::reach::guest_state::GuestState;
use crate::sandbox::reach::stdout::Stdout;

/// What stands for the answer of a command that wrote nothing.
const NOTHING: &[u8] = b"null";

/// The export that makes a component a command, of any version of WASI 0.2 that is provided.
pub(crate) const COMMAND_EXPORT: &str = "wasi:cli/run";

/// A program with a main function.
pub(in crate::sandbox) struct Command;

impl Kind for Command {
    const TITLE: &'static str = "command";
    const EXPORT: Export = Export::Wasi(COMMAND_EXPORT);
    /// It ends with its first invocation.
    const IS_REUSABLE: bool = false;
    type Indices = run::GuestIndices;
    type Guest = run::Guest;

    fn entry(component: &InstancePre<GuestState>) -> wasmtime::Result<run::GuestIndices> {
        run::GuestIndices::new(component)
    }

    fn load(
        indices: &run::GuestIndices,
        store: &mut Store<GuestState>,
        instance: &Instance,
    ) -> wasmtime::Result<run::Guest> {
        indices.load(store, instance)
    }

    async fn call(
        store: &mut Store<GuestState>,
        guest: &run::Guest,
        call: Call<'_>,
    ) -> wasmtime::Result<Answer> {
        let (event, is_from_web) = call.input.into_event()?;
        let written = run(store, guest, event, is_from_web, call.response);
        Box::pin(written).await.map(Ok)
    }
}

/// Runs a command on `event` to its end; gives what it wrote to stdout and did not stream to `response`.
async fn run(
    store: &mut Store<GuestState>,
    command: &run::Guest,
    event: Bytes,
    is_from_web: bool,
    response: Option<ResponseSink>,
) -> wasmtime::Result<Returned> {
    let streams = response.is_some();
    let stdout = Stdout::new(response, store.data().shared.budget());
    let stdio = &mut store.data_mut().parts.stdio;
    stdio.begin_command(event, stdout.clone());
    let ended = command.call_run(&mut *store).await;
    store.data_mut().parts.stdio.end_command();
    answered(ended)?;
    let written = stdout.take();
    Ok(match (streams, is_from_web) {
        (true, _) => written.into(),
        (false, true) => page(written),
        (false, false) if written.is_empty() => NOTHING.to_vec().into(),
        (false, false) => written.into(),
    })
}

/// Whether a command ended well. One that did not ends as a process with that status.
fn answered(ended: wasmtime::Result<Result<(), ()>>) -> wasmtime::Result<()> {
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(())) => Err(wasmtime::Error::new(I32Exit(1))),
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(0)) => Ok(()),
            _ => Err(error),
        },
    }
}

/// What a web page gets: what is JSON may be a whole response, all else is the body of one.
fn page(written: Vec<u8>) -> Returned {
    if written.is_empty() || serde_json::from_slice::<IgnoredAny>(&written).is_ok() {
        return written.into();
    }
    let content_type = match std::str::from_utf8(&written) {
        Ok(_) => "text/plain; charset=utf-8",
        Err(_) => "application/octet-stream",
    };
    Returned::Web(Box::new(WebResponse {
        head: WebHead::ok(content_type),
        body: Bytes::from(written).into(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_page_is_what_is_written_unless_that_is_json() {
        for response in ["", "{\"statusCode\":404}", "\"hello\"", " 7\n"] {
            let written = response.as_bytes().to_vec();
            assert_eq!(page(written.clone()), written.into());
        }
        for (written, content_type) in [
            (&b"<p>hello"[..], "text/plain; charset=utf-8"),
            (b"\xff", "application/octet-stream"),
        ] {
            let expected = WebResponse {
                head: WebHead::ok(content_type),
                body: Bytes::from_static(written).into(),
            };
            let expected = Returned::Web(Box::new(expected));
            assert_eq!(page(written.to_vec()), expected);
        }
    }
}
