//! What a function's owner may say about its build: the layout of its memory, and its reuse.
//!
//! Rust says it in `[package.metadata.sparkler]` of `Cargo.toml`, every other language in `[build]` of
//! `sparkler.toml`.

use std::path::Path;

use serde::Deserialize;
use sparkler::internals::REUSE_MAX;
use toml::Table;

use super::BuildError;

/// A wasm page, the unit of a linear memory.
const WASM_PAGE_BYTES: u64 = 64 * 1024;

/// The stack that a guest gets: eight times what the greeting of the examples needs.
const STACK_BYTES_DEFAULT: u64 = 64 * 1024;

/// The memory that a guest starts with, stack and data included.
const INITIAL_MEMORY_BYTES_DEFAULT: u64 = 128 * 1024;

/// The most that a 32-bit memory can hold.
const MEMORY_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// How the memory of a guest is laid out when it starts: the stack, then data and heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLayout {
    /// Size of the stack, which lies first, so that an overflow traps and never corrupts.
    pub stack_bytes: u64,
    /// Size of the whole memory at the start, in full pages of 64 KiB.
    pub initial_bytes: u64,
}

impl MemoryLayout {
    /// The layout with an initial memory of at least `bytes`.
    pub(super) fn with_room_for(self, bytes: u64) -> Self {
        Self {
            initial_bytes: self
                .initial_bytes
                .max(bytes.next_multiple_of(WASM_PAGE_BYTES)),
            ..self
        }
    }

    /// How much initial memory the linker asks for, in `rust-lld: error: initial memory too small, 72640
    /// bytes needed`.
    pub(super) fn bytes_needed(linker_says: &str) -> Option<u64> {
        let (_, rest) = linker_says.split_once("initial memory too small, ")?;
        let (bytes, _) = rest.split_once(" bytes needed")?;
        bytes.parse().ok()
    }
}

/// The settings of a build, as they are written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct BuildSettings {
    pub(super) stack_bytes: Option<u64>,
    pub(super) initial_memory_bytes: Option<u64>,
    pub(super) reuse: Option<u32>,
}

/// The same, checked and with its defaults.
#[derive(Clone, Copy, Debug)]
pub(super) struct CheckedSettings {
    pub(super) memory: MemoryLayout,
    /// Invocations that one sandbox may serve, where it is said how many.
    pub(super) reuse: Option<u32>,
}

impl BuildSettings {
    /// `[build]` of the `sparkler.toml` in `directory`; nothing where there is neither.
    pub(super) fn read(directory: &Path) -> Result<Self, BuildError> {
        let file = directory.join("sparkler.toml");
        let Ok(text) = std::fs::read_to_string(&file) else {
            return Ok(Self::default());
        };
        let wrong = |problem: String| BuildError::Settings {
            section: "build",
            file: file.clone(),
            problem,
        };
        let table: Table = text
            .parse()
            .map_err(|error: toml::de::Error| wrong(error.to_string().trim_end().to_owned()))?;
        match table.get("build").cloned() {
            None => Ok(Self::default()),
            Some(section) => section
                .try_into()
                .map_err(|error: toml::de::Error| wrong(error.message().to_owned() + ".")),
        }
    }

    /// `[build]` for a language whose engine lays out the memory itself: only `reuse` can be said.
    pub(super) fn read_reuse(directory: &Path) -> Result<Option<u32>, BuildError> {
        let settings = Self::read(directory)?;
        let has_layout = settings.stack_bytes.is_some() || settings.initial_memory_bytes.is_some();
        let reuse = match has_layout {
            true => Err(
                "the engine of the language lays out the memory itself: leave out stack-bytes and \
                 initial-memory-bytes."
                    .to_owned(),
            ),
            false => settings.reuse.map(checked_reuse).transpose(),
        };
        reuse.map_err(|problem| BuildError::Settings {
            section: "build",
            file: directory.join("sparkler.toml"),
            problem,
        })
    }

    /// The settings with what was left open, or what is wrong with them.
    pub(super) fn checked(&self) -> Result<CheckedSettings, String> {
        Ok(CheckedSettings {
            memory: checked_layout(self)?,
            reuse: self.reuse.map(checked_reuse).transpose()?,
        })
    }
}

fn checked_layout(settings: &BuildSettings) -> Result<MemoryLayout, String> {
    let stack_bytes = settings.stack_bytes.unwrap_or(STACK_BYTES_DEFAULT);
    let initial_bytes = settings
        .initial_memory_bytes
        .unwrap_or_else(|| INITIAL_MEMORY_BYTES_DEFAULT.max(with_default_data(stack_bytes)));
    if stack_bytes < 4096 || !stack_bytes.is_multiple_of(16) || stack_bytes > MEMORY_BYTES_MAX / 2 {
        return Err(format!(
            "stack-bytes is {stack_bytes}; it is a multiple of 16 from 4096 to {}.",
            MEMORY_BYTES_MAX / 2
        ));
    }
    if !initial_bytes.is_multiple_of(WASM_PAGE_BYTES)
        || initial_bytes <= stack_bytes
        || initial_bytes > MEMORY_BYTES_MAX
    {
        return Err(format!(
            "initial-memory-bytes is {initial_bytes}; it is a multiple of {WASM_PAGE_BYTES}, more than \
             the stack ({stack_bytes}) and at most {MEMORY_BYTES_MAX}."
        ));
    }
    Ok(MemoryLayout {
        stack_bytes,
        initial_bytes,
    })
}

fn checked_reuse(reuse: u32) -> Result<u32, String> {
    match (1..=REUSE_MAX).contains(&reuse) {
        true => Ok(reuse),
        false => Err(format!(
            "reuse is {reuse}; it is the number of invocations that one sandbox may serve, from 1 to \
             {REUSE_MAX}."
        )),
    }
}

/// A larger stack leaves as much room for data as the default one.
fn with_default_data(stack_bytes: u64) -> u64 {
    stack_bytes
        .saturating_add(INITIAL_MEMORY_BYTES_DEFAULT - STACK_BYTES_DEFAULT)
        .min(MEMORY_BYTES_MAX)
        .next_multiple_of(WASM_PAGE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn settings(text: &str) -> (tempfile::TempDir, Result<Option<u32>, String>) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("sparkler.toml"), text).unwrap();
        let reuse = BuildSettings::read_reuse(folder.path()).map_err(|error| error.to_string());
        (folder, reuse)
    }

    #[test]
    fn a_folder_that_says_nothing_has_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(BuildSettings::read_reuse(folder.path()).unwrap(), None);
        assert_eq!(settings("[functions.greet]\n").1, Ok(None));
    }

    #[test]
    fn the_build_section_of_the_project_file_is_heard() {
        let (folder, reuse) = settings("[build]\nreuse = 20\n");
        assert_eq!(reuse, Ok(Some(20)));
        let settings = BuildSettings::read(folder.path())
            .unwrap()
            .checked()
            .unwrap();
        assert_eq!(settings.memory.stack_bytes, STACK_BYTES_DEFAULT);
        assert_eq!(settings.reuse, Some(20));
    }

    #[test]
    fn a_wrong_setting_is_named_with_its_file() {
        for (text, words) in [
            ("[build]\nreuse = 0\n", "reuse is 0"),
            (
                "[build]\nstack-bytes = 65536\n",
                "the engine of the language",
            ),
            ("[build]\nstack = 1\n", "unknown field `stack`"),
            ("[build\n", "build"),
        ] {
            let (_folder, reuse) = settings(text);
            let text = reuse.unwrap_err();
            assert!(
                text.starts_with("[build] in ") && text.contains("sparkler.toml"),
                "{text}"
            );
            assert!(text.contains(words), "{text}");
        }
    }
}
