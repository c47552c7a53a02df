//! The files that a build of JavaScript is made from: the function's own, and those of the runtime.

use std::path::Path;

use crate::toolchain::{BuildError, output};

/// Files that are the function where `package.json` names none.
const MAIN_FILES: [&str; 4] = ["handler.js", "handler.mjs", "index.js", "index.mjs"];

/// What is written beside the bundle: the runtime, the contract and the program that drives the tools.
const RUNTIME: [(&str, &str); 10] = [
    ("driver.mjs", include_str!("driver.mjs")),
    // Without it, Node would look into the function's for how to read the modules here.
    ("package.json", "{\"type\": \"module\"}\n"),
    ("entry.js", include_str!("../../../kits/js/entry.js")),
    (
        "runtime/serve.js",
        include_str!("../../../kits/js/runtime/serve.js"),
    ),
    (
        "runtime/environment.js",
        include_str!("../../../kits/js/runtime/environment.js"),
    ),
    (
        "runtime/context.js",
        include_str!("../../../kits/js/runtime/context.js"),
    ),
    (
        "runtime/failure.js",
        include_str!("../../../kits/js/runtime/failure.js"),
    ),
    (
        "runtime/source_map.js",
        include_str!("../../../kits/js/runtime/source_map.js"),
    ),
    ("wit/world.wit", include_str!("../../../kits/js/world.wit")),
    (
        "wit/deps/cli/environment.wit",
        include_str!("../../../kits/js/environment.wit"),
    ),
];

/// The file of the function that exports its handler: `main` of `package.json`, or one by its name.
pub(super) fn main_file(directory: &Path) -> Result<String, BuildError> {
    let manifest = directory.join("package.json");
    let text = std::fs::read_to_string(&manifest).map_err(|source| BuildError::Read {
        path: manifest.clone(),
        source,
    })?;
    let package: serde_json::Value = serde_json::from_str(&text).map_err(|error| {
        BuildError::Unsuitable(format!("{} is not JSON: {error}.", manifest.display()))
    })?;
    let named = package.get("main").and_then(|main| main.as_str());
    let main = named.or_else(|| {
        MAIN_FILES
            .into_iter()
            .find(|name| directory.join(name).is_file())
    });
    match main {
        Some(main) if directory.join(main).is_file() => Ok(main.to_owned()),
        Some(main) => Err(BuildError::Unsuitable(format!(
            "{} says that the function is in {main}, which is not there.",
            manifest.display()
        ))),
        None => Err(BuildError::Unsuitable(format!(
            "{} holds none of {}. Name the file that exports the handler as `main` in package.json.",
            directory.display(),
            MAIN_FILES.join(", ")
        ))),
    }
}

/// Writes the runtime into the folder in which a build works.
pub(super) fn write_runtime(work: &Path) -> Result<(), BuildError> {
    for (path, text) in RUNTIME {
        output::write(&work.join(path), text.as_bytes())?;
    }
    output::write(
        &work.join("wit/deps/sparkler/function.wit"),
        sparkler::WIT.as_bytes(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_function_is_what_the_manifest_names_or_a_file_of_a_known_name() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        let found = || main_file(here).map_err(|error| error.to_string());
        fs::write(here.join("package.json"), "{}").unwrap();
        assert!(found().unwrap_err().contains("none of handler.js"));
        fs::write(here.join("index.mjs"), "").unwrap();
        assert_eq!(found().unwrap(), "index.mjs");
        fs::write(here.join("package.json"), r#"{"main": "greet.js"}"#).unwrap();
        assert!(
            found()
                .unwrap_err()
                .contains("greet.js, which is not there")
        );
        fs::write(here.join("greet.js"), "").unwrap();
        assert_eq!(found().unwrap(), "greet.js");
        fs::write(here.join("package.json"), "{").unwrap();
        assert!(found().unwrap_err().contains("is not JSON"));
    }

    #[test]
    fn every_module_of_the_runtime_is_written() {
        let folder = tempfile::tempdir().unwrap();
        write_runtime(folder.path()).unwrap();
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("kits/js/runtime");
        for module in fs::read_dir(sources).unwrap() {
            let name = module.unwrap().file_name();
            let written = folder.path().join("runtime").join(&name);
            assert!(written.is_file(), "{}", name.display());
        }
    }
}
