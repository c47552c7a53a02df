//! The folder that a component is made from: the runtime, the function's files, its packages and the
//! interfaces; and what the last build there was made from.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::interpreter::{COMPONENTIZE_PY, TZDATA};
use super::project::Project;
use super::runtime;
use crate::toolchain::{BuildError, output};

/// Folders at the top of a project that are no part of its function.
const LEFT_OUT: [&str; 3] = ["build", "node_modules", "target"];

/// What an interpreter keeps beside sources.
const BYTECODE: &str = "__pycache__";

/// The file that marks a virtual environment.
const ENVIRONMENT_MARK: &str = "pyvenv.cfg";

/// What a component was made from, as a text that is the same only for the same.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inputs(String);

/// The folder of a build.
pub(super) struct Bundle {
    project: PathBuf,
    folder: PathBuf,
}

impl Bundle {
    /// The bundle of the project in a folder.
    pub(super) fn of(project: &Path, folder: &Path) -> Self {
        Self {
            project: project.to_owned(),
            folder: folder.to_owned(),
        }
    }

    pub(super) fn packages(&self) -> PathBuf {
        self.folder.join("packages")
    }

    /// Packages that were built from their sources.
    pub(super) fn wheels(&self) -> PathBuf {
        self.folder.join("wheels")
    }

    pub(super) fn wit(&self) -> PathBuf {
        self.folder.join("wit")
    }

    /// A virtual environment in which nothing is.
    pub(super) fn no_environment(&self) -> PathBuf {
        self.folder.join("nothing")
    }

    /// The component as the tool writes it.
    pub(super) fn component(&self) -> PathBuf {
        self.folder.join("component.wasm")
    }

    /// Where modules are looked for, first to last.
    pub(super) fn import_folders(&self) -> Vec<PathBuf> {
        let folders = [self.runtime(), self.function(), self.packages()];
        folders
            .into_iter()
            .filter(|folder| folder.is_dir())
            .collect()
    }

    /// Removes what an earlier build put together; packages and the component stay.
    pub(super) fn clear(&self) -> Result<(), BuildError> {
        for folder in [self.runtime(), self.function(), self.wit()] {
            if folder.exists() {
                fs::remove_dir_all(&folder).map_err(|source| unwritten(&folder, source))?;
            }
        }
        Ok(())
    }

    /// Puts everything together but the packages, which lie there; says what it is.
    pub(super) fn fill(&self, project: &Project) -> Result<Inputs, BuildError> {
        self.fill_runtime(&runtime::main_module(&project.handler))?;
        copy_function(&self.project, &self.function(), &LEFT_OUT)
            .map_err(|source| unwritten(&self.function(), source))?;
        let mut hasher = Sha256::new();
        hasher.update(COMPONENTIZE_PY);
        hasher.update(TZDATA);
        for folder in [self.wit()].into_iter().chain(self.import_folders()) {
            hash_folder(&folder, &mut hasher).map_err(|source| BuildError::Read {
                path: folder,
                source,
            })?;
        }
        let digest: [u8; 32] = hasher.finalize().into();
        Ok(Inputs(sparkler::internals::Digest(digest).to_string()))
    }

    /// Puts together what is the same for all: the interfaces, the runtime and this main module.
    pub(super) fn fill_runtime(&self, main_module: &str) -> Result<(), BuildError> {
        for (name, text) in runtime::WIT {
            output::write(&self.wit().join(name), text.as_bytes())?;
        }
        for (name, text) in runtime::MODULES {
            output::write(&self.runtime().join(name), text.as_bytes())?;
        }
        let main = self.runtime().join(format!("{}.py", runtime::MAIN_MODULE));
        output::write(&main, main_module.as_bytes())?;
        let site_packages = self.no_environment().join("lib/site-packages");
        fs::create_dir_all(&site_packages).map_err(|source| unwritten(&site_packages, source))
    }

    /// The component of an earlier build, if it was made from the same. If not, it is no longer taken for
    /// one: the next build writes over it, and may be interrupted.
    pub(super) fn component_of(&self, inputs: &Inputs) -> Option<Vec<u8>> {
        let last = fs::read_to_string(self.mark()).ok()?;
        if last != inputs.0 {
            let _ = fs::remove_file(self.mark());
            return None;
        }
        fs::read(self.component()).ok()
    }

    /// Says what the component was made from.
    pub(super) fn remember(&self, inputs: &Inputs) -> Result<(), BuildError> {
        output::write(&self.mark(), inputs.0.as_bytes())
    }

    fn runtime(&self) -> PathBuf {
        self.folder.join("runtime")
    }

    pub(super) fn function(&self) -> PathBuf {
        self.folder.join("function")
    }

    fn mark(&self) -> PathBuf {
        self.folder.join("inputs")
    }
}

fn unwritten(path: &Path, source: io::Error) -> BuildError {
    BuildError::Write {
        path: path.to_owned(),
        source,
    }
}

fn copy_function(from: &Path, to: &Path, left_out: &[&str]) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        if text.starts_with('.') || text == BYTECODE || left_out.contains(&&*text) {
            continue;
        }
        let path = entry.path();
        // A link to a folder could lead in a circle; one to a file is as good as the file.
        if entry.file_type()?.is_dir() {
            if !path.join(ENVIRONMENT_MARK).exists() {
                copy_function(&path, &to.join(&name), &[])?;
            }
        } else if path.is_file() {
            fs::copy(&path, to.join(&name))?;
        }
    }
    Ok(())
}

/// Names and contents, in an order that does not depend on the file system.
fn hash_folder(folder: &Path, hasher: &mut Sha256) -> io::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        if name == BYTECODE {
            continue;
        }
        hasher.update(name.as_encoded_bytes());
        if entry.file_type()?.is_dir() {
            hasher.update(b"\0{");
            hash_folder(&entry.path(), hasher)?;
            hasher.update(b"\0}");
        } else {
            let bytes = fs::read(entry.path())?;
            hasher.update(b"\0=");
            hasher.update((bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project_of(folder: &Path) -> Project {
        Project::read(folder).unwrap()
    }

    #[test]
    fn a_bundle_holds_the_function_and_not_what_lies_around_it() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        for file in [
            "pyproject.toml",
            "handler.py",
            "words/target/list.txt",
            ".git/config",
            "build/old.py",
            "env/pyvenv.cfg",
            "env/lib/x.py",
        ] {
            fs::create_dir_all(here.join(file).parent().unwrap()).unwrap();
            fs::write(here.join(file), "").unwrap();
        }
        let bundle = Bundle::of(here, &here.join("build/python"));
        bundle.fill(&project_of(here)).unwrap();
        let holds = |file: &str| bundle.function().join(file).exists();
        assert!(holds("handler.py") && holds("words/target/list.txt"));
        assert!(!holds(".git") && !holds("build") && !holds("env"));
        assert_eq!(bundle.import_folders().len(), 2, "there are no packages");
    }

    #[test]
    fn a_component_is_kept_for_the_same_inputs_only() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        fs::write(here.join("pyproject.toml"), "").unwrap();
        fs::write(here.join("handler.py"), "one").unwrap();
        let bundle = Bundle::of(here, &here.join("build/python"));
        let filled = || {
            bundle.clear().unwrap();
            bundle.fill(&project_of(here)).unwrap()
        };
        let first = filled();
        assert_eq!(bundle.component_of(&first), None);
        fs::write(bundle.component(), "wasm").unwrap();
        bundle.remember(&first).unwrap();
        assert_eq!(filled(), first);
        assert_eq!(bundle.component_of(&first).as_deref(), Some(&b"wasm"[..]));
        fs::write(here.join("handler.py"), "two").unwrap();
        assert_eq!(bundle.component_of(&filled()), None);
    }
}
