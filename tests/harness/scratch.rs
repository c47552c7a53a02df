//! Where the harness keeps what takes long to make: below cargo's target folder, made once, shared by
//! every suite.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The harness's own folder below cargo's target folder.
///
/// # Panics
/// Where the suite does not run from cargo's target folder, or the folder cannot be made.
pub fn folder() -> PathBuf {
    let suite = std::env::current_exe().expect("the path of this suite");
    // A suite is TARGET/PROFILE/deps/SUITE.
    let target = suite.ancestors().nth(3).expect("cargo's target folder");
    let folder = target.join("sparkler-tests");
    fs::create_dir_all(&folder)
        .unwrap_or_else(|error| panic!("cannot make {}: {error}", folder.display()));
    folder
}

/// Makes `place` by `make`, unless that was done before; suites and threads wait for each other.
///
/// A mark beside the place is written last, so that what was interrupted is made again.
///
/// # Panics
/// Where `make` does, or the disk fails.
#[track_caller]
pub fn made_once(place: &Path, make: impl FnOnce(&Path)) {
    let lock = File::create(beside(place, "lock")).expect("make a lock file");
    lock.lock().expect("wait for the other suites");
    let mark = beside(place, "complete");
    if !mark.exists() {
        make(place);
        File::create(mark).expect("mark what is complete");
    }
}

fn beside(place: &Path, what: &str) -> PathBuf {
    let mut name = place.as_os_str().to_owned();
    name.push(".");
    name.push(what);
    name.into()
}
