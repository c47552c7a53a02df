//! A server that is measured, as a process of its own with all that it starts.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use super::echo::{EchoError, Endpoint};

/// How long a server may take until it answers, compiling not included.
const START_MAX: Duration = Duration::from_secs(90);

/// How often it is asked whether it answers.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Most lines of its output that are shown when it fails.
const SHOWN_LINES: usize = 10;

/// A running server. Dropping this ends it, and whatever it started.
pub(crate) struct Process {
    child: Child,
    group: Pid,
    output: tempfile::NamedTempFile,
}

impl Process {
    /// Starts it, with its output kept for the case that it fails.
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let output = tempfile::NamedTempFile::new()?;
        let program = PathBuf::from(command.get_program());
        let child = command
            .stdin(Stdio::null())
            .stdout(output.reopen()?)
            .stderr(output.reopen()?)
            .process_group(0)
            // Errors in a few lines, whatever the tester's shell asks for.
            .env("RUST_BACKTRACE", "0")
            .spawn()
            .with_context(|| format!("{} could not be started", program.display()))?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        Ok(Self {
            child,
            group: group.context("the id of a process")?,
            output,
        })
    }

    /// It and all that it started.
    pub(crate) fn group(&self) -> Pid {
        self.group
    }

    /// Waits until it echoes what it is sent. Only then is it known that it does what it is measured for.
    pub(crate) async fn until_it_echoes(&mut self, endpoint: &Endpoint) -> anyhow::Result<()> {
        self.until(endpoint, "echoes", async || endpoint.check_echo().await)
            .await
    }

    /// Waits until it answers at all.
    pub(crate) async fn until_it_answers(&mut self, endpoint: &Endpoint) -> anyhow::Result<()> {
        self.until(endpoint, "answers", async || endpoint.check_answer().await)
            .await
    }

    async fn until(
        &mut self,
        endpoint: &Endpoint,
        does: &str,
        check: impl AsyncFn() -> Result<(), EchoError>,
    ) -> anyhow::Result<()> {
        let started = Instant::now();
        loop {
            let error = match check().await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "it ended ({status}) before it served; it said:\n{}",
                    self.said()
                );
            }
            if started.elapsed() > START_MAX {
                let url = &endpoint.url;
                let said = self.said();
                bail!("{url} does not serve, nothing there {does}: {error}; it said:\n{said}");
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// The end of its output.
    fn said(&self) -> String {
        let text = std::fs::read(self.output.path()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Neither can be handled any better: what is not there any more has ended.
        let _ = kill_process_group(self.group, Signal::KILL);
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no port is free")?;
    Ok(listener.local_addr()?.port())
}

/// The command as somebody would type it at the top of the workspace.
pub(crate) fn by_hand(command: &Command, workspace: &Path, tools: &Path) -> String {
    let parts = std::iter::once(command.get_program()).chain(command.get_args());
    let parts = parts.map(|part| {
        part.to_string_lossy()
            .replace(&*tools.to_string_lossy(), "$TOOLS")
            .replace(&*format!("{}/", workspace.display()), "")
    });
    parts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_without_the_folders_of_this_machine() {
        let mut command = Command::new("/home/me/tools/bin/wasmtime");
        command.args(["serve", "/home/me/sparkler/echo.wasm"]);
        let shown = by_hand(
            &command,
            Path::new("/home/me/sparkler"),
            Path::new("/home/me/tools"),
        );
        assert_eq!(shown, "$TOOLS/bin/wasmtime serve echo.wasm");
    }

    #[tokio::test]
    async fn a_server_that_ends_tells_what_it_said() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo the port is taken; exit 4"]);
        let mut process = Process::start(&mut command).expect("a process");
        let endpoint = Endpoint::new(format!(
            "http://127.0.0.1:{}/",
            free_port().expect("a port")
        ));
        let error = process
            .until_it_echoes(&endpoint)
            .await
            .expect_err("an end");
        assert!(error.to_string().contains("the port is taken"), "{error}");
    }
}
