//! Guests written as WebAssembly text: mostly hostile ones, with nothing between them and the host.

use std::fs;
use std::path::{Path, PathBuf};

/// The component of `tests/guests/wat/NAME`.
///
/// # Panics
/// Where the text is missing or is no component.
#[track_caller]
pub fn guest(name: &str) -> Vec<u8> {
    let text = read(&folder().join(name));
    let is_whole = text.lines().any(|line| line.starts_with("(component"));
    if is_whole {
        assemble(&text)
    } else {
        in_shell(&text)
    }
}

/// The component of a guest's own text, set into what every guest has in common.
///
/// # Panics
/// Where the result is no component.
#[track_caller]
pub fn in_shell(guest: &str) -> Vec<u8> {
    let shell = read(&folder().join("shell.wat"));
    assemble(&shell.replace(";; GUEST", guest))
}

/// The binary form of a text.
///
/// # Panics
/// Where it is not WebAssembly.
#[track_caller]
pub fn assemble(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// Where the texts are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/wat")
}

#[track_caller]
fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
