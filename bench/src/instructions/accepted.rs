//! The counts that were accepted last: a file of the workspace.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};

use super::Counts;

const HEAD: &str = "\
# Instructions of each stage of an invocation. `cargo xtask instructions` fails where a whole
# invocation has 5 % more of them. Written by `cargo xtask instructions --accept`.

";

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accepted {
    toolchain: String,
    /// When they were counted.
    date: String,
    instructions: BTreeMap<String, u64>,
}

impl Accepted {
    /// These counts, as of today.
    pub(super) fn now(counts: &Counts) -> anyhow::Result<Self> {
        Ok(Self {
            toolchain: toolchain()?,
            date: time::OffsetDateTime::now_utc().date().to_string(),
            instructions: counts.iter().cloned().collect(),
        })
    }

    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| {
            format!(
                "{} cannot be read; `cargo xtask instructions --accept` writes it",
                file.display()
            )
        })?;
        toml::from_str(&text).with_context(|| format!("{} is damaged", file.display()))
    }

    pub(super) fn write(&self, file: &Path) -> anyhow::Result<()> {
        let text = format!("{HEAD}{}", toml::to_string(self)?);
        std::fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
    }

    /// The count of that name.
    pub(super) fn count(&self, name: &str) -> anyhow::Result<u64> {
        let count = self.instructions.get(name).copied();
        count.with_context(|| {
            format!(
                "no count of `{name}` was accepted yet; `cargo xtask instructions --accept` does so"
            )
        })
    }

    /// When they were counted, and with what.
    pub(super) fn origin(&self) -> String {
        format!("{} ({})", self.date, self.toolchain)
    }
}

fn toolchain() -> anyhow::Result<String> {
    let rustc = std::env::var_os("RUSTC");
    let rustc = rustc.as_deref().unwrap_or(OsStr::new("rustc"));
    let output = Command::new(rustc).arg("--version").output();
    let output = output.context("rustc could not be started")?;
    ensure!(output.status.success(), "rustc does not tell its version");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_says_how_to_write_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("instructions.toml");
        let missing = Accepted::read(&file).expect_err("no file").to_string();
        assert!(missing.contains("--accept"), "{missing}");
        let counts = vec![("whole invocation, fresh".to_owned(), 51_234)];
        Accepted::now(&counts)
            .expect("counts")
            .write(&file)
            .expect("written");
        let read = Accepted::read(&file).expect("read");
        assert_eq!(
            read.count("whole invocation, fresh").expect("it is there"),
            51_234
        );
        assert!(read.count("whole invocation, reused").is_err());
        assert!(read.origin().contains("rustc 1."), "{}", read.origin());
        let text = std::fs::read_to_string(&file).expect("a file");
        assert!(text.contains("cargo xtask instructions --accept"));
    }
}
