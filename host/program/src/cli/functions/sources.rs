//! A folder of sources as a package: what is in it, as it is, as `zip -r` makes it.

use std::fs;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use sparkler::internals::limits::{PACKAGE_BYTES_MAX, UNZIPPED_BYTES_MAX};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::cli::output;

/// What a language's own tools leave beside sources, and no function reads.
const LEFT_OVER: [&str; 1] = ["__pycache__"];

/// The file in each of Python's virtual environments: what is in one is of this machine.
const VIRTUAL_ENVIRONMENT: &str = "pyvenv.cfg";

/// Of what compresses well much is text: the first level does nearly as well as the others, in a third of the time.
const COMPRESSION_LEVEL: i64 = 1;

/// The files of `folder` as a zip: not the one at its top that is called `but_for`, those that are hidden, nor what tools
/// left there. The same files make the same bytes.
///
/// # Errors
/// Where a file cannot be read, or there is more than a package may hold.
pub(in crate::cli) fn zipped(folder: &Path, but_for: &str) -> anyhow::Result<Bytes> {
    let mut package = Package::of(folder, but_for);
    package.add_folder(folder, "")?;
    package.finish()
}

/// Whether a file or folder of this name is a part of a package.
pub(in crate::cli) fn is_part(name: &str) -> bool {
    !name.starts_with('.') && !LEFT_OVER.contains(&name)
}

struct Package<'a> {
    folder: &'a Path,
    but_for: &'a str,
    zip: ZipWriter<Cursor<Vec<u8>>>,
    bytes: u64,
    /// The folders that it is in, without links: a link to one of them would never end.
    within: Vec<PathBuf>,
}

impl<'a> Package<'a> {
    fn of(folder: &'a Path, but_for: &'a str) -> Self {
        Self {
            folder,
            but_for,
            zip: ZipWriter::new(Cursor::default()),
            bytes: 0,
            within: Vec::new(),
        }
    }

    /// Adds what is in a folder, whose path in the package ends with a slash or is empty.
    fn add_folder(&mut self, folder: &Path, inside: &str) -> anyhow::Result<()> {
        let unreadable = || format!("{} cannot be read", folder.display());
        let real = folder.canonicalize().with_context(unreadable)?;
        if self.within.contains(&real) || folder.join(VIRTUAL_ENVIRONMENT).is_file() {
            return Ok(());
        }
        self.within.push(real);
        let mut names = Vec::new();
        for entry in folder.read_dir().with_context(unreadable)? {
            let name = entry.with_context(unreadable)?.file_name();
            match name.into_string() {
                Ok(name) if is_part(&name) => names.push(name),
                Ok(_) => (),
                Err(name) => bail!("{} is no name in UTF-8", folder.join(name).display()),
            }
        }
        names.sort();
        for name in names {
            self.add(&folder.join(&name), &format!("{inside}{name}"))?;
        }
        self.within.pop();
        Ok(())
    }

    fn add(&mut self, path: &Path, inside: &str) -> anyhow::Result<()> {
        let unreadable = || format!("{} cannot be read", path.display());
        let found = fs::metadata(path).with_context(unreadable)?;
        if found.is_dir() {
            return self.add_folder(path, &format!("{inside}/"));
        }
        if !found.is_file() || inside == self.but_for {
            return Ok(());
        }
        let file = fs::File::open(path).with_context(unreadable)?;
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(COMPRESSION_LEVEL))
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        self.zip.start_file(inside, options)?;
        let room = UNZIPPED_BYTES_MAX - self.bytes;
        let copied = std::io::copy(&mut file.take(room + 1), &mut self.zip);
        let copied = copied.with_context(unreadable)?;
        if copied > room {
            bail!(
                "{} holds more than {}, the most that a package may hold unpacked.",
                self.folder.display(),
                output::size(UNZIPPED_BYTES_MAX)
            );
        }
        self.bytes += copied;
        Ok(())
    }

    fn finish(self) -> anyhow::Result<Bytes> {
        let package = self.zip.finish()?.into_inner();
        if package.len() as u64 > PACKAGE_BYTES_MAX {
            bail!(
                "{} takes {} as a zip, and a package at most {}. Leave out what the function does not need.",
                self.folder.display(),
                output::size(package.len() as u64),
                output::size(PACKAGE_BYTES_MAX)
            );
        }
        Ok(package.into())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use zip::ZipArchive;

    use super::*;

    #[test]
    fn a_package_has_the_files_of_a_folder_without_what_tools_left_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let here = folder.path();
        for name in [
            "app.py",
            "lib/words.py",
            "lib/data/a.txt",
            "lib/__pycache__/words.pyc",
            ".git/config",
            ".env",
            "sparkler.toml",
            "env/pyvenv.cfg",
            "env/lib/x.py",
        ] {
            let path = here.join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, name).expect("written");
        }
        symlink(here.join("app.py"), here.join("linked.py")).expect("linked");
        symlink(here, here.join("lib/loop")).expect("linked");
        let package = zipped(here, "sparkler.toml").expect("a package");
        let mut zip = ZipArchive::new(Cursor::new(package.clone())).expect("a zip");
        let names: Vec<_> = (0..zip.len())
            .map(|at| {
                zip.by_index(at)
                    .expect("a file")
                    .name()
                    .expect("a name")
                    .into_owned()
            })
            .collect();
        assert_eq!(
            names,
            ["app.py", "lib/data/a.txt", "lib/words.py", "linked.py"]
        );
        let mut text = String::new();
        let mut linked = zip.by_name("linked.py").expect("there");
        linked.read_to_string(&mut text).expect("readable");
        assert_eq!(text, "app.py");
        assert_eq!(
            zipped(here, "sparkler.toml").expect("a package"),
            package,
            "the same again"
        );
    }

    #[test]
    fn what_is_more_than_a_package_is_told_with_its_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let large = fs::File::create(folder.path().join("large")).expect("made");
        large.set_len(UNZIPPED_BYTES_MAX + 1).expect("large");
        let text = zipped(folder.path(), "sparkler.toml")
            .expect_err("too large")
            .to_string();
        let name = folder.path().display().to_string();
        assert!(text.contains(&name) && text.contains("250 MiB"), "{text}");
    }
}
