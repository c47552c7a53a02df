//! Node and npm: whether they are there and new enough, and what npm installs.

use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

use crate::toolchain::{BuildError, BuildEvent, BuildOptions, output, program, tools};

/// What the build runs on: the oldest that its tools support.
const MAJOR_MIN: u32 = 20;

/// What to do where Node is missing.
pub(super) const REMEDY: &str = "Building a function in JavaScript needs Node.js 20 or newer with npm: \
                                 install it from https://nodejs.org or your distribution, or put it on \
                                 the PATH.";

/// The tools, and the lock that pins them and all that they need.
const MANIFEST: &str = include_str!("tools.package.json");
const LOCK: &str = include_str!("tools.package-lock.json");

/// Flags of npm that keep it to its task; scripts of packages are not needed, and so do not run.
const QUIET: [&str; 4] = [
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
];

/// Node and npm as they were found.
pub(super) struct Node<'a> {
    node: PathBuf,
    npm: PathBuf,
    options: &'a BuildOptions,
}

impl<'a> Node<'a> {
    /// Looks for both, and at Node's version.
    pub(super) fn find(options: &'a BuildOptions) -> Result<Self, BuildError> {
        let found = |program: &str| {
            program::find(program, options).ok_or_else(|| {
                BuildError::Unsuitable(format!("There is no `{program}` on the PATH. {REMEDY}"))
            })
        };
        let node = Self {
            node: found("node")?,
            npm: found("npm")?,
            options,
        };
        let version = program::run(node.command().arg("--version"), REMEDY, &mut |_| ())?.text;
        match major(&version) {
            Some(major) if major >= MAJOR_MIN => Ok(node),
            _ => Err(BuildError::Unsuitable(format!(
                "{} is version {version}, which is too old. {REMEDY}",
                node.node.display()
            ))),
        }
    }

    /// A run of Node.
    pub(super) fn command(&self) -> Command {
        program::command(&self.node, self.options)
    }

    /// The folder of the tools, installed where they are not there yet.
    pub(super) fn tools(
        &self,
        observe: &mut dyn FnMut(BuildEvent<'_>),
    ) -> Result<PathBuf, BuildError> {
        let digest = Sha256::digest(LOCK);
        let name = format!(
            "javascript-{:02x}{:02x}{:02x}{:02x}",
            digest[0], digest[1], digest[2], digest[3]
        );
        tools::installed(self.options, &name, |folder| {
            observe(BuildEvent::Installing(
                "componentize-js and esbuild from npm",
            ));
            output::write(&folder.join("package.json"), MANIFEST.as_bytes())?;
            output::write(&folder.join("package-lock.json"), LOCK.as_bytes())?;
            self.npm(folder, "ci", "The tools that build JavaScript", observe)
        })
    }

    /// Fetches what the function's `package.json` depends on, unless that was done before.
    pub(super) fn install_dependencies(
        &self,
        directory: &Path,
        observe: &mut dyn FnMut(BuildEvent<'_>),
    ) -> Result<(), BuildError> {
        if directory.join("node_modules").is_dir() || !has_dependencies(directory) {
            return Ok(());
        }
        observe(BuildEvent::Installing(
            "the packages that package.json names, from npm",
        ));
        self.npm(directory, "install", "The function's packages", observe)
    }

    fn npm(
        &self,
        folder: &Path,
        action: &str,
        what: &str,
        observe: &mut dyn FnMut(BuildEvent<'_>),
    ) -> Result<(), BuildError> {
        let mut npm = program::command(&self.npm, self.options);
        npm.arg(action).args(QUIET).current_dir(folder);
        let run = program::run(&mut npm, REMEDY, observe)?;
        match run.succeeded {
            true => Ok(()),
            false => Err(BuildError::Install {
                what: what.into(),
                messages: run.text,
            }),
        }
    }
}

/// Reads `v20.19.2`.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn has_dependencies(directory: &Path) -> bool {
    let manifest = std::fs::read_to_string(directory.join("package.json")).unwrap_or_default();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap_or_default();
    let dependencies = manifest
        .get("dependencies")
        .and_then(|named| named.as_object());
    dependencies.is_some_and(|named| !named.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Programs called `node` and `npm`, where Node says that it is of this version.
    fn search_path(version: &str) -> (tempfile::TempDir, BuildOptions) {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        for name in ["node", "npm"] {
            let place = folder.path().join(name);
            fs::write(&place, format!("#!/bin/sh\necho {version}\n")).unwrap();
            fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let options = BuildOptions {
            search_path: Some(folder.path().to_string_lossy().into_owned()),
            ..BuildOptions::default()
        };
        (folder, options)
    }

    #[test]
    fn node_has_to_be_there_and_new_enough() {
        for version in ["v20.0.0", "v24.19.0"] {
            let (_folder, options) = search_path(version);
            assert!(Node::find(&options).is_ok(), "{version}");
        }
        let (folder, options) = search_path("v18.20.4");
        let refusal = || Node::find(&options).map(|_| ()).unwrap_err().to_string();
        assert!(
            refusal().contains("v18.20.4, which is too old"),
            "{}",
            refusal()
        );
        fs::remove_file(folder.path().join("node")).unwrap();
        assert!(refusal().contains("no `node` on the PATH"), "{}", refusal());
    }

    #[test]
    fn packages_are_fetched_only_where_some_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("package.json");
        for (text, expected) in [
            ("{}", false),
            (r#"{"dependencies": {}}"#, false),
            (r#"{"dependencies": {"a": "1"}}"#, true),
        ] {
            fs::write(&manifest, text).unwrap();
            assert_eq!(has_dependencies(folder.path()), expected, "{text}");
        }
    }
}
