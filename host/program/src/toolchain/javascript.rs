//! Builds functions in JavaScript: esbuild bundles what belongs to one, and componentize-js starts
//! SpiderMonkey with it and keeps the memory that comes of it. So an invocation begins with the engine
//! running and the function loaded.
//!
//! Both tools come from npm, in the versions that a lock file pins, once for all functions. What stands
//! between a handler and the host is `guest-sdk/js`; this program brings it along.

mod node;
mod sources;

use std::path::Path;

use super::program;
use super::settings::BuildSettings;
use super::{BuildError, BuildEvent, BuildOptions, BuiltGuest, Language, lock, output};
use node::Node;

/// Builds the function in the folder that `options` name.
pub(super) fn build(
    options: &BuildOptions,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<BuiltGuest, BuildError> {
    let directory = absolute(&options.directory)?;
    let package = output::name(&directory, Language::JavaScript);
    let reuse = BuildSettings::read_reuse(&directory)?;
    let main = sources::main_file(&directory)?;
    let node = Node::find(options)?;
    let outputs = output::folder(&directory);
    let _lock = lock::acquire(&outputs, &outputs)?;
    node.install_dependencies(&directory, observe)?;
    let tools = node.tools(observe)?;
    let work = outputs.join("javascript");
    sources::write_runtime(&work)?;

    let component = work.join("component.wasm");
    let mut driver = node.command();
    driver
        .arg("driver.mjs")
        .args([&tools, &directory])
        .arg(&main)
        .args([&work, &component])
        .current_dir(&work);
    let run = program::run(&mut driver, node::REMEDY, observe)?;
    if !run.succeeded {
        return Err(BuildError::Compile {
            package,
            messages: without_progress(&run.text),
        });
    }
    let bytes = std::fs::read(&component).map_err(|source| BuildError::Read {
        path: component,
        source,
    })?;
    output::store(&directory, package, bytes, reuse, None)
}

/// Tools are run in other folders than this program's.
fn absolute(directory: &Path) -> Result<std::path::PathBuf, BuildError> {
    directory.canonicalize().map_err(|source| BuildError::Read {
        path: directory.to_owned(),
        source,
    })
}

/// What the driver says while all goes well is not why it failed.
fn without_progress(text: &str) -> String {
    let is_progress = |line: &&str| {
        ["Bundling ", "Starting the engine"]
            .iter()
            .any(|start| line.starts_with(start))
    };
    let lines: Vec<&str> = text.lines().filter(|line| !is_progress(line)).collect();
    lines.join("\n")
}
