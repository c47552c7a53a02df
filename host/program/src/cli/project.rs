//! `sparkler.toml`: the functions of a folder and their settings.
//!
//! ```toml
//! [functions.hello]
//! source = "."               # a function's folder, or `file`: a component or a zip; this folder by default
//! description = "Greets"
//! memory = 128               # MB
//! timeout = 3                # seconds
//! environment = { GREETING = "Hello" }
//! allow-http = ["https://api.example.com"]   # HTTP requests that it may send
//! runtime = "python3.13"     # of sources in Python or JavaScript, with `handler`: they run as they are
//! handler = "app.handler"
//! folders = { data = "/mnt/data" }      # folders of the host, by where the guest sees them
//! secrets = { API_KEY = "api-key" }     # variables that hold secrets of the host
//!
//! [folders]                             # what the host grants, where it is started with this file
//! data = { path = "./data", access = "read-only" }
//!
//! [secrets]
//! api-key = { file = "key.txt" }        # or { env = "VARIABLE" }
//! ```

pub(super) mod fault;
pub(super) mod grants;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sparkler::internals::SettingsChange;
use toml::Spanned;

use super::functions::{CodeSource, Function, PROJECT_FILE};
use super::grants::HostGrants;
use super::input;
use super::settings::{FunctionTable, checks};
use crate::limits::PROJECT_FILE_BYTES_MAX;
use fault::{Fault, checked};
use grants::{FolderTables, SecretTables, without_dots};

/// Why a project file cannot be used, with its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ProjectError {
    file: PathBuf,
    /// Where it is known and not part of the text.
    line: Option<usize>,
    problem: String,
}

impl std::error::Error for ProjectError {}

impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            problem,
        } = self;
        match line {
            Some(line) => write!(f, "{}:{line}: {problem}", file.display()),
            None => write!(f, "{}: {problem}", file.display()),
        }
    }
}

/// The functions that the project file of `folder` names.
pub(super) fn read(folder: &Path) -> Result<Vec<Function>, ProjectError> {
    let (file, text) = read_file(folder)?;
    parse(&file, folder, &text)
}

/// The folders and secrets that the project file of `folder` grants.
fn read_grants(folder: &Path) -> Result<HostGrants, ProjectError> {
    let (file, text) = read_file(folder)?;
    parse_grants(&file, folder, &text)
}

/// The folders and secrets that the project files of `paths` grant.
pub(super) fn grants_of_paths(paths: &[PathBuf]) -> anyhow::Result<HostGrants> {
    let mut grants = HostGrants::default();
    let projects = paths
        .iter()
        .filter(|path| path.join(PROJECT_FILE).is_file());
    for path in projects {
        let HostGrants { folders, secrets } = read_grants(path)?;
        grants.folders.extend(folders);
        grants.secrets.extend(secrets);
    }
    Ok(grants)
}

fn read_file(folder: &Path) -> Result<(PathBuf, String), ProjectError> {
    let file = folder.join(PROJECT_FILE);
    let problem = match input::file(&file, PROJECT_FILE_BYTES_MAX)
        .map(|bytes| bytes.map(String::from_utf8))
    {
        Ok(Some(Ok(text))) => return Ok((file, text)),
        Ok(Some(Err(_))) => "is no text in UTF-8.".into(),
        Ok(None) => format!("is larger than {PROJECT_FILE_BYTES_MAX} bytes."),
        Err(error) => format!("cannot be read: {error}."),
    };
    Err(ProjectError {
        file,
        line: None,
        problem,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectFile {
    /// How the function of this very folder is built: `toolchain` reads it, and checks it, then.
    #[serde(rename = "build")]
    _build: Option<toml::Table>,
    #[serde(default)]
    functions: BTreeMap<Spanned<String>, FunctionTable>,
    #[serde(default)]
    folders: FolderTables,
    #[serde(default)]
    secrets: SecretTables,
}

fn parse(file: &Path, folder: &Path, text: &str) -> Result<Vec<Function>, ProjectError> {
    let problem = |line, problem| ProjectError {
        file: file.to_owned(),
        line,
        problem,
    };
    let project = parse_file(file, text)?;
    if project.functions.is_empty() {
        return Err(problem(
            None,
            "names no function; add a section such as [functions.hello].".into(),
        ));
    }
    let functions = project.functions.into_iter();
    functions
        .map(|(name, table)| {
            function(folder, name, table)
                .map_err(|fault| problem(Some(line_of(text, fault.offset)), fault.problem))
        })
        .collect()
}

fn parse_grants(file: &Path, folder: &Path, text: &str) -> Result<HostGrants, ProjectError> {
    let project = parse_file(file, text)?;
    grants::of_host(folder, project.folders, project.secrets).map_err(|fault| ProjectError {
        file: file.to_owned(),
        line: Some(line_of(text, fault.offset)),
        problem: fault.problem,
    })
}

fn parse_file(file: &Path, text: &str) -> Result<ProjectFile, ProjectError> {
    toml::from_str(text).map_err(|error| ProjectError {
        file: file.to_owned(),
        line: None,
        problem: error.to_string().trim_end().to_owned(),
    })
}

fn function(
    folder: &Path,
    name: Spanned<String>,
    mut table: FunctionTable,
) -> Result<Function, Fault> {
    let name = checked(name, |name| checks::name(&name))?;
    let (file, source) = (table.file.take(), table.source.take());
    let settings = table.settings(&name)?;
    Ok(Function {
        code: code_source(folder, file, source, &settings)?,
        settings: Some(settings),
        name,
    })
}

fn code_source(
    folder: &Path,
    file: Option<Spanned<PathBuf>>,
    source: Option<PathBuf>,
    settings: &SettingsChange,
) -> Result<CodeSource, Fault> {
    let in_folder = |folder: PathBuf| CodeSource::in_folder(folder, Some(settings));
    match (file, source) {
        (Some(file), Some(_)) => Err(Fault {
            offset: file.span().start,
            problem: "`file` and `source` exclude each other: the code comes from one place."
                .into(),
        }),
        (Some(file), None) => {
            let file = folder.join(file.into_inner());
            Ok(CodeSource::File(without_dots(&file)))
        }
        (None, Some(source)) => Ok(in_folder(without_dots(&folder.join(source)))),
        (None, None) => Ok(in_folder(folder.to_owned())),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    before.filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests;
