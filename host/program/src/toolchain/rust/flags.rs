//! The arguments that make cargo build a guest as the host likes it.
//!
//! They go to `cargo rustc`, for two reasons. What follows its `--` reaches only the last step, the
//! link, so that nothing else is built anew when they change; and they are added to the flags of the
//! user's environment and configuration, which come later on the line and therefore win, where
//! `RUSTFLAGS` or a configured `rustflags` would take each other's place.

use std::path::Path;

use toml::Table;

use super::package::{Artifact, GuestPackage};
use super::standard_streams::StandardStreams;
use super::{GUEST_PROFILE, GUEST_TARGET};
use crate::toolchain::{BuildOptions, MemoryLayout};

/// All arguments of cargo.
pub(super) fn arguments(
    package: &GuestPackage,
    memory: MemoryLayout,
    streams: StandardStreams,
    options: &BuildOptions,
) -> Vec<String> {
    let profile = profile_name(options);
    let mut arguments = vec!["rustc".to_owned(), "--package".into(), package.name.clone()];
    match &package.artifact {
        Artifact::Library => arguments.extend(["--lib", "--crate-type", "cdylib"].map(Into::into)),
        Artifact::Program(name) => arguments.extend(["--bin".into(), name.clone()]),
    }
    arguments.extend(["--target", GUEST_TARGET, "--profile", &profile].map(Into::into));
    let user_profiles = profiles_of(&package.workspace_root);
    for (key, value) in profile_settings(options, &user_profiles) {
        arguments.extend([
            "--config".into(),
            format!("profile.{profile}.{key}={value}"),
        ]);
    }
    let format = match options.colour {
        true => "json-diagnostic-rendered-ansi",
        false => "json",
    };
    arguments.extend([
        format!("--message-format={format}"),
        "--color=never".into(),
        "--".into(),
    ]);
    arguments.extend(linker_flags(memory));
    arguments.extend(streams.linker_flags());
    arguments.push(remapped_folder(&package.directory));
    arguments
}

/// Builds with and without debug information lie in folders of their own.
fn profile_name(options: &BuildOptions) -> String {
    match options.debug {
        true => format!("{GUEST_PROFILE}-debug"),
        false => GUEST_PROFILE.to_owned(),
    }
}

/// The stack lies first: an overflow then runs out of the memory and traps, and never into the data.
fn linker_flags(memory: MemoryLayout) -> [String; 3] {
    [
        format!("-Clink-arg=-zstack-size={}", memory.stack_bytes),
        format!("-Clink-arg=--initial-memory={}", memory.initial_bytes),
        "-Clink-arg=--stack-first".into(),
    ]
}

/// Keeps the folder of the crate out of the component. As an argument it also keeps cargo from taking a
/// crate for another one of the same name that was built in the same target directory.
fn remapped_folder(directory: &Path) -> String {
    format!("--remap-path-prefix={}=.", directory.display())
}

/// The settings of the guest profile that the user's own release profile leaves open.
fn profile_settings(
    options: &BuildOptions,
    user_profiles: &Table,
) -> Vec<(&'static str, &'static str)> {
    if options.debug {
        return vec![
            ("inherits", "\"release\""),
            ("debug", "true"),
            ("strip", "\"none\""),
        ];
    }
    let chosen_by_user = |key: &str| {
        ["release", GUEST_PROFILE].iter().any(|profile| {
            user_profiles
                .get(*profile)
                .is_some_and(|settings| settings.get(key).is_some())
        })
    };
    // Names of functions stay, since stack traces need them; line tables would double the size.
    [
        ("inherits", "\"release\""),
        ("lto", "\"fat\""),
        ("codegen-units", "1"),
        ("strip", "\"debuginfo\""),
    ]
    .into_iter()
    .filter(|(key, _)| !chosen_by_user(key))
    .collect()
}

/// `[profile]` of the workspace; empty where there is none, since cargo itself complains about the rest.
fn profiles_of(workspace_root: &Path) -> Table {
    let manifest = std::fs::read_to_string(workspace_root.join("Cargo.toml")).unwrap_or_default();
    let mut manifest: Table = manifest.parse().unwrap_or_default();
    match manifest.remove("profile") {
        Some(toml::Value::Table(profiles)) => profiles,
        _ => Table::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(workspace_root: &Path, artifact: Artifact) -> GuestPackage {
        GuestPackage {
            name: "hello".into(),
            directory: workspace_root.into(),
            workspace_root: workspace_root.into(),
            target_directory: workspace_root.join("target"),
            artifact,
            memory: MemoryLayout {
                stack_bytes: 65_536,
                initial_bytes: 262_144,
            },
            reuse: None,
            has_sdk: true,
        }
    }

    fn line(manifest: &str, artifact: Artifact, debug: bool) -> String {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        let package = package(folder.path(), artifact);
        let options = BuildOptions {
            debug,
            ..BuildOptions::release(folder.path())
        };
        arguments(&package, package.memory, StandardStreams::ToLog, &options).join(" ")
    }

    #[test]
    fn the_link_flags_follow_the_dashes_so_that_the_users_own_flags_win() {
        let line = line("", Artifact::Library, false);
        let (_, link) = line.split_once(" -- ").unwrap();
        let flags = "-Clink-arg=-zstack-size=65536 -Clink-arg=--initial-memory=262144 \
                     -Clink-arg=--stack-first";
        assert!(link.starts_with(flags), "{link}");
    }

    #[test]
    fn a_library_is_built_as_a_component_in_a_profile_of_its_own() {
        let line = line("", Artifact::Library, false);
        for part in [
            "rustc --package hello --lib --crate-type cdylib --target wasm32-wasip2",
            "--profile sparkler ",
            "profile.sparkler.inherits=\"release\"",
            "profile.sparkler.lto=\"fat\"",
            "profile.sparkler.strip=\"debuginfo\"",
        ] {
            assert!(line.contains(part), "{line}");
        }
    }

    #[test]
    fn a_program_is_named() {
        let line = line("", Artifact::Program("tool".into()), false);
        assert!(line.contains("--bin tool"), "{line}");
        assert!(!line.contains("--crate-type"), "{line}");
    }

    #[test]
    fn what_the_users_profile_decides_is_left_alone() {
        let line = line(
            "[profile.release]\nlto = \"thin\"\n",
            Artifact::Library,
            false,
        );
        assert!(!line.contains("sparkler.lto"), "{line}");
        assert!(line.contains("sparkler.codegen-units=1"), "{line}");
    }

    #[test]
    fn a_debug_build_lies_elsewhere_and_keeps_its_lines() {
        let line = line("", Artifact::Library, true);
        for part in ["--profile sparkler-debug ", "sparkler-debug.debug=true"] {
            assert!(line.contains(part), "{line}");
        }
    }
}
