//! Programs of Debian's packages, without root: apt fetches the package and the libraries that this machine
//! lacks, and they are unpacked into a folder, with a script that starts the program among them.
//!
//! apt works on lists and a cache in that folder too, since those of the system may be empty and may belong
//! to root.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use tokio::process::Command;

use super::Tools;
use super::step::run;
use crate::progress;

/// Puts the program of the package that has the same name into the tools' `bin`.
pub(super) async fn install(tools: &Tools, package: &str) -> anyhow::Result<()> {
    ensure!(
        Path::new("/var/lib/dpkg/status").is_file(),
        "this system has no packages of Debian; install {package} with its own"
    );
    progress::say(format!("installing {package} (from Debian) …"));
    let apt = Apt::new(tools.folder.join("debian"), package)?;
    apt.update().await?;
    apt.download(package).await?;
    apt.unpack(package).await?;
    let program = apt.root.join("usr/bin").join(package);
    ensure!(
        program.is_file(),
        "the package {package} has no program of that name"
    );
    let script = tools.folder.join("bin").join(package);
    write_script(&script, &starter(&apt.root, &program))
}

/// apt with lists of its own, and a folder for one package.
struct Apt {
    lists: PathBuf,
    archives: PathBuf,
    root: PathBuf,
}

impl Apt {
    fn new(folder: PathBuf, package: &str) -> anyhow::Result<Self> {
        let apt = Self {
            lists: folder.join("lists"),
            archives: folder.join(package).join("archives"),
            root: folder.join(package).join("root"),
        };
        // What an interrupted run left would be unpacked with the rest.
        if folder.join(package).exists() {
            std::fs::remove_dir_all(folder.join(package))?;
        }
        for folder in [&apt.lists, &apt.archives] {
            std::fs::create_dir_all(folder.join("partial"))
                .with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        std::fs::create_dir_all(&apt.root)?;
        Ok(apt)
    }

    fn get(&self) -> Command {
        let mut command = Command::new("apt-get");
        let settings = [
            ("Dir::State::lists", self.lists.as_path()),
            ("Dir::State::status", Path::new("/var/lib/dpkg/status")),
            ("Dir::Cache", &self.lists),
            ("Dir::Cache::archives", &self.archives),
            // Nothing of the system is changed, so there is nothing to lock, and nobody to become.
            ("Debug::NoLocking", Path::new("true")),
            ("APT::Sandbox::User", Path::new("root")),
        ];
        for (name, value) in settings {
            command.arg("-o").arg(format!("{name}={}", value.display()));
        }
        command
    }

    async fn update(&self) -> anyhow::Result<()> {
        run("fetching the lists of packages", self.get().arg("update")).await?;
        Ok(())
    }

    /// The package, and what it depends on and is not installed.
    async fn download(&self, package: &str) -> anyhow::Result<()> {
        let mut command = self.get();
        command.args(["install", "--download-only", "--reinstall", "--yes"]);
        command.args(["--no-install-recommends", package]);
        run("fetching the package", &mut command).await?;
        Ok(())
    }

    async fn unpack(&self, package: &str) -> anyhow::Result<()> {
        let mut count = 0;
        for file in std::fs::read_dir(&self.archives)? {
            let file = file?.path();
            if file.extension().is_some_and(|extension| extension == "deb") {
                let mut command = Command::new("dpkg-deb");
                command.arg("-x").arg(&file).arg(&self.root);
                run("unpacking a package", &mut command).await?;
                count += 1;
            }
        }
        ensure!(count > 0, "apt fetched nothing for {package}");
        Ok(())
    }
}

/// What starts the program with the libraries and data that were unpacked with it.
fn starter(root: &Path, program: &Path) -> String {
    let triplet = format!("{}-linux-gnu", std::env::consts::ARCH);
    let (usr, top) = (
        root.join("usr/lib").join(&triplet),
        root.join("lib").join(&triplet),
    );
    let (root, program) = (root.display(), program.display());
    let mut script = String::from("#!/bin/sh\n");
    script += &format!(
        "export LD_LIBRARY_PATH=\"{}:{}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\"\n",
        usr.display(),
        top.display()
    );
    if program.to_string().ends_with("/valgrind") {
        script += &format!("export VALGRIND_LIB=\"{root}/usr/libexec/valgrind\"\n");
    }
    script + &format!("exec \"{program}\" \"$@\"\n")
}

fn write_script(place: &Path, text: &str) -> anyhow::Result<()> {
    let folder = place.parent().context("a folder")?;
    std::fs::create_dir_all(folder)?;
    std::fs::write(place, text)
        .with_context(|| format!("{} cannot be written", place.display()))?;
    std::fs::set_permissions(place, std::fs::Permissions::from_mode(0o755))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_names_the_libraries_and_the_program() {
        let script = starter(
            Path::new("/t/wrk/root"),
            Path::new("/t/wrk/root/usr/bin/wrk"),
        );
        assert!(
            script.contains("LD_LIBRARY_PATH=\"/t/wrk/root/usr/lib/"),
            "{script}"
        );
        assert!(
            script.ends_with("exec \"/t/wrk/root/usr/bin/wrk\" \"$@\"\n"),
            "{script}"
        );
        assert!(!script.contains("VALGRIND_LIB"));
        let script = starter(Path::new("/t/root"), Path::new("/t/root/usr/bin/valgrind"));
        assert!(script.contains("VALGRIND_LIB=\"/t/root/usr/libexec/valgrind\""));
    }
}
