//! Guests written in Python, built by the product's own build code, outside of the source tree.

use std::fs;
use std::path::{Path, PathBuf};

use sparkler::toolchain::{self, BuildOptions};

use crate::guests::{digest_of, workspace};
use crate::scratch;

/// The component of an example, such as `python-hello`, built where its sources have changed.
pub fn python_example(name: &str) -> Vec<u8> {
    built(&format!("examples/{name}"))
}

/// `tests/guests/python`: does what its event says.
pub fn python_behaviours() -> Vec<u8> {
    built("tests/guests/python")
}

/// Where the tools of the languages are installed for the suites.
pub fn tools() -> PathBuf {
    scratch::folder().join("tools")
}

fn built(project: &str) -> Vec<u8> {
    let key = digest_of(&[
        project,
        "guest-sdk/python",
        "guest-sdk/wit",
        "host/src/toolchain/python",
    ]);
    let name = project.replace('/', "-");
    let place = scratch::folder().join(format!("{name}-{key}.wasm"));
    scratch::made_once(&place, |place| build(&workspace().join(project), place));
    fs::read(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display()))
}

#[track_caller]
fn build(project: &Path, place: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    copy(project, folder.path());
    let options = BuildOptions {
        tools: Some(tools()),
        ..BuildOptions::release(folder.path())
    };
    let guest = toolchain::build(options)
        .unwrap_or_else(|error| panic!("the suites need {}: {error}", project.display()));
    fs::write(place, &guest.bytes).expect("keep the component");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("make a folder");
    for entry in fs::read_dir(from).expect("read a folder") {
        let path = entry.expect("an entry of a folder").path();
        let place = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true if path.ends_with("build") => {}
            true => copy(&path, &place),
            false => drop(fs::copy(&path, &place).expect("copy a file")),
        }
    }
}
