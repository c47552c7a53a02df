//! The functions that the paths of a command name: components, zips, folders of functions and folders with a
//! project file.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sparkler::FunctionName;
use sparkler::internals::FUNCTION_NAME_CHARS_MAX;

use super::functions::{CodeSource, Function, PROJECT_FILE};
use super::project;
use crate::toolchain::{BuiltLookup, find_built};

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
    if path.join(PROJECT_FILE).is_file() {
        return Ok(project::read(path)?);
    }
    match find_built(path) {
        BuiltLookup::NoFunction => bail!(
            "{} holds neither a {} that names functions nor a function itself. Name a component, a zip or \
             the folder of a function; `sparkler new NAME` makes one.",
            path.display(),
            PROJECT_FILE
        ),
        BuiltLookup::Found(_) | BuiltLookup::NotBuilt(_) => Ok(vec![Function {
            name: name_of(&std::path::absolute(path)?)?,
            code: CodeSource::Folder(path.to_owned()),
            settings: None,
        }]),
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
        let text = functions[0].code.read_package().unwrap_err().to_string();
        assert!(text.contains("sparkler build"), "{text}");
        assert!(text.contains("never-built.wasm"), "{text}");
    }
}
