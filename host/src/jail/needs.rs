//! What a process needs of its system.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// Places and connections. There is nothing to begin with, and what is not added is taken away.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub(super) places: Vec<(PathBuf, Right)>,
    pub(super) connects: bool,
}

/// What may be done at a place and everywhere below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// Read files, list folders.
    Read,
    /// As well make, write, rename and remove both, and symbolic links.
    Change,
    /// Read files, and start them as programs.
    Start,
    /// Remove folders that are empty.
    RemoveFolders,
}

impl Needs {
    /// To read what is at a place, which may be a file.
    pub(crate) fn read(&mut self, place: impl Into<PathBuf>) {
        self.places.push((place.into(), Right::Read));
    }

    /// To change what is at a place, which may be a file.
    pub(crate) fn change(&mut self, place: impl Into<PathBuf>) {
        self.places.push((place.into(), Right::Change));
    }

    /// To start a program.
    pub(crate) fn start(&mut self, program: impl Into<PathBuf>) {
        self.places.push((program.into(), Right::Start));
    }

    /// To remove folders at a place, once they are empty.
    pub(crate) fn remove_folders(&mut self, place: impl Into<PathBuf>) {
        self.places.push((place.into(), Right::RemoveFolders));
    }

    /// To connect to others over TCP, and to ask for their addresses.
    pub(crate) fn connect(&mut self) {
        self.connects = true;
    }
}

/// The files with code that this process was loaded from: its program, the one that loads programs, and libraries.
pub(crate) fn loaded_files() -> BTreeSet<PathBuf> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    maps.lines().filter_map(code_file).collect()
}

/// `ADDRESSES r-xp OFFSET DEVICE INODE      PATH`, of what can be executed.
fn code_file(line: &str) -> Option<PathBuf> {
    let rights = line.split(' ').nth(1)?;
    let path = &line[line.find('/')?..];
    rights.contains('x').then(|| path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_loaded_is_told_by_what_can_be_executed() {
        let line = "7f00-7f01 r-xp 00028000 fe:01 1234                       /usr/lib/a b.so";
        assert_eq!(code_file(line), Some("/usr/lib/a b.so".into()));
        for line in [
            "7f00-7f01 r--p 00028000 fe:01 1234                       /usr/lib/libc.so.6",
            "7f00-7f01 r-xp 00000000 00:00 0                          [vdso]",
            "",
        ] {
            assert_eq!(code_file(line), None, "{line}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_program_is_among_what_was_loaded() {
        let own = std::env::current_exe().expect("its path");
        assert!(loaded_files().contains(&own));
    }
}
