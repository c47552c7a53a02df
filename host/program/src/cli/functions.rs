//! A function that a command was given: its name, where its code comes from, and what its owner declared.

mod sources;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use sparkler::internals::limits::PACKAGE_BYTES_MAX;
use sparkler::internals::{Language, Precompiled, Settings, SettingsChange};
use sparkler::{Account, FunctionName, Refusal};

use super::{input, output};
use crate::toolchain::{BuiltLookup, find_built};
pub(super) use sources::is_part;

/// The name of the file in which a folder names its functions.
pub(super) const PROJECT_FILE: &str = "sparkler.toml";

/// A function to deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: FunctionName,
    pub(super) code: CodeSource,
    /// `None` where nothing was said: what an existing function has, stays.
    pub(super) settings: Option<SettingsChange>,
}

/// Where code comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CodeSource {
    /// A component or a zip.
    File(PathBuf),
    /// The folder of a function in any language that can be built.
    Folder(PathBuf),
    /// A folder that an interpreter runs as it is.
    Sources(PathBuf, Language),
}

impl CodeSource {
    /// The code at `place`, of a function with these settings.
    pub(super) fn at(place: &Path, settings: Option<&SettingsChange>) -> Self {
        match place.is_dir() {
            true => Self::in_folder(place.to_owned(), settings),
            false => Self::File(place.to_owned()),
        }
    }

    /// That in a folder: sources, where a language has an interpreter and the settings name its runtime.
    pub(super) fn in_folder(folder: PathBuf, settings: Option<&SettingsChange>) -> Self {
        let runtime = settings.and_then(|settings| settings.runtime.as_deref());
        match runtime.and_then(Language::of_runtime) {
            Some(language) => Self::Sources(folder, language),
            None => Self::Folder(folder),
        }
    }

    /// The package to deploy: the file, what was built of the folder before, or the sources in it.
    pub(super) fn read_package(&self) -> anyhow::Result<Bytes> {
        match self {
            Self::File(file) => read_package(file),
            Self::Folder(folder) => read_package(&built_component(folder)?),
            Self::Sources(folder, _) => sources::zipped(folder, PROJECT_FILE),
        }
    }

    /// The language whose interpreter runs it.
    pub(super) fn language(&self) -> Option<Language> {
        match self {
            Self::File(_) | Self::Folder(_) => None,
            Self::Sources(_, language) => Some(*language),
        }
    }
}

impl Function {
    /// The settings to create the function with.
    ///
    /// # Errors
    /// Where what was declared does not go together.
    pub(super) fn settings(&self, account: &Account) -> Result<Settings, Refusal> {
        let mut settings = Settings {
            role: account.role_arn("sparkler"),
            ..Settings::for_component(&self.name)
        };
        if let Some(declared) = self.settings.clone() {
            declared.apply(&mut settings)?;
        }
        // A function without variables shows none.
        settings.environment = settings.environment.filter(|own| !own.0.is_empty());
        Ok(settings)
    }
}

/// A package, if it is small enough to be one.
fn read_package(file: &Path) -> anyhow::Result<Bytes> {
    let package = input::file(file, PACKAGE_BYTES_MAX)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    let Some(package) = package else {
        bail!(
            "{} is larger than {}, the most that a package may have. Strip debug information (`sparkler \
             build` does), or zip it.",
            file.display(),
            output::size(PACKAGE_BYTES_MAX)
        );
    };
    match what_else(&package) {
        Some(found) => bail!(
            "{} is neither WebAssembly nor a zip: it {found}. `sparkler build` makes a component of a \
             function.",
            file.display()
        ),
        None => Ok(package.into()),
    }
}

/// What a file is that cannot be a package, by how it begins.
fn what_else(bytes: &[u8]) -> Option<&'static str> {
    let begins = |start: &[u8]| bytes.starts_with(start);
    if begins(b"\0asm") || begins(b"PK") || Precompiled::is_one(bytes) {
        None
    } else if bytes.is_empty() {
        Some("is empty")
    } else if begins(b"(module") || begins(b"(component") {
        Some("is WebAssembly in its text form, which `wasm-tools parse` makes binary")
    } else if begins(b"\x7fELF") || begins(b"MZ") || begins(b"\xcf\xfa\xed\xfe") {
        Some("is a program for this kind of computer")
    } else {
        Some("begins like neither")
    }
}

fn built_component(folder: &Path) -> anyhow::Result<PathBuf> {
    let folder_shown = folder.display();
    match find_built(folder) {
        BuiltLookup::Found(path) => Ok(path),
        BuiltLookup::NotBuilt(places) => {
            let places: Vec<_> = places
                .iter()
                .map(|place| place.display().to_string())
                .collect();
            Err(anyhow!(
                "{folder_shown} has not been built: there is no {}. Run `sparkler build {folder_shown}` \
                 first, or `sparkler dev {folder_shown}`, which builds by itself.",
                places.join(", nor ")
            ))
        }
        BuiltLookup::NoFunction => Err(anyhow!(
            "{folder_shown} holds no function that could be built. Name the component itself, in {} with `file = …`; or \
             of sources in Python or JavaScript the runtime and the handler: --runtime python3.13 --handler app.handler.",
            PROJECT_FILE
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparkler::internals::Environment;
    use sparkler::internals::{LogFormat, Logging};

    #[test]
    fn a_package_that_is_too_large_is_refused_before_it_is_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(PACKAGE_BYTES_MAX + 1).unwrap();
        let text = read_package(file.path()).unwrap_err().to_string();
        assert!(text.contains("larger than 50 MiB"), "{text}");
    }

    #[test]
    fn the_folder_of_a_crate_stands_for_what_was_built_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let text = CodeSource::at(folder.path(), None)
            .read_package()
            .unwrap_err()
            .to_string();
        assert!(text.contains("holds no function"), "{text}");
        std::fs::write(
            folder.path().join("Cargo.toml"),
            "[package]\nname = \"in-a-folder\"\n",
        )
        .unwrap();
        let text = CodeSource::at(folder.path(), None)
            .read_package()
            .unwrap_err()
            .to_string();
        assert!(text.contains("sparkler build"), "{text}");
        let built = folder.path().join("target/wasm32-wasip2/sparkler");
        std::fs::create_dir_all(&built).unwrap();
        std::fs::write(built.join("in-a-folder.wasm"), b"\0asm").unwrap();
        assert_eq!(
            CodeSource::at(folder.path(), None).read_package().unwrap(),
            &b"\0asm"[..]
        );
    }

    #[test]
    fn what_is_no_package_is_named_before_it_is_sent() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (bytes, word) in [
            (&b""[..], "is empty"),
            (b"(module)", "text form"),
            (b"\x7fELF\x02", "program for this kind"),
            (b"[package]", "begins like neither"),
        ] {
            std::fs::write(file.path(), bytes).unwrap();
            let text = read_package(file.path()).unwrap_err().to_string();
            assert!(text.contains(word), "{text}");
        }
        for bytes in [b"\0asm\x0d", b"PK\x03\x04\0"] {
            std::fs::write(file.path(), bytes).unwrap();
            assert_eq!(read_package(file.path()).unwrap(), &bytes[..]);
        }
    }

    #[test]
    fn what_is_declared_is_what_an_existing_function_becomes() {
        let name = FunctionName::parse("f").unwrap();
        let declared = SettingsChange {
            memory_mb: Some(512),
            logging: Logging::of(&name, LogFormat::Json).into(),
            environment: Some(Environment::default()),
            ..SettingsChange::default()
        };
        let function = Function {
            name,
            code: CodeSource::File("f.wasm".into()),
            settings: Some(declared.clone()),
        };
        let account = Account::default();
        let created = function.settings(&account).unwrap();
        let mut other = Function {
            settings: None,
            ..function.clone()
        }
        .settings(&account)
        .unwrap();
        assert_eq!(other.memory_mb, Settings::MEMORY_MB_DEFAULT);
        declared.apply(&mut other).unwrap();
        assert_eq!(other.memory_mb, created.memory_mb);
        assert_eq!(other.logging, created.logging);
        assert_eq!(created.environment, None);
    }
}
