//! One command of an installation.

use std::process::Stdio;

use anyhow::{Context as _, bail};
use tokio::process::Command;

/// Most of a failed command's output that is shown.
const SHOWN_LINES: usize = 12;

/// Runs the command to its end; where it fails, `what` and the end of its output are the error.
pub(super) async fn run(what: &str, command: &mut Command) -> anyhow::Result<String> {
    let program = command.as_std().get_program().to_owned();
    let output = command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .with_context(|| format!("{what}: {} could not be started", program.display()))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let text = format!("{said}\n{complaint}");
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let end = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
        bail!(
            "{what}: {} failed ({}):\n{end}",
            program.display(),
            output.status
        );
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failed_command_tells_its_last_words() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo said; echo complained >&2; exit 3"]);
        let error = run("installing it", &mut command)
            .await
            .expect_err("a failure");
        let told = error.to_string();
        for part in ["installing it", "sh failed", "said", "complained"] {
            assert!(told.contains(part), "{told}");
        }
    }
}
