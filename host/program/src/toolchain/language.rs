//! In which language a function is written, told by what lies in its folder.

use std::fmt;
use std::path::{Component, Path};

/// The languages that functions are built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A crate: `Cargo.toml`.
    Rust,
    /// A package of npm's form: `package.json`.
    JavaScript,
    /// A project of Python's form: `pyproject.toml`.
    Python,
    /// Files named `*.c`, in the folder or in its `src`.
    C,
}

/// What builds write or fetch into a function's folder, and so nothing that a build should wait for.
const FOLDERS_NOT_WATCHED: [&str; 4] = ["build", "node_modules", "target", "__pycache__"];

impl Language {
    /// The language of the function in `directory`; `None` where there is no function.
    pub fn of(directory: &Path) -> Option<Self> {
        let has = |name: &str| directory.join(name).is_file();
        if has("Cargo.toml") {
            Some(Self::Rust)
        } else if has("package.json") {
            Some(Self::JavaScript)
        } else if has("pyproject.toml") {
            Some(Self::Python)
        } else if holds_c(directory) || holds_c(&directory.join("src")) {
            Some(Self::C)
        } else {
            None
        }
    }

    /// Whether a build depends on the file at `path`, relative to the function's folder.
    pub fn reads(self, path: &Path) -> bool {
        let mut parts = path.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy()),
            _ => None,
        });
        if parts.any(|name| name.starts_with('.') || FOLDERS_NOT_WATCHED.contains(&&*name)) {
            return path.starts_with(".cargo");
        }
        let extension = path.extension().and_then(|extension| extension.to_str());
        match self {
            Self::Rust => {
                path.starts_with("src")
                    || ["Cargo.toml", "build.rs"].iter().any(|name| path == *name)
            }
            Self::JavaScript => {
                const KINDS: [&str; 8] = ["js", "mjs", "cjs", "jsx", "ts", "mts", "tsx", "json"];
                path != "package-lock.json" && extension.is_some_and(|kind| KINDS.contains(&kind))
            }
            Self::Python => {
                const KINDS: [&str; 4] = ["py", "toml", "txt", "json"];
                extension.is_some_and(|kind| KINDS.contains(&kind))
            }
            Self::C => extension.is_some_and(|kind| ["c", "h"].contains(&kind)),
        }
    }

    /// Whether a folder of this name, in the function's folder, can hold what a build depends on.
    pub fn looks_into(self, folder: &str) -> bool {
        match self {
            Self::Rust => folder == "src",
            Self::JavaScript | Self::Python | Self::C => {
                !folder.starts_with('.') && !FOLDERS_NOT_WATCHED.contains(&folder)
            }
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rust => "Rust",
            Self::JavaScript => "JavaScript",
            Self::Python => "Python",
            Self::C => "C",
        })
    }
}

fn holds_c(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .any(|path| path.extension().is_some_and(|kind| kind == "c") && path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_language_is_told_by_what_lies_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        assert_eq!(Language::of(here), None);
        fs::create_dir(here.join("src")).unwrap();
        fs::write(here.join("src/handler.c"), "").unwrap();
        assert_eq!(Language::of(here), Some(Language::C));
        for (marker, language) in [
            ("pyproject.toml", Language::Python),
            ("package.json", Language::JavaScript),
            ("Cargo.toml", Language::Rust),
        ] {
            fs::write(here.join(marker), "").unwrap();
            assert_eq!(Language::of(here), Some(language), "{marker}");
        }
    }

    #[test]
    fn a_build_depends_on_sources_and_not_on_what_it_writes() {
        let reads = |language: Language, path: &str| language.reads(Path::new(path));
        for path in [
            "src/lib.rs",
            "src/text.txt",
            "Cargo.toml",
            ".cargo/config.toml",
        ] {
            assert!(reads(Language::Rust, path), "{path}");
        }
        for path in ["Cargo.lock", "target/x.rs", "README.md"] {
            assert!(!reads(Language::Rust, path), "{path}");
        }
        for path in ["handler.js", "lib/words.mjs", "package.json"] {
            assert!(reads(Language::JavaScript, path), "{path}");
        }
        for path in [
            "package-lock.json",
            "node_modules/a/a.js",
            "build/x.js",
            ".git/a.js",
        ] {
            assert!(!reads(Language::JavaScript, path), "{path}");
        }
        assert!(reads(Language::Python, "handler.py") && reads(Language::C, "src/handler.c"));
        assert!(!reads(Language::Python, "__pycache__/a.py") && !reads(Language::C, "a.o"));
    }
}
