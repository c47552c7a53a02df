//! The programs that measure and the peers that are measured: found where they are installed, or else
//! installed into a folder of the benchmark's own, each through its registry's ordinary client.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context as _;

/// Where programs are looked for, and where missing ones are put.
#[derive(Clone, Debug)]
pub(crate) struct Tools {
    /// The benchmark's own folder; programs of Debian's packages are in its `bin`.
    pub(crate) folder: PathBuf,
    /// Folders of installed programs, as in `PATH`.
    search: OsString,
}

impl Tools {
    /// `$SPARKLER_TOOLS`, or a folder beside what cargo builds.
    pub(crate) fn here() -> anyhow::Result<Self> {
        let folder = match std::env::var_os("SPARKLER_TOOLS") {
            Some(folder) => std::path::absolute(folder)?.join("bench"),
            None => {
                let program = std::env::current_exe()?;
                let target = program.ancestors().nth(2).context("cargo's target folder")?;
                target.join("sparkler-bench/tools")
            }
        };
        let search = std::env::var_os("PATH").unwrap_or_default();
        Ok(Self { folder, search })
    }

    /// The program of that name, if it is there: in `PATH`, or in the benchmark's own folder.
    pub(crate) fn find(&self, name: &str) -> Option<PathBuf> {
        std::env::split_paths(&self.search)
            .chain([self.folder.join("bin")])
            .map(|folder| folder.join(name))
            .find(|path| path.is_file())
    }
}
