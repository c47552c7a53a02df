//! What is measured is built as what is published is: with the profile `dist`. So is this program, where it measures.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use tokio::process::Command;

/// cargo's profile.
pub(crate) const PROFILE: &str = "dist";

/// The profile that tests are built with, which has a folder of another name.
pub(crate) const TESTED: &str = "dev";
const TESTED_FOLDER: &str = "debug";

/// This program, as cargo knows it.
const ITSELF: &str = env!("CARGO_PKG_NAME");

/// Whether this program was built to measure.
pub(crate) fn is_this() -> anyhow::Result<bool> {
    Ok(folder()?.ends_with(PROFILE))
}

/// Builds this program to measure, and has it do in place of this process what this one was asked for. Returns
/// only with what went wrong.
pub(crate) async fn instead(workspace: &Path) -> anyhow::Error {
    match build(workspace, ITSELF, ITSELF).await {
        Ok(program) => {
            let mut command = std::process::Command::new(program);
            command.args(std::env::args_os().skip(1)).exec().into()
        }
        Err(error) => error,
    }
}

/// Builds a program of the workspace. One at a time: built together, packages get each other's features.
pub(crate) async fn build(
    workspace: &Path,
    package: &str,
    program: &str,
) -> anyhow::Result<PathBuf> {
    build_as(PROFILE, workspace, package, program).await
}

/// The same, with another profile.
pub(crate) async fn build_as(
    profile: &str,
    workspace: &Path,
    package: &str,
    program: &str,
) -> anyhow::Result<PathBuf> {
    let status = cargo()
        .args(["build", "--profile", profile, "--locked"])
        .args(["--package", package, "--bin", program])
        .current_dir(workspace)
        .status()
        .await
        .context("cargo could not be started")?;
    if !status.success() {
        bail!("{program} could not be built");
    }
    // cargo has a folder for each profile, side by side.
    let folder_of_profile = match profile {
        TESTED => TESTED_FOLDER,
        profile => profile,
    };
    Ok(folder()?.with_file_name(folder_of_profile).join(program))
}

/// Where this program stands.
fn folder() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program.parent().context("a program stands in a folder")?;
    Ok(folder.to_owned())
}

/// cargo, as somebody would call it who was not started by cargo: build scripts that look at its variables would
/// else run anew, and all that depends on them be compiled again.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let is_of_this_package = [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
        ]
        .iter()
        .any(|start| text.starts_with(start));
        if is_of_this_package {
            command.env_remove(&name);
        }
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}
