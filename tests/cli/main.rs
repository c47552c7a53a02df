//! The command line, run as people run it: the real binary, its exit codes and what it says.

mod accounts;
mod address_space;
mod audit;
mod bad_input;
mod commands;
mod compiled;
mod crashes;
mod events;
mod full_disk;
mod grants;
mod jail;
mod keys;
mod kits;
mod learn_http;
mod logs;
mod python;
mod serving;
mod sources;
mod state;
mod tls;

use std::path::{Path, PathBuf};

use sparkler_tests::server::Ended;
use sparkler_tests::{guests, wat};
use tempfile::TempDir;

/// A folder of a test's own, with components in it.
struct Workbench {
    folder: TempDir,
}

impl Workbench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("make a temporary folder");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        text(&self.path(name))
    }

    /// Writes a file and gives its path.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), content).expect("write a file");
        self.text(name)
    }

    /// A function that answers its event.
    fn echo(&self) -> String {
        self.file("echo.wasm", guests::echo())
    }

    /// A function that answers with as many ones as its event says.
    fn ones(&self) -> String {
        self.file("ones.wasm", wat::guest("answer_of_size.wat"))
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path of UTF-8").to_owned()
}

/// The files of a folder, and of those in it.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(files_below(&path))
        } else {
            files.push(path)
        }
    }
    files
}

/// The command failed with this code, said why in a sentence to stderr, and put nothing on stdout.
#[track_caller]
fn assert_fails(ended: &Ended, code: i32, words: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert_eq!(ended.stdout, "", "{ended:?}");
    for word in words {
        assert!(
            ended.stderr.contains(word),
            "{word:?} is not in {}",
            ended.stderr
        );
    }
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}

#[track_caller]
fn assert_succeeds(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{ended:?}");
}
