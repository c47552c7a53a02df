//! Guests beside the echo: built by our own command, or made different from each other.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::setup::Setup;

/// A guest that does what its event says: sleep, spin and more.
pub(super) const BEHAVIOURS: &str = "tests/guests/behaviours";

/// An echo in JavaScript, with the engine that runs it: 12 MB.
pub(super) const JAVASCRIPT_ECHO: &str = "examples/js/echo";

/// The component of the function in `folder` of the workspace, built by `sparkler build`.
pub(super) async fn built(setup: &Setup, folder: &str) -> anyhow::Result<Vec<u8>> {
    let folder = setup.workspace.join(folder);
    read(&setup.sparkler.component(&folder, &setup.tools).await?)
}

/// The echo in Rust.
pub(super) fn echo(setup: &Setup) -> anyhow::Result<Vec<u8>> {
    read(&setup.echo)
}

fn read(path: &PathBuf) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// The same component with a number in it, so that it is another one: with its own digest, its own
/// compiled code and its own memory.
pub(super) fn numbered(component: &[u8], number: u32) -> Vec<u8> {
    /// The name of the section, after its length.
    const NAME: &[u8] = b"\x06number";
    let number = number.to_le_bytes();
    let length = u8::try_from(NAME.len() + number.len()).unwrap_or(u8::MAX);
    // A custom section: what engines do not know, they skip.
    [component, &[0, length], NAME, &number].concat()
}

/// A folder that goes with what it is in, on the disk that the benchmark was built on: a temporary one
/// may be memory, and then nothing that is synced there would cost what it costs.
pub(super) fn data_folder() -> anyhow::Result<tempfile::TempDir> {
    let program = std::env::current_exe()?;
    let folder = program.parent().unwrap_or(Path::new("."));
    tempfile::Builder::new()
        .prefix("sparkler-bench-data-")
        .tempdir_in(folder)
        .with_context(|| format!("{} cannot be written", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_custom_section_at_the_end() {
        let numbered = numbered(b"\0asm", 7);
        assert_eq!(numbered, b"\0asm\0\x0b\x06number\x07\0\0\0");
    }
}
