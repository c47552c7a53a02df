//! Which package a folder holds, as cargo sees it, and what its manifest says about its memory and its
//! reuse.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::cargo_program::{cargo_program, not_started};
use crate::toolchain::program::output;
use crate::toolchain::settings::{BuildSettings, CheckedSettings};
use crate::toolchain::{BuildError, MemoryLayout};

/// The package of the guest SDK.
const SDK: &str = "sparkler-guest";

/// What of a package becomes the component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Artifact {
    Library,
    Program(String),
}

/// A package that can be built as a guest.
#[derive(Clone, Debug)]
pub(super) struct GuestPackage {
    pub(super) name: String,
    pub(super) directory: PathBuf,
    pub(super) workspace_root: PathBuf,
    pub(super) target_directory: PathBuf,
    pub(super) artifact: Artifact,
    pub(super) memory: MemoryLayout,
    /// Invocations that one sandbox may serve, where the manifest says how many.
    pub(super) reuse: Option<u32>,
    /// Whether it is written with the guest SDK.
    pub(super) has_sdk: bool,
}

/// The package in `directory`, or the one called `name` in its workspace.
pub(super) fn find(directory: &Path, name: Option<&str>) -> Result<GuestPackage, BuildError> {
    let metadata = read_metadata(directory)?;
    let package = select(&metadata, directory, name)?;
    let settings = settings_of(package)?;
    Ok(GuestPackage {
        name: package.name.clone(),
        directory: folder_of(&package.manifest_path),
        workspace_root: metadata.workspace_root.clone(),
        target_directory: metadata.target_directory.clone(),
        artifact: artifact_of(package)?,
        memory: settings.memory,
        reuse: settings.reuse,
        has_sdk: package.dependencies.iter().any(|it| it.name == SDK),
    })
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    #[serde(default)]
    metadata: Option<PackageMetadata>,
}

/// A dependency, by the name of its package.
#[derive(Deserialize)]
struct Dependency {
    name: String,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct PackageMetadata {
    sparkler: Option<serde_json::Value>,
}

fn read_metadata(directory: &Path) -> Result<Metadata, BuildError> {
    let manifest = directory.join("Cargo.toml");
    if !manifest.is_file() {
        let problem = format!("{} holds no Cargo.toml.", directory.display());
        return Err(BuildError::Package(problem));
    }
    let mut cargo = Command::new(cargo_program());
    cargo
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--color",
            "never",
        ])
        .current_dir(directory);
    let output = output(&mut cargo).map_err(not_started)?;
    let unreadable = |messages: String| BuildError::Metadata {
        manifest: manifest.clone(),
        messages,
    };
    if !output.status.success() {
        let messages = String::from_utf8_lossy(&output.stderr);
        return Err(unreadable(messages.trim_end().to_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| unreadable(error.to_string()))
}

fn select<'a>(
    metadata: &'a Metadata,
    directory: &Path,
    name: Option<&str>,
) -> Result<&'a Package, BuildError> {
    if let Some(name) = name {
        let found = metadata
            .packages
            .iter()
            .find(|package| package.name == name);
        return found.ok_or_else(|| {
            BuildError::Package(format!(
                "There is no package `{name}` in {}; there are: {}.",
                directory.display(),
                names(metadata)
            ))
        });
    }
    let here = without_links(directory);
    let in_folder = metadata
        .packages
        .iter()
        .find(|package| without_links(&folder_of(&package.manifest_path)) == here);
    match (in_folder, metadata.packages.as_slice()) {
        (Some(package), _) | (None, [package]) => Ok(package),
        (None, _) => Err(BuildError::Package(format!(
            "{} is a workspace: say which package to build with -p, one of: {}.",
            directory.display(),
            names(metadata)
        ))),
    }
}

fn names(metadata: &Metadata) -> String {
    let names: Vec<_> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    names.join(", ")
}

fn folder_of(manifest: &Path) -> PathBuf {
    manifest.parent().unwrap_or(Path::new("/")).to_owned()
}

fn without_links(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The library where there is one, else the one program.
fn artifact_of(package: &Package) -> Result<Artifact, BuildError> {
    let has_kind = |target: &&Target, kinds: &[&str]| {
        target
            .kind
            .iter()
            .any(|kind| kinds.contains(&kind.as_str()))
    };
    let is_library = |target: &&Target| has_kind(target, &["lib", "rlib", "cdylib"]);
    if package.targets.iter().any(|target| is_library(&target)) {
        return Ok(Artifact::Library);
    }
    let programs: Vec<_> = package
        .targets
        .iter()
        .filter(|target| has_kind(target, &["bin"]))
        .collect();
    match programs.as_slice() {
        [program] => Ok(Artifact::Program(program.name.clone())),
        _ => Err(BuildError::Package(format!(
            "Package `{}` has no library and {} programs; a guest is one library or one program.",
            package.name,
            programs.len()
        ))),
    }
}

/// `[package.metadata.sparkler]`: the bytes of the stack and of the whole memory at the start, and how
/// many invocations one sandbox may serve.
fn settings_of(package: &Package) -> Result<CheckedSettings, BuildError> {
    let section = package
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.sparkler.clone());
    let settings = match section {
        None => Ok(BuildSettings::default()),
        Some(value) => serde_json::from_value(value).map_err(|error| format!("{error}.")),
    };
    settings
        .and_then(|settings: BuildSettings| settings.checked())
        .map_err(|problem| BuildError::Settings {
            section: "package.metadata.sparkler",
            file: package.manifest_path.clone(),
            problem,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(json: &serde_json::Value) -> Package {
        serde_json::from_value(json.clone()).unwrap()
    }

    fn library_with(section: &serde_json::Value) -> Package {
        package(&serde_json::json!({
            "name": "hello",
            "manifest_path": "/hello/Cargo.toml",
            "targets": [{"name": "hello", "kind": ["cdylib", "rlib"]}],
            "metadata": {"sparkler": section},
        }))
    }

    fn memory_of(section: &serde_json::Value) -> MemoryLayout {
        settings_of(&library_with(section)).unwrap().memory
    }

    #[test]
    fn a_sandbox_is_reused_only_where_the_manifest_says_so() {
        let reuse_of = |section| settings_of(&library_with(&section)).unwrap().reuse;
        assert_eq!(reuse_of(serde_json::json!({})), None);
        assert_eq!(reuse_of(serde_json::json!({"reuse": 50})), Some(50));
    }

    #[test]
    fn a_crate_that_says_nothing_gets_the_small_layout() {
        let layout = memory_of(&serde_json::Value::Null);
        assert_eq!(
            (layout.stack_bytes, layout.initial_bytes),
            (65_536, 131_072)
        );
    }

    #[test]
    fn a_larger_stack_leaves_the_room_for_data() {
        let layout = memory_of(&serde_json::json!({"stack-bytes": 131_072}));
        assert_eq!(
            (layout.stack_bytes, layout.initial_bytes),
            (131_072, 196_608)
        );
    }

    #[test]
    fn what_the_linker_asks_for_is_rounded_up_to_a_page() {
        let layout = memory_of(&serde_json::Value::Null);
        assert_eq!(layout.with_room_for(262_145).initial_bytes, 327_680);
        assert_eq!(layout.with_room_for(327_680).initial_bytes, 327_680);
    }

    #[test]
    fn wrong_settings_are_named_with_their_manifest() {
        for (section, word) in [
            (serde_json::json!({"stack-bites": 1}), "stack-bites"),
            (
                serde_json::json!({"stack-bytes": 100}),
                "stack-bytes is 100",
            ),
            (
                serde_json::json!({"initial-memory-bytes": 65_536}),
                "initial-memory-bytes is 65536",
            ),
            (
                serde_json::json!({"initial-memory-bytes": 100_000}),
                "multiple of 65536",
            ),
            (serde_json::json!({"reuse": 0}), "reuse is 0"),
            (serde_json::json!({"reuse": 10_001}), "reuse is 10001"),
        ] {
            let text = settings_of(&library_with(&section))
                .unwrap_err()
                .to_string();
            assert!(text.contains(word), "{text}");
            assert!(text.contains("/hello/Cargo.toml"), "{text}");
        }
    }

    #[test]
    fn a_program_is_built_where_there_is_no_library() {
        let targets = |targets: serde_json::Value| {
            artifact_of(&package(&serde_json::json!({
                "name": "tool", "manifest_path": "/tool/Cargo.toml", "targets": targets,
            })))
        };
        let one = targets(serde_json::json!([{"name": "tool", "kind": ["bin"]}]));
        assert_eq!(one.unwrap(), Artifact::Program("tool".into()));
        let both = targets(serde_json::json!([
            {"name": "tool", "kind": ["bin"]}, {"name": "tool", "kind": ["lib"]}
        ]));
        assert_eq!(both.unwrap(), Artifact::Library);
        let macros = targets(serde_json::json!([{"name": "tool", "kind": ["proc-macro"]}]));
        assert!(macros.unwrap_err().to_string().contains("no library"));
    }

    #[test]
    fn a_workspace_asks_for_the_package() {
        let member = |name: &str| {
            serde_json::json!({
                "name": name, "manifest_path": format!("/w/{name}/Cargo.toml"), "targets": [],
            })
        };
        let metadata: Metadata = serde_json::from_value(serde_json::json!({
            "packages": [member("one"), member("two")],
            "workspace_root": "/w", "target_directory": "/w/target",
        }))
        .unwrap();
        let folder = Path::new("/w");
        assert_eq!(
            select(&metadata, folder, Some("two")).ok().unwrap().name,
            "two"
        );
        for name in [None, Some("three")] {
            let text = select(&metadata, folder, name).err().unwrap().to_string();
            assert!(text.contains("one, two"), "{text}");
        }
    }
}
