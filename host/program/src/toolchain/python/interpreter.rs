//! The Python of the machine, and the virtual environment with componentize-py that is made with it, once
//! for all functions.

use std::path::{Path, PathBuf};

use crate::toolchain::virtual_environment::VirtualEnvironment;
use crate::toolchain::{BuildError, BuildEvent, BuildOptions, program, tools};

/// The tool that makes components, and the version whose results the runtime is tested with.
pub(super) const COMPONENTIZE_PY: &str = "componentize-py==0.25.1";

/// The world's time zones, which Lambda's machines have and a sandbox has not.
pub(super) const TZDATA: &str = "tzdata==2025.2";

/// What to install where a program is missing.
pub(super) const REMEDY: &str = "Functions in Python are built with python3, 3.10 or newer, and its modules venv \
     and pip: install them (Debian and Ubuntu: apt install python3 python3-venv; others: \
     https://www.python.org/downloads), or put them on the PATH.";

/// A virtual environment that holds the tool, and what every function is built with besides.
pub(super) struct Interpreter {
    environment: VirtualEnvironment,
    time_zones: PathBuf,
}

impl Interpreter {
    /// The environment, made if it is not there.
    pub(super) fn find(
        options: &BuildOptions,
        observe: &mut dyn FnMut(BuildEvent<'_>),
    ) -> Result<Self, BuildError> {
        let environment = VirtualEnvironment::with(COMPONENTIZE_PY, REMEDY, options, observe)?;
        let time_zones = tools::installed(options, &TZDATA.replace("==", "-"), |folder| {
            observe(BuildEvent::Installing(TZDATA));
            let mut pip = program::command(&environment.tool("python"), options);
            pip.args(["-m", "pip", "install", "--disable-pip-version-check"])
                .args(["--no-compile", TZDATA, "--target"])
                .arg(folder);
            let run = program::run(&mut pip, REMEDY, observe)?;
            match run.succeeded {
                true => Ok(()),
                false => Err(BuildError::Install {
                    what: format!("{TZDATA} (from PyPI)"),
                    messages: run.text,
                }),
            }
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
        self.environment.tool(name)
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
