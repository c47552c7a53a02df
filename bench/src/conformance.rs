//! The table of `docs/CONFORMANCE.md`: what AWS Lambda does, whether this host does it, and what other
//! emulators do.
//!
//! `tests/conformance.toml` lists the behaviours, each with the tests that show it. Our column is made of
//! what those tests say when they are run; a behaviour whose tests fail, or are not there, is shown as
//! missing. The other columns are what people who read those projects' sources, or ran them, have found.

mod manifest;
mod results;
mod table;

use std::path::Path;

use anyhow::Context as _;

use manifest::Manifest;
use results::Results;

/// Runs the tests that the manifest names and writes the table.
///
/// # Errors
/// When the manifest cannot be read, cargo cannot be run, or a behaviour is not shown by its tests.
#[expect(clippy::print_stdout, reason = "this tells what the command has done")]
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let manifest = root.join("tests/conformance.toml");
    let text = std::fs::read_to_string(&manifest)
        .with_context(|| format!("{} cannot be read", manifest.display()))?;
    let manifest: Manifest = toml::from_str(&text)
        .with_context(|| format!("{} is not what it should be", manifest.display()))?;
    let results = Results::of_suites(root, &manifest.suites())?;
    let place = root.join("docs/CONFORMANCE.md");
    std::fs::write(&place, table::rendered(&manifest, &results))
        .with_context(|| format!("{} cannot be written", place.display()))?;
    let missing = manifest.not_shown(&results);
    println!("{} written", place.display());
    anyhow::ensure!(
        missing.is_empty(),
        "not shown by the tests that are named for it: {}",
        missing.join("; ")
    );
    Ok(())
}
