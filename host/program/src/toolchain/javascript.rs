//! Builds functions in JavaScript: esbuild bundles what belongs to one, and componentize-js starts
//! SpiderMonkey with it and keeps the memory that comes of it. So an invocation begins with the engine
//! running and the function loaded.
//!
//! Both tools come from npm, in the versions that a lock file pins, once for all functions. What stands
//! between a handler and the host is `guest-sdk/js`; this program brings it along.

pub(super) mod interpreter;
mod node;
mod sources;
mod templates;

use std::path::Path;

use super::kit::{Kit, Marker, Template, is_of_kind};
use super::program;
use super::settings::BuildSettings;
use super::{BuildError, BuildEvent, BuildOptions, BuiltGuest, lock, output};
use node::Node;

/// Files in which a build finds code or settings.
const KINDS: [&str; 8] = ["js", "mjs", "cjs", "jsx", "ts", "mts", "tsx", "json"];

/// Functions that are packages of npm's form.
pub(super) struct JavaScript;

impl Kit for JavaScript {
    fn name(&self) -> &'static str {
        "JavaScript"
    }

    fn options(&self) -> (&'static str, &'static [&'static str]) {
        ("js", &["javascript"])
    }

    fn marker(&self) -> Marker {
        Marker::File("package.json")
    }

    fn reads_source(&self, path: &Path) -> bool {
        path != "package-lock.json" && is_of_kind(path, &KINDS)
    }

    fn build(
        &self,
        options: &BuildOptions,
        observe: &mut dyn FnMut(BuildEvent<'_>),
    ) -> Result<BuiltGuest, BuildError> {
        let directory = absolute(&options.directory)?;
        let package = output::name(&directory, declared_name(&directory));
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

    fn declared_name(&self, directory: &Path) -> Option<String> {
        declared_name(directory)
    }

    fn templates(&self) -> &'static [Template] {
        templates::TEMPLATES
    }
}

/// The `name` of the package.
fn declared_name(directory: &Path) -> Option<String> {
    let manifest = std::fs::read_to_string(directory.join("package.json")).ok()?;
    let manifest: serde_json::Value = serde_json::from_str(&manifest).ok()?;
    Some(manifest.get("name")?.as_str()?.to_owned())
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
