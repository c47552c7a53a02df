//! What `pyproject.toml` says of a function: where its handler is, and what it depends on.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Table;

use crate::toolchain::BuildError;

pub(super) const FILE: &str = "pyproject.toml";
const REQUIREMENTS: &str = "requirements.txt";

/// A project, as far as a build needs it.
#[derive(Debug)]
pub(super) struct Project {
    /// `MODULE.FUNCTION`, as Lambda names handlers.
    pub(super) handler: String,
    /// Requirements in the form of pip.
    pub(super) dependencies: Vec<String>,
    /// A file of more requirements.
    pub(super) requirements: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
struct Manifest {
    #[serde(default)]
    project: ProjectTable,
    #[serde(default)]
    tool: ToolTable,
}

#[derive(Default, Deserialize)]
struct ProjectTable {
    #[serde(default)]
    dependencies: Vec<String>,
}

#[derive(Default, Deserialize)]
struct ToolTable {
    #[serde(default)]
    sparkler: Settings,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    handler: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            handler: "handler.handler".into(),
        }
    }
}

/// The `name` of the project.
pub(super) fn declared_name(directory: &Path) -> Option<String> {
    let manifest: Table = std::fs::read_to_string(directory.join(FILE))
        .ok()?
        .parse()
        .ok()?;
    Some(manifest.get("project")?.get("name")?.as_str()?.to_owned())
}

impl Project {
    /// The project in `directory`.
    pub(super) fn read(directory: &Path) -> Result<Self, BuildError> {
        let file = directory.join(FILE);
        let text = std::fs::read_to_string(&file).map_err(|source| BuildError::Read {
            path: file.clone(),
            source,
        })?;
        let wrong = |problem: String| BuildError::Settings {
            section: "tool.sparkler",
            file: file.clone(),
            problem,
        };
        let manifest: Manifest =
            toml::from_str(&text).map_err(|error| wrong(error.to_string().trim().to_owned()))?;
        let handler = manifest.tool.sparkler.handler;
        check_handler(&handler, directory).map_err(wrong)?;
        let requirements = directory.join(REQUIREMENTS);
        Ok(Self {
            handler,
            dependencies: manifest.project.dependencies,
            requirements: requirements.is_file().then_some(requirements),
        })
    }
}

fn check_handler(handler: &str, directory: &Path) -> Result<(), String> {
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let (module, _) = handler
        .rsplit_once('.')
        .filter(|_| handler.split('.').all(is_name))
        .ok_or_else(|| {
            format!("handler is '{handler}'; it is MODULE.FUNCTION, such as handler.handler.")
        })?;
    let module = module.replace('.', "/");
    let places = [format!("{module}.py"), format!("{module}/__init__.py")];
    match places.iter().any(|place| directory.join(place).is_file()) {
        true => Ok(()),
        false => Err(format!(
            "handler is '{handler}', and there is no {} in {}. Write it, or name another handler.",
            places[0],
            directory.display()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn read(manifest: &str, files: &[&str]) -> Result<Project, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), manifest).unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        Project::read(folder.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_handler_is_named_as_on_lambda_or_has_the_usual_name() {
        let project = read("", &["handler.py"]).unwrap();
        assert_eq!(project.handler, "handler.handler");
        assert_eq!(project.requirements, None);
        let manifest = "[project]\nname = 'greet'\ndependencies = ['idna>=3']\n\
            [tool.sparkler]\nhandler = 'greeting.main.greet'\n";
        let project = read(manifest, &["greeting/main.py", "requirements.txt"]).unwrap();
        assert_eq!(project.handler, "greeting.main.greet");
        assert_eq!(project.dependencies, ["idna>=3"]);
        assert!(project.requirements.is_some());
        assert!(read("", &["handler/__init__.py"]).is_ok());
    }

    #[test]
    fn what_is_wrong_is_said_with_the_way_out() {
        for (manifest, words) in [
            ("", "there is no handler.py"),
            (
                "[tool.sparkler]\nhandler = 'handler'",
                "it is MODULE.FUNCTION",
            ),
            (
                "[tool.sparkler]\nhandler = '../x.handler'",
                "it is MODULE.FUNCTION",
            ),
            ("[tool.sparkler]\nhandlers = 'a.b'", "unknown field"),
            ("[tool", "pyproject.toml"),
        ] {
            let text = read(manifest, &[]).unwrap_err();
            assert!(text.contains(words), "{manifest}: {text}");
        }
    }
}
