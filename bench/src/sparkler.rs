//! The product, as it is published: the binary of the profile `dist` in a process of its own.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};

use crate::dist;
use crate::tools::Tools;

/// What stands before the address in the line that announces it.
const ANNOUNCEMENT: &str = "istening on http://";

/// How long a server may take to end: what still runs in it is let to end first.
const STOP_WAIT_MAX: Duration = Duration::from_secs(30);

/// The binary.
#[derive(Clone, Debug)]
pub(crate) struct Sparkler {
    program: PathBuf,
}

/// A server that runs until this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Sparkler {
    /// Builds it.
    pub(crate) async fn build(workspace: &Path) -> anyhow::Result<Self> {
        let program = dist::build(workspace, "sparkler-cli", "sparkler").await?;
        Ok(Self { program })
    }

    /// Builds it with all checks that tests have, and without optimisation.
    pub(crate) async fn build_to_test(workspace: &Path) -> anyhow::Result<Self> {
        let program = dist::build_as(dist::TESTED, workspace, "sparkler-cli", "sparkler").await?;
        Ok(Self { program })
    }

    /// Makes the component of a function with `sparkler build`, which keeps what it fetches in `tools`.
    pub(crate) async fn component(&self, folder: &Path, tools: &Tools) -> anyhow::Result<PathBuf> {
        let output = self
            .command()
            .env("SPARKLER_TOOLS", tools.folder())
            .arg("build")
            .arg(folder)
            .output()
            .await
            .with_context(|| format!("{} could not be started", self.program.display()))?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!("sparkler build {} failed:\n{complaint}", folder.display());
        }
        // The path is all that it writes to stdout.
        let path = String::from_utf8_lossy(&output.stdout);
        Ok(std::path::absolute(path.trim())?)
    }

    /// The binary, without arguments, in an environment without settings of the tester's.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SPARKLER_") {
                command.env_remove(&name);
            }
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// `sparkler serve --listen 127.0.0.1:0` with these arguments, once it listens.
    pub(crate) async fn serve(&self, arguments: &[&str]) -> anyhow::Result<Server> {
        let mut child = self
            .command()
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} could not be started", self.program.display()))?;
        let said = child.stderr.take().context("its messages are a pipe")?;
        // Read as it comes, so that a server with much to say never waits for a reader.
        let said = tokio::spawn(last_lines(said));
        let stdout = child.stdout.take().context("its output is a pipe")?;
        let mut lines = BufReader::new(stdout).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some((_, address)) = line.split_once(ANNOUNCEMENT) {
                let address = address.split('/').next().unwrap_or(address).trim();
                let address = address.parse().context("an address")?;
                // Nobody reads on: it goes on writing into nothing.
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok(Server { child, address });
            }
        }
        bail!("sparkler ended before it listened:\n{}", said.await?)
    }
}

/// The end of what a program says.
async fn last_lines(said: ChildStderr) -> String {
    const KEPT: usize = 20;
    let mut lines = BufReader::new(said).lines();
    let mut last = VecDeque::new();
    while let Ok(Some(line)) = lines.next_line().await {
        last.truncate(KEPT - 1);
        last.push_front(line);
    }
    Vec::from_iter(last.into_iter().rev()).join("\n")
}

impl Server {
    /// Where a function is invoked.
    pub(crate) fn invoke_url(&self, function: &str) -> String {
        format!("http://{}{}", self.address, self.invoke_path(function))
    }

    /// The same without the server.
    pub(crate) fn invoke_path(&self, function: &str) -> String {
        format!("/2015-03-31/functions/{function}/invocations")
    }

    /// Has it end as it would for its owner, and waits until it has.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let pid = Pid::from_raw(self.pid()?.cast_signed()).context("a process has a number")?;
        kill_process(pid, Signal::TERM)?;
        let ended = tokio::time::timeout(STOP_WAIT_MAX, self.child.wait()).await;
        ended.context("the server did not end")??;
        Ok(())
    }

    /// The process.
    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("the server has ended")
    }

    /// What it holds of the machine's memory, in megabytes of 1,000,000 bytes.
    pub(crate) fn resident_megabytes(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let kilobytes = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next())
            .context("the kernel tells what a process holds")?;
        Ok(kilobytes.parse::<f64>()? * 1024.0 / 1e6)
    }
}
