//! The Rust files of the workspace, as text.

use std::fs;
use std::path::{Path, PathBuf};

/// A Rust file.
pub(crate) struct Source {
    /// Its path from the top of the workspace, with `/` between the parts.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// The top of the workspace.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace around this package")
}

impl Source {
    /// All of the workspace.
    pub(crate) fn all() -> Vec<Self> {
        ["host", "guest-sdk", "examples", "tests", "bench"]
            .into_iter()
            .filter(|folder| workspace().join(folder).is_dir())
            .flat_map(Self::below)
            .collect()
    }

    /// Those below a folder of the workspace.
    pub(crate) fn below(folder: &str) -> Vec<Self> {
        let mut paths = Vec::new();
        collect(&workspace().join(folder), &mut paths);
        assert!(!paths.is_empty(), "no Rust files in {folder}");
        paths.iter().map(|path| Self::read(path)).collect()
    }

    fn read(path: &Path) -> Self {
        let relative = path
            .strip_prefix(workspace())
            .expect("a path of the workspace");
        Self {
            name: relative.to_string_lossy().replace('\\', "/"),
            text: fs::read_to_string(path).expect("a Rust file in UTF-8"),
        }
    }

    /// The lines that are code: without comments, and without the module of unit tests that may end
    /// a file.
    pub(crate) fn code(&self) -> impl Iterator<Item = &str> {
        let end = self
            .text
            .find("#[cfg(test)]\nmod tests {")
            .unwrap_or(self.text.len());
        self.text[..end]
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with("//"))
    }
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace") {
        let path = entry.expect("an entry of a folder").path();
        if path.is_dir() {
            if !path.ends_with("target") {
                collect(&path, paths);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}
