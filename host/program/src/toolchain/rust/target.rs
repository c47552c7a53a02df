//! Whether the compile target is there, and how it gets there.

use std::io;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

use super::{GUEST_TARGET, REMEDY};
use crate::toolchain::program::output;
use crate::toolchain::{BuildError, BuildEvent};

/// Two installations at once would disturb each other.
static INSTALLATION: Mutex<()> = Mutex::new(());

/// Makes sure that the toolchain of `directory` can compile for [`GUEST_TARGET`].
pub(in crate::toolchain) fn ensure(
    directory: &Path,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<(), BuildError> {
    let _one_at_a_time = INSTALLATION.lock().unwrap_or_else(PoisonError::into_inner);
    if is_installed(directory)? {
        return Ok(());
    }
    observe(BuildEvent::AddingTarget);
    let output = match run(directory, "rustup", &["target", "add", GUEST_TARGET]) {
        Ok(output) => output,
        Err(_) => {
            return Err(missing(", and there is no rustup to add it"));
        }
    };
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        let reason = format!(", and rustup could not add it ({})", last_line(&reason));
        return Err(missing(&reason));
    }
    match is_installed(directory)? {
        true => Ok(()),
        false => Err(missing(
            ", and adding it with rustup did not reach the rustc on the PATH, which is not rustup's",
        )),
    }
}

fn is_installed(directory: &Path) -> Result<bool, BuildError> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let arguments = ["--print", "target-libdir", "--target", GUEST_TARGET];
    let output = run(directory, &rustc, &arguments).map_err(|source| BuildError::Program {
        program: rustc,
        source,
        remedy: REMEDY,
    })?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(missing(&format!(
            " in this version of Rust, which must be 1.82 or newer ({})",
            last_line(&reason)
        )));
    }
    let libraries = String::from_utf8_lossy(&output.stdout);
    Ok(Path::new(libraries.trim()).is_dir())
}

fn missing(why: &str) -> BuildError {
    BuildError::Target(format!(
        "the Rust target {GUEST_TARGET} is missing{why}. Add it with `rustup target add {GUEST_TARGET}` \
         (rustup: https://rustup.rs), or install your distribution's package of Rust's standard library for it."
    ))
}

fn run(directory: &Path, program: &str, arguments: &[&str]) -> io::Result<Output> {
    output(Command::new(program).args(arguments).current_dir(directory))
}

fn last_line(text: &str) -> &str {
    let mut lines = text.lines().map(str::trim);
    lines
        .rfind(|line| !line.is_empty())
        .unwrap_or("it gave no reason")
}
