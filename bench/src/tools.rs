//! The programs that measure and the peers that are measured: found where they are installed, or else
//! installed into a folder of the benchmark's own, each through its registry's ordinary client.
//!
//! A version is part of the name of its folder, and a folder counts once a mark in it says that it is
//! complete; what was interrupted begins anew.

pub(crate) mod crates;
mod debian;
mod node;
mod python;
mod step;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::progress;

/// Stands in a folder that is complete.
const MARK: &str = "complete";

/// Where programs are looked for, and where missing ones are put.
#[derive(Clone, Debug)]
pub(crate) struct Tools {
    /// The benchmark's own folder; programs of Debian's packages are in its `bin`.
    folder: PathBuf,
    /// Folders of installed programs, as in `PATH`.
    search: OsString,
    installs: Installs,
}

/// What may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Installs {
    Nothing,
    /// What measures: small packages of Debian.
    Generators,
    /// The peers as well, of which one takes ten minutes to compile.
    Peers,
}

impl Tools {
    /// Tools in `$SPARKLER_TOOLS`, or in a folder beside what cargo builds.
    pub(crate) fn here(installs: Installs) -> anyhow::Result<Self> {
        let folder = match std::env::var_os("SPARKLER_TOOLS") {
            Some(folder) => std::path::absolute(folder)?.join("bench"),
            None => {
                let program = std::env::current_exe()?;
                let target = program
                    .ancestors()
                    .nth(2)
                    .context("cargo's target folder")?;
                target.join("sparkler-bench/tools")
            }
        };
        let search = std::env::var_os("PATH").unwrap_or_default();
        Ok(Self::with(folder, search, installs))
    }

    fn with(folder: PathBuf, search: OsString, installs: Installs) -> Self {
        Self {
            folder,
            search,
            installs,
        }
    }

    /// The program of that name, if it is there: in `PATH`, or in the benchmark's own folder.
    pub(crate) fn find(&self, name: &str) -> Option<PathBuf> {
        std::env::split_paths(&self.search)
            .chain([self.folder.join("bin")])
            .map(|folder| folder.join(name))
            .find(|path| path.is_file())
    }

    /// The same; where it is missing, the Debian package that is called as it is installed.
    ///
    /// # Errors
    /// With the way to come by it.
    pub(crate) async fn program(&self, name: &str) -> anyhow::Result<PathBuf> {
        if self.find(name).is_none() && self.installs >= Installs::Generators {
            let installed = debian::install(self, name).await;
            installed.with_context(|| format!("{name} is missing and could not be installed"))?;
        }
        self.find(name).with_context(|| {
            format!(
                "{name} is missing: install it with the system's packages (Debian: apt-get install \
                 {name}), or let the benchmark do it (without --no-install)"
            )
        })
    }

    /// The benchmark's own folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of an installed peer, which `install` fills where it is not there yet.
    async fn peer(
        &self,
        name: &str,
        install: impl AsyncFnOnce(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<PathBuf> {
        let folder = self.folder.join(name);
        if folder.join(MARK).is_file() {
            return Ok(folder);
        }
        if self.installs < Installs::Peers {
            bail!("not installed: `cargo xtask bench --full` installs it");
        }
        progress::say(format!("installing {name} …"));
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        install(&folder).await?;
        std::fs::write(folder.join(MARK), "")?;
        Ok(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools(installs: Installs) -> (tempfile::TempDir, Tools) {
        let folder = tempfile::tempdir().expect("a folder");
        let tools = Tools::with(folder.path().join("tools"), OsString::new(), installs);
        (folder, tools)
    }

    #[test]
    fn a_program_is_found_in_the_search_path_first_and_then_in_the_own_folder() {
        let (folder, mut tools) = tools(Installs::Nothing);
        assert_eq!(tools.find("wrk"), None);
        let own = tools.folder.join("bin");
        std::fs::create_dir_all(&own).expect("a folder");
        std::fs::write(own.join("wrk"), "").expect("a file");
        assert_eq!(tools.find("wrk"), Some(own.join("wrk")));
        std::fs::write(folder.path().join("wrk"), "").expect("a file");
        tools.search = folder.path().into();
        assert_eq!(tools.find("wrk"), Some(folder.path().join("wrk")));
    }

    #[tokio::test]
    async fn what_is_missing_is_told_with_the_way_to_get_it() {
        let (_folder, tools) = tools(Installs::Nothing);
        let told = tools
            .program("wrk")
            .await
            .expect_err("no program")
            .to_string();
        assert!(told.contains("wrk is missing") && told.contains("apt-get install wrk"));
    }

    #[tokio::test]
    async fn a_peer_is_installed_once_and_only_where_that_is_wanted() {
        let (_folder, mut tools) = tools(Installs::Generators);
        let refused = tools.peer("peer-1", async |_| Ok(())).await;
        assert!(
            refused
                .expect_err("no install")
                .to_string()
                .contains("--full")
        );

        tools.installs = Installs::Peers;
        let failed = tools.peer("peer-1", async |_| bail!("no network")).await;
        assert_eq!(failed.expect_err("a failure").to_string(), "no network");
        let folder = tools
            .peer("peer-1", async |_| Ok(()))
            .await
            .expect("a folder");
        let again = tools
            .peer("peer-1", async |_| bail!("installed twice"))
            .await;
        assert_eq!(again.expect("the same folder"), folder);
    }
}
