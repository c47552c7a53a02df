//! The packages that a function depends on, installed from PyPI into the bundle.
//!
//! Only those that are pure Python: machine code for this machine cannot run in the sandbox.

use std::fs;
use std::path::Path;

use sparkler::internals::Digest;

use super::GUEST_PYTHON;
use super::bundle::Bundle;
use super::interpreter::{Interpreter, REMEDY};
use super::project::Project;
use crate::toolchain::{BuildError, BuildEvent, BuildOptions, output, program};

/// Finds the newest versions that can be used, builds what has to be built for that, and installs them with pip.
const INSTALL: &str = include_str!("install.py");

/// How a line of it begins that is for the user.
const NOTE: &str = "note: ";

/// Holds what the packages were installed for.
const COMPLETE: &str = ".complete";

/// Installs what the project asks for, unless it lies there already.
pub(super) fn install(
    project: &Project,
    bundle: &Bundle,
    interpreter: &Interpreter,
    options: &BuildOptions,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<(), BuildError> {
    let folder = bundle.packages();
    let wanted = wanted(project)?;
    let complete = folder.join(COMPLETE);
    if wanted
        .as_ref()
        .is_some_and(|wanted| fs::read_to_string(&complete).is_ok_and(|is| is == *wanted))
    {
        return Ok(());
    }
    remove(&folder)?;
    if project.dependencies.is_empty() && project.requirements.is_none() {
        return Ok(());
    }
    run_pip(project, bundle, interpreter, options, observe)?;
    match wanted {
        Some(wanted) => output::write(&complete, wanted.as_bytes()),
        None => Ok(()),
    }
}

fn run_pip(
    project: &Project,
    bundle: &Bundle,
    interpreter: &Interpreter,
    options: &BuildOptions,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<(), BuildError> {
    observe(BuildEvent::Progress(
        "Installing the function's dependencies",
    ));
    let mut pip = program::command(&interpreter.tool("python"), options);
    pip.args(["-c", INSTALL])
        .arg(bundle.packages())
        .arg(bundle.wheels())
        .arg(GUEST_PYTHON);
    if let Some(requirements) = &project.requirements {
        pip.arg("--requirement").arg(requirements);
    }
    // After the options: a requirement is none, whatever it looks like.
    pip.arg("--").args(&project.dependencies);
    let mut tell = |event: BuildEvent<'_>| match event {
        BuildEvent::Progress(line) => match line.strip_prefix(NOTE) {
            Some(note) => observe(BuildEvent::Warning(note)),
            None => observe(event),
        },
        other => observe(other),
    };
    let run = program::run(&mut pip, REMEDY, &mut tell)?;
    match run.succeeded {
        true => Ok(()),
        false => Err(BuildError::Install {
            what: "The function's dependencies".into(),
            messages: format!(
                "{}\nOnly packages of pure Python can be used, with wheels that end in -none-any.whl or sources \
                 that build one: machine code does not run in the sandbox. Where a package has such code, look \
                 for one that does without.",
                run.text
            ),
        }),
    }
}

/// What tells one set of requirements from another; `None` where they name files that may change.
fn wanted(project: &Project) -> Result<Option<String>, BuildError> {
    let mut text = project.dependencies.join("\n");
    if let Some(path) = &project.requirements {
        let lines = fs::read_to_string(path).map_err(|source| BuildError::Read {
            path: path.clone(),
            source,
        })?;
        text.push('\0');
        text.push_str(&lines);
    }
    let names_file =
        |line: &str| line.trim_start().starts_with(['-', '.', '/']) || line.contains("file:");
    Ok(match text.lines().any(names_file) {
        true => None,
        false => Some(Digest::of(text.as_bytes()).to_string()),
    })
}

fn remove(folder: &Path) -> Result<(), BuildError> {
    match folder.exists() {
        true => fs::remove_dir_all(folder).map_err(|source| BuildError::Write {
            path: folder.to_owned(),
            source,
        }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_told_apart_and_those_that_name_files_are_always_new() {
        let wanted = |dependencies: &[&str]| {
            let project = Project {
                handler: "handler.handler".into(),
                dependencies: dependencies.iter().map(ToString::to_string).collect(),
                requirements: None,
            };
            wanted(&project).unwrap()
        };
        assert_eq!(wanted(&["idna==3.10"]), wanted(&["idna==3.10"]));
        assert_ne!(wanted(&["idna==3.10"]), wanted(&["idna==3.11"]));
        assert_eq!(wanted(&["./mine"]), None);
        assert_eq!(wanted(&["mine @ file:///mine"]), None);
    }
}
