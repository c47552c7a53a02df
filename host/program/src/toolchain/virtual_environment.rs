//! Virtual environments of the machine's Python, each with one package from PyPI, made once for all builds.

use std::path::{Path, PathBuf};

use super::{BuildError, BuildEvent, BuildOptions, program, tools};

/// The oldest Python that the packages run on.
const OLDEST: (u32, u32) = (3, 10);

/// An environment that holds a package.
pub(super) struct VirtualEnvironment {
    folder: PathBuf,
}

impl VirtualEnvironment {
    /// The environment of `package`, which is named with its version (`name==1.2`), made if it is not there; `remedy`
    /// says what to do where Python is missing.
    pub(super) fn with(
        package: &'static str,
        remedy: &'static str,
        options: &BuildOptions,
        observe: &mut dyn FnMut(BuildEvent<'_>),
    ) -> Result<Self, BuildError> {
        let making = Making {
            package,
            remedy,
            options,
        };
        let Some(python) = program::find("python3", options) else {
            return Err(BuildError::Unsuitable(format!(
                "There is no python3 on the PATH. {remedy}"
            )));
        };
        let (major, minor) = making.version(&python)?;
        if (major, minor) < OLDEST {
            return Err(BuildError::Unsuitable(format!(
                "{} is Python {major}.{minor}, which is too old. {remedy}",
                python.display()
            )));
        }
        let tool = package.replace("==", "-");
        // An environment belongs to the Python that made it.
        let name = format!("{tool}-python{major}.{minor}");
        let folder = tools::installed(options, &name, |folder| {
            observe(BuildEvent::Installing(package));
            making.make(&python, folder, observe)
        })?;
        Ok(Self { folder })
    }

    /// A program of the environment.
    pub(super) fn tool(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// Where it lies.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// What an environment is made of.
struct Making<'a> {
    package: &'static str,
    remedy: &'static str,
    options: &'a BuildOptions,
}

impl Making<'_> {
    fn version(&self, python: &Path) -> Result<(u32, u32), BuildError> {
        const ASK: &str = "import sys; print(*sys.version_info[:2])";
        let mut command = program::command(python, self.options);
        let run = program::run(command.args(["-c", ASK]), self.remedy, &mut |_| ())?;
        let numbers = run.text.split_once(' ');
        let numbers =
            numbers.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        numbers.ok_or_else(|| {
            BuildError::Unsuitable(format!(
                "{} does not say which version it is:\n{}\n{}",
                python.display(),
                run.text,
                self.remedy
            ))
        })
    }

    fn make(
        &self,
        python: &Path,
        folder: &Path,
        observe: &mut dyn FnMut(BuildEvent<'_>),
    ) -> Result<(), BuildError> {
        let mut venv = program::command(python, self.options);
        let run = program::run(venv.args(["-m", "venv"]).arg(folder), self.remedy, observe)?;
        if !run.succeeded {
            return Err(BuildError::Unsuitable(format!(
                "{} cannot make a virtual environment:\n{}\n{}",
                python.display(),
                run.text,
                self.remedy
            )));
        }
        let mut pip = program::command(&folder.join("bin/python"), self.options);
        pip.args([
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            self.package,
        ]);
        let run = program::run(&mut pip, self.remedy, observe)?;
        match run.succeeded {
            true => Ok(()),
            false => Err(BuildError::Install {
                what: format!("{} (from PyPI)", self.package),
                messages: run.text,
            }),
        }
    }
}
