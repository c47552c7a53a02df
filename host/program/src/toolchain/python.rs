//! Builds functions in Python: an ordinary project with a `pyproject.toml` and a handler as on AWS Lambda,
//! made into a component by componentize-py, together with the runtime of `guest-sdk/python`.
//!
//! What is built from is put together in `build/python`, so that nothing else of the project, such as a
//! virtual environment, gets into the component. A build of the same inputs is not done again.

mod bundle;
mod failure;
pub(super) mod generic;
mod interpreter;
mod packages;
mod project;
mod runtime;
mod templates;

use std::path::Path;

use super::kit::{Kit, Marker, Template, is_of_kind};
use super::settings::BuildSettings;
use super::{BuildError, BuildEvent, BuildOptions, BuiltGuest, lock, output, program};
use bundle::Bundle;
use interpreter::Interpreter;
use project::Project;

/// The Python that runs in the sandbox, which is the one that this version of the tool brings along.
const GUEST_PYTHON: &str = "3.14";

/// Functions that are projects of Python's form.
pub(super) struct Python;

impl Kit for Python {
    fn name(&self) -> &'static str {
        "Python"
    }

    fn options(&self) -> (&'static str, &'static [&'static str]) {
        ("python", &[])
    }

    fn marker(&self) -> Marker {
        Marker::File(project::FILE)
    }

    fn reads_source(&self, path: &Path) -> bool {
        is_of_kind(path, &["py", "toml", "txt", "json"])
    }

    fn build(
        &self,
        options: &BuildOptions,
        observe: &mut dyn FnMut(BuildEvent<'_>),
    ) -> Result<BuiltGuest, BuildError> {
        let directory = &options.directory;
        let project = Project::read(directory)?;
        let reuse = BuildSettings::read_reuse(directory)?;
        let outputs = output::folder(directory);
        let _lock = lock::acquire(&outputs, &outputs)?;
        let interpreter = Interpreter::find(options, observe)?;
        let bundle = Bundle::of(directory, &outputs.join("python"));
        bundle.clear()?;
        packages::install(&project, &bundle, &interpreter, options, observe)?;
        let inputs = bundle.fill(&project)?;
        let name = output::name(directory, project::declared_name(directory));
        let component = match bundle.component_of(&inputs) {
            Some(component) => component,
            None => {
                componentize(&name, &bundle, &interpreter, options, observe)?;
                bundle.remember(&inputs)?;
                read(&bundle.component())?
            }
        };
        output::store(directory, name, component, reuse, None)
    }

    fn declared_name(&self, directory: &Path) -> Option<String> {
        project::declared_name(directory)
    }

    fn templates(&self) -> &'static [Template] {
        templates::TEMPLATES
    }
}

fn componentize(
    name: &str,
    bundle: &Bundle,
    interpreter: &Interpreter,
    options: &BuildOptions,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<(), BuildError> {
    observe(BuildEvent::Progress("Running componentize-py"));
    let mut tool = program::command(&interpreter.tool("componentize-py"), options);
    tool.args(["--world", runtime::WORLD, "--wit-path"])
        .arg(bundle.wit())
        .args(["componentize", runtime::MAIN_MODULE, "--output"])
        .arg(bundle.component());
    for folder in bundle.import_folders() {
        tool.arg("--python-path").arg(folder);
    }
    tool.arg("--python-path").arg(interpreter.time_zones());
    // Otherwise the packages of the Python that runs the tool would get into the component.
    tool.env("VIRTUAL_ENV", bundle.no_environment())
        .env_remove("RUST_BACKTRACE");
    let run = program::run(&mut tool, interpreter::REMEDY, observe)?;
    match run.succeeded {
        true => Ok(()),
        false => Err(BuildError::Compile {
            package: name.to_owned(),
            messages: failure::text(&run.text),
        }),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, BuildError> {
    std::fs::read(path).map_err(|source| BuildError::Read {
        path: path.to_owned(),
        source,
    })
}
