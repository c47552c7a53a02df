//! The tests that need a browser: the suite `browser`, with Chromium.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::tools::Tools;

/// The program, and the package of Debian that has it.
const CHROMIUM: &str = "chromium";

/// Where the suite looks for it.
const VARIABLE: &str = "SPARKLER_CHROMIUM";

/// Runs the suite.
///
/// # Errors
/// Where there is no Chromium, or a test fails.
pub(crate) fn run(workspace: &Path, tools: &Tools) -> anyhow::Result<()> {
    let chromium = tools.find(CHROMIUM).context(
        "chromium is missing: install it with the system's packages (Debian: apt-get install chromium)",
    )?;
    let status = Command::new(env!("CARGO"))
        .current_dir(workspace)
        .args([
            "test",
            // One package alone would have the engine built anew, with other features.
            "--workspace",
            "--test",
            "browser",
            "--locked",
        ])
        .env(VARIABLE, chromium)
        .status()
        .context("cargo could not be run")?;
    ensure!(status.success(), "the suite `browser` failed: {status}");
    Ok(())
}
