//! Plugins: where they come from, and how they become functions.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sparkler::{Function, Host, Limits};
use sparkler_cli::toolchain::{self, BuildOptions};

/// Loads every plugin, under the name of its file.
pub(crate) async fn load_all(
    host: &Host,
    places: &[PathBuf],
    limits: Limits,
) -> anyhow::Result<Vec<Function>> {
    let mut plugins = Vec::new();
    for place in places {
        let name = place
            .file_stem()
            .context("a plugin is a file or a folder")?;
        let code = code(place)?;
        plugins.push(host.load(&name.to_string_lossy(), code, limits).await?);
    }
    Ok(plugins)
}

fn code(place: &Path) -> anyhow::Result<Vec<u8>> {
    if place.is_dir() {
        return Ok(toolchain::build(BuildOptions::release(place))?.bytes.into());
    }
    std::fs::read(place).with_context(|| format!("{} cannot be read", place.display()))
}
