//! The functions that a command was given: components, zips, folders of functions and folders with a
//! project file.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;

use super::grant_args::HostGrants;
use super::{input, output, project};
use crate::domain::name::FUNCTION_NAME_CHARS_MAX;
use crate::domain::settings::SettingsChange;
use crate::domain::{Account, FunctionName, Refusal, Settings};
use crate::limits::PACKAGE_BYTES_MAX;
use crate::package::Precompiled;
use crate::toolchain::{BuiltLookup, find_built};

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

    /// The package to deploy: the file, or what was built of the folder before.
    pub(super) fn read_package(&self) -> anyhow::Result<Bytes> {
        match &self.code {
            CodeSource::File(file) => read_package(file),
            CodeSource::Folder(folder) => read_package(&built_component(folder)?),
        }
    }
}

/// The functions that `paths` name, each name once.
pub(super) fn of_paths(paths: &[PathBuf]) -> anyhow::Result<Vec<Function>> {
    let mut functions: Vec<Function> = Vec::new();
    for path in paths {
        for function in of_path(path)? {
            if functions.iter().any(|other| other.name == function.name) {
                bail!(
                    "{} is named twice: a second time by {}.",
                    function.name,
                    path.display()
                );
            }
            functions.push(function);
        }
    }
    Ok(functions)
}

/// The folders and secrets that the project files of `paths` grant.
pub(super) fn grants_of_paths(paths: &[PathBuf]) -> anyhow::Result<HostGrants> {
    let mut grants = HostGrants::default();
    let projects = paths
        .iter()
        .filter(|path| path.join(project::PROJECT_FILE).is_file());
    for path in projects {
        let HostGrants { folders, secrets } = project::read_grants(path)?;
        grants.folders.extend(folders);
        grants.secrets.extend(secrets);
    }
    Ok(grants)
}

/// The functions that one path names.
pub(super) fn of_path(path: &Path) -> anyhow::Result<Vec<Function>> {
    let place = path
        .metadata()
        .with_context(|| format!("{} cannot be read", path.display()))?;
    if !place.is_dir() {
        return Ok(vec![Function {
            name: name_of(path)?,
            code: CodeSource::File(path.to_owned()),
            settings: None,
        }]);
    }
    if path.join(project::PROJECT_FILE).is_file() {
        return Ok(project::read(path)?);
    }
    match find_built(path) {
        BuiltLookup::NoFunction => bail!(
            "{} holds neither a {} that names functions nor a function itself. Name a component, a zip or \
             the folder of a function; `sparkler new NAME` makes one.",
            path.display(),
            project::PROJECT_FILE
        ),
        BuiltLookup::Found(_) | BuiltLookup::NotBuilt(_) => Ok(vec![Function {
            name: name_of(&std::path::absolute(path)?)?,
            code: CodeSource::Folder(path.to_owned()),
            settings: None,
        }]),
    }
}

/// The package at `place`: a file, or what was built before of the function in a folder.
pub(super) fn read_package_at(place: &Path) -> anyhow::Result<Bytes> {
    match place.is_dir() {
        true => read_package(&built_component(place)?),
        false => read_package(place),
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
            "{folder_shown} holds no function. Name the component itself; in {} with `file = …`.",
            project::PROJECT_FILE
        )),
    }
}

/// The name of the function that a file or a folder holds.
fn name_of(path: &Path) -> anyhow::Result<FunctionName> {
    let stem = match path.is_dir() {
        true => path.file_name(),
        false => path.file_stem(),
    };
    stem.and_then(|stem| name_from(&stem.to_string_lossy())).with_context(|| {
        format!(
            "no function name can be made of {}. Rename it, or deploy it under a name of your choice \
             with `sparkler deploy NAME FILE`.",
            path.display()
        )
    })
}

/// The function name that is closest to `text`: what a name cannot have becomes a dash.
fn name_from(text: &str) -> Option<FunctionName> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name: String = text
        .chars()
        .map(|c| if fits(c) { c } else { '-' })
        .collect();
    let name = name.trim_matches('-');
    let name = &name[..name.len().min(FUNCTION_NAME_CHARS_MAX)];
    FunctionName::parse(name.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Environment;
    use crate::domain::settings::{LogFormat, Logging};

    fn name(text: &str) -> Option<String> {
        name_from(text).map(Into::into)
    }

    #[test]
    fn names_are_made_of_what_a_file_is_called() {
        assert_eq!(name("hello").as_deref(), Some("hello"));
        assert_eq!(name("my_fn-2").as_deref(), Some("my_fn-2"));
        assert_eq!(name("my func.v1 ").as_deref(), Some("my-func-v1"));
        assert_eq!(name("grüße").as_deref(), Some("gr--e"));
        assert_eq!(name(&"a".repeat(100)).unwrap().len(), 64);
        assert_eq!(name("…"), None);
    }

    #[test]
    fn a_file_is_a_function_named_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("greet.wasm");
        std::fs::write(&file, "").unwrap();
        let functions = of_paths(std::slice::from_ref(&file)).unwrap();
        assert_eq!(functions[0].name.as_str(), "greet");
        assert_eq!(functions[0].code, CodeSource::File(file.clone()));
        let text = of_paths(&[file.clone(), file]).unwrap_err().to_string();
        assert!(text.starts_with("greet is named twice"), "{text}");
    }

    #[test]
    fn a_folder_that_holds_nothing_says_what_it_could_hold() {
        let folder = tempfile::tempdir().unwrap();
        let text = of_path(folder.path()).unwrap_err().to_string();
        assert!(
            text.contains("sparkler.toml") && text.contains("sparkler new"),
            "{text}"
        );
        let missing = folder.path().join("nope");
        assert!(format!("{:#}", of_path(&missing).unwrap_err()).contains("nope"));
    }

    #[test]
    fn a_crate_that_was_not_built_says_how_to_build_it() {
        let folder = tempfile::tempdir().unwrap();
        let hello = folder.path().join("hello");
        std::fs::create_dir(&hello).unwrap();
        std::fs::write(
            hello.join("Cargo.toml"),
            "[package]\nname = \"never-built\"\n",
        )
        .unwrap();
        let functions = of_path(&hello).unwrap();
        assert_eq!(functions[0].name.as_str(), "hello");
        let text = functions[0].read_package().unwrap_err().to_string();
        assert!(text.contains("sparkler build"), "{text}");
        assert!(text.contains("never-built.wasm"), "{text}");
    }

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
        let text = read_package_at(folder.path()).unwrap_err().to_string();
        assert!(text.contains("holds no function"), "{text}");
        std::fs::write(
            folder.path().join("Cargo.toml"),
            "[package]\nname = \"in-a-folder\"\n",
        )
        .unwrap();
        let text = read_package_at(folder.path()).unwrap_err().to_string();
        assert!(text.contains("sparkler build"), "{text}");
        let built = folder.path().join("target/wasm32-wasip2/sparkler");
        std::fs::create_dir_all(&built).unwrap();
        std::fs::write(built.join("in-a-folder.wasm"), b"\0asm").unwrap();
        assert_eq!(read_package_at(folder.path()).unwrap(), &b"\0asm"[..]);
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
