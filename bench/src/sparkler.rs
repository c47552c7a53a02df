//! The product, as people run it: the release binary in a process of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// What stands before the address in the line that announces it.
const ANNOUNCEMENT: &str = "istening on http://";

/// The release binary.
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
        let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--release", "--locked", "--package", "sparkler"])
            .current_dir(workspace)
            .status()
            .await
            .context("cargo could not be started")?;
        if !status.success() {
            bail!("the release build of sparkler failed");
        }
        // It stands where this program does: cargo puts both into the same folder.
        let program = std::env::current_exe()?.with_file_name("sparkler");
        Ok(Self { program })
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
        bail!("sparkler ended before it listened")
    }
}

impl Server {
    /// Where a function is invoked.
    pub(crate) fn invoke_url(&self, function: &str) -> String {
        format!("http://{}/2015-03-31/functions/{function}/invocations", self.address)
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
