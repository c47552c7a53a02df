//! Which files matter to a function, and when they change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::cli::functions::{CodeSource, Function, PROJECT_FILE, is_part};
use crate::toolchain::{DEFAULT_LANGUAGE, Language, language_of};

/// Editors write a file in several steps; what belongs together is one change.
const QUIET_TIME: Duration = Duration::from_millis(150);

/// Changes that are not looked at yet; one is enough to build again.
const CHANGES_WAITING_MAX: usize = 1024;

/// Tells when something changed that a function is made of.
pub(super) struct Changes {
    watcher: RecommendedWatcher,
    changed: mpsc::Receiver<Notice>,
    relevant: Relevant,
    watched: BTreeSet<PathBuf>,
}

impl Changes {
    /// Watches the project file of `folder`.
    pub(super) fn watch(folder: &Path) -> anyhow::Result<Self> {
        let (sender, changed) = mpsc::channel(CHANGES_WAITING_MAX);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if let Some(notice) = notice(event) {
                // A full channel means that so much has changed that more makes no difference.
                let _ = sender.try_send(notice);
            }
        })
        .context("changes of files cannot be watched")?;
        let mut changes = Self {
            watcher,
            changed,
            relevant: Relevant::default(),
            watched: BTreeSet::new(),
        };
        let folder = absolute(folder)?;
        changes.relevant.files.insert(folder.join(PROJECT_FILE));
        changes.add(&folder, RecursiveMode::NonRecursive)?;
        Ok(changes)
    }

    /// Watches what `functions` are made of, too.
    pub(super) fn also_watch(&mut self, functions: &[Function]) -> anyhow::Result<()> {
        for function in functions {
            match &function.code {
                CodeSource::File(file) => {
                    let file = absolute(file)?;
                    if let Some(parent) = file.parent() {
                        self.add(parent, RecursiveMode::NonRecursive)?;
                    }
                    self.relevant.files.insert(file);
                }
                CodeSource::Folder(folder) => self.add_function(&absolute(folder)?)?,
                CodeSource::Sources(folder, _) => self.add_sources(&absolute(folder)?)?,
            }
        }
        Ok(())
    }

    /// Returns after the next change that matters, when nothing changes any more: the files that have changed, as far as
    /// it is known which.
    pub(super) async fn next(&mut self) -> Vec<PathBuf> {
        let mut changed = BTreeSet::new();
        loop {
            // The sender lives in the watcher, which lives as long as this does.
            let Some(notice) = self.changed.recv().await else {
                return std::future::pending().await;
            };
            if self.relevant.concerns(&notice) {
                changed.extend(self.relevant.of(notice));
                break;
            }
        }
        while let Ok(Some(notice)) = timeout(QUIET_TIME, self.changed.recv()).await {
            changed.extend(self.relevant.of(notice));
        }
        changed.into_iter().collect()
    }

    fn add_function(&mut self, folder: &Path) -> anyhow::Result<()> {
        // A folder that holds nothing yet may come to hold a crate.
        let language = language_of(folder).unwrap_or(DEFAULT_LANGUAGE);
        self.add_folder(folder, |name| language.looks_into(name))?;
        self.relevant.functions.insert(folder.to_owned(), language);
        Ok(())
    }

    fn add_sources(&mut self, folder: &Path) -> anyhow::Result<()> {
        self.add_folder(folder, is_written)?;
        self.relevant.sources.insert(folder.to_owned());
        Ok(())
    }

    /// Watches a folder, and those in it whose names `looks_into` takes, with all that is in them.
    fn add_folder(
        &mut self,
        folder: &Path,
        looks_into: impl Fn(&str) -> bool,
    ) -> anyhow::Result<()> {
        self.add(folder, RecursiveMode::NonRecursive)?;
        for entry in folder.read_dir().into_iter().flatten().flatten() {
            if entry.path().is_dir() && looks_into(&entry.file_name().to_string_lossy()) {
                self.add(&entry.path(), RecursiveMode::Recursive)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, mode: RecursiveMode) -> anyhow::Result<()> {
        if self.watched.insert(path.to_owned()) {
            self.watcher
                .watch(path, mode)
                .with_context(|| format!("{} cannot be watched for changes", path.display()))?;
        }
        Ok(())
    }
}

/// What the watcher has to say.
#[derive(Debug, PartialEq, Eq)]
enum Notice {
    /// These have changed.
    Changed(Vec<PathBuf>),
    /// Changes were missed: anything may be different.
    Missed,
}

/// What an event says: nothing, where a file was only read, as every build does.
fn notice(event: notify::Result<Event>) -> Option<Notice> {
    match event {
        Err(_) => Some(Notice::Missed),
        Ok(event) if event.need_rescan() => Some(Notice::Missed),
        Ok(event) if event.kind.is_access() || event.paths.is_empty() => None,
        Ok(event) => Some(Notice::Changed(event.paths)),
    }
}

/// What matters of all that changes in the watched folders.
#[derive(Default)]
struct Relevant {
    files: BTreeSet<PathBuf>,
    functions: BTreeMap<PathBuf, Language>,
    /// Folders of sources that are not built.
    sources: BTreeSet<PathBuf>,
}

impl Relevant {
    fn concerns(&self, notice: &Notice) -> bool {
        match notice {
            Notice::Changed(paths) => paths.iter().any(|path| self.contains(path)),
            Notice::Missed => true,
        }
    }

    /// What matters of what has changed.
    fn of(&self, notice: Notice) -> Vec<PathBuf> {
        match notice {
            Notice::Changed(mut paths) => {
                paths.retain(|path| self.contains(path));
                paths
            }
            Notice::Missed => Vec::new(),
        }
    }

    fn contains(&self, path: &Path) -> bool {
        let is_read = |(folder, language): (&PathBuf, &Language)| {
            let inside = path.strip_prefix(folder);
            inside.is_ok_and(|inside| {
                language.reads(inside) || is_new_folder(*language, path, inside)
            })
        };
        let is_source = |folder: &PathBuf| {
            let inside = path.strip_prefix(folder);
            inside.is_ok_and(|inside| {
                inside
                    .iter()
                    .all(|name| is_written(&name.to_string_lossy()))
            })
        };
        self.files.contains(path)
            || self.functions.iter().any(is_read)
            || self.sources.iter().any(is_source)
    }
}

/// Whether people write what is called so, and it is a part of a package: what npm installs is one, and they do not.
fn is_written(name: &str) -> bool {
    is_part(name) && name != "node_modules"
}

/// Whether a folder has come in which sources may lie: it is not watched yet.
fn is_new_folder(language: Language, path: &Path, inside: &Path) -> bool {
    let name = inside.to_string_lossy();
    !name.is_empty() && !name.contains('/') && language.looks_into(&name) && path.is_dir()
}

/// As the watcher names it: without symbolic links, where it exists.
fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .with_context(|| format!("{} cannot be found", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::EventKind;
    use notify::event::{AccessKind, AccessMode, Flag, ModifyKind};
    use sparkler::FunctionName;
    use std::fs;

    fn function_in(folder: &Path) -> Function {
        Function {
            name: FunctionName::parse("f").unwrap(),
            code: CodeSource::Folder(folder.to_owned()),
            settings: None,
        }
    }

    #[tokio::test]
    async fn a_changed_source_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("src/deep/lib.rs");
        fs::create_dir_all(source.parent().unwrap()).unwrap();
        let mut changes = Changes::watch(folder.path()).unwrap();
        changes.also_watch(&[function_in(folder.path())]).unwrap();
        fs::write(&source, "fn changed() {}").unwrap();
        let noticed = timeout(Duration::from_secs(30), changes.next());
        noticed.await.expect("the change was not noticed");
    }

    #[test]
    fn what_a_build_reads_does_not_start_another() {
        let event = |kind| Event::new(kind).add_path("src/lib.rs".into());
        let read = EventKind::Access(AccessKind::Open(AccessMode::Read));
        assert_eq!(notice(Ok(event(read))), None);
        let written = EventKind::Modify(ModifyKind::Any);
        let changed = Notice::Changed(vec!["src/lib.rs".into()]);
        assert_eq!(notice(Ok(event(written))), Some(changed));
    }

    #[test]
    fn changes_that_were_missed_count_as_one_that_matters() {
        let overflow = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        let broken = notify::Error::generic("the queue is gone");
        for missed in [Ok(overflow), Err(broken)] {
            let missed = notice(missed).unwrap();
            assert!(Relevant::default().concerns(&missed));
        }
    }

    #[test]
    fn what_a_build_writes_does_not_start_another() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        fs::create_dir(top.join("src")).unwrap();
        let mut changes = Changes::watch(&top).unwrap();
        changes.also_watch(&[function_in(&top)]).unwrap();
        let matters = |path: &str| changes.relevant.contains(&top.join(path));
        assert!(matters("src/lib.rs") && matters("Cargo.toml") && matters("sparkler.toml"));
        assert!(!matters("Cargo.lock") && !matters("target/x") && !matters("README.md"));
    }

    #[test]
    fn sources_of_any_language_matter_and_what_their_builds_write_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        for name in ["lib", "build", "node_modules"] {
            fs::create_dir(top.join(name)).unwrap();
        }
        fs::write(top.join("package.json"), "{}").unwrap();
        let mut changes = Changes::watch(&top).unwrap();
        changes.also_watch(&[function_in(&top)]).unwrap();
        assert!(changes.watched.contains(&top.join("lib")));
        assert!(!changes.watched.contains(&top.join("build")));
        let matters = |path: &str| changes.relevant.contains(&top.join(path));
        assert!(matters("handler.js") && matters("lib/words.js") && matters("lib"));
        assert!(!matters("build") && !matters("build/javascript/entry.js"));
        assert!(!matters("node_modules/a/index.js") && !matters("package-lock.json"));
    }
}
