//! The Python of the machine, and the virtual environment with componentize-py that is made with it, once
//! for all functions.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::toolchain::{BuildError, BuildEvent, BuildOptions, program, tools};

/// The tool that makes components, and the version whose results the runtime is tested with.
pub(super) const COMPONENTIZE_PY: &str = "componentize-py==0.25.1";

/// The world's time zones, which Lambda's machines have and a sandbox has not.
pub(super) const TZDATA: &str = "tzdata==2025.2";

/// What to install where a program is missing.
pub(super) const REMEDY: &str = "Functions in Python are built with python3, 3.10 or newer, and its modules venv \
     and pip: install them (Debian and Ubuntu: apt install python3 python3-venv; others: \
     https://www.python.org/downloads), or put them on the PATH.";

/// The oldest Python that componentize-py runs on.
const OLDEST: (u32, u32) = (3, 10);

/// A virtual environment that holds the tool, and what every function is built with besides.
pub(super) struct Interpreter {
    environment: PathBuf,
    time_zones: PathBuf,
}

impl Interpreter {
    /// The environment, made if it is not there.
    pub(super) fn find(
        options: &BuildOptions,
        observe: &mut dyn FnMut(BuildEvent<'_>),
    ) -> Result<Self, BuildError> {
        let Some(python) = program::find("python3", options) else {
            return Err(BuildError::Unsuitable(format!(
                "There is no python3 on the PATH. {REMEDY}"
            )));
        };
        let (major, minor) = version(&python, options)?;
        if (major, minor) < OLDEST {
            return Err(BuildError::Unsuitable(format!(
                "{} is Python {major}.{minor}, which is too old. {REMEDY}",
                python.display()
            )));
        }
        let tool = COMPONENTIZE_PY.replace("==", "-");
        // An environment belongs to the Python that made it.
        let name = format!("{tool}-python{major}.{minor}");
        let environment = tools::installed(options, &name, |folder| {
            observe(BuildEvent::Installing(COMPONENTIZE_PY));
            make_environment(&python, folder, options, observe)
        })?;
        let interpreter = environment.join("bin/python");
        let time_zones = tools::installed(options, &TZDATA.replace("==", "-"), |folder| {
            observe(BuildEvent::Installing(TZDATA));
            let mut pip = program::command(&interpreter, options);
            pip.args(["-m", "pip", "install", "--disable-pip-version-check"])
                .args(["--no-compile", TZDATA, "--target"])
                .arg(folder);
            installed(TZDATA, &mut pip, observe)
        })?;
        Ok(Self {
            environment,
            time_zones,
        })
    }

    /// A folder with a package of the world's time zones.
    pub(super) fn time_zones(&self) -> &Path {
        &self.time_zones
    }

    /// A program of the environment.
    pub(super) fn tool(&self, name: &str) -> PathBuf {
        self.environment.join("bin").join(name)
    }
}

fn version(python: &Path, options: &BuildOptions) -> Result<(u32, u32), BuildError> {
    const ASK: &str = "import sys; print(*sys.version_info[:2])";
    let mut command = program::command(python, options);
    let run = program::run(command.args(["-c", ASK]), REMEDY, &mut |_| ())?;
    let numbers = run.text.split_once(' ');
    let numbers =
        numbers.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    numbers.ok_or_else(|| {
        BuildError::Unsuitable(format!(
            "{} does not say which version it is:\n{}\n{REMEDY}",
            python.display(),
            run.text
        ))
    })
}

fn make_environment(
    python: &Path,
    folder: &Path,
    options: &BuildOptions,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<(), BuildError> {
    let mut venv = program::command(python, options);
    let run = program::run(venv.args(["-m", "venv"]).arg(folder), REMEDY, observe)?;
    if !run.succeeded {
        return Err(BuildError::Unsuitable(format!(
            "{} cannot make a virtual environment:\n{}\n{REMEDY}",
            python.display(),
            run.text
        )));
    }
    let mut pip = program::command(&folder.join("bin/python"), options);
    pip.args([
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        COMPONENTIZE_PY,
    ]);
    installed(COMPONENTIZE_PY, &mut pip, observe)
}

/// Runs pip for one package.
fn installed(
    what: &str,
    pip: &mut Command,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<(), BuildError> {
    let run = program::run(pip, REMEDY, observe)?;
    match run.succeeded {
        true => Ok(()),
        false => Err(BuildError::Install {
            what: format!("{what} (from PyPI)"),
            messages: run.text,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_python_learns_what_to_install() {
        let options = BuildOptions {
            search_path: Some("/nowhere".into()),
            ..BuildOptions::default()
        };
        let error = Interpreter::find(&options, &mut |_| ()).err().unwrap();
        let text = error.to_string();
        assert!(text.contains("no python3 on the PATH"), "{text}");
        assert!(text.contains("apt install python3 python3-venv"), "{text}");
    }
}
