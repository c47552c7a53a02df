//! Where the component of a crate lies that was built before. Needs no toolchain, so that serving
//! needs none.

use std::path::{Path, PathBuf};

use toml::Table;

use super::{GUEST_PROFILE, GUEST_TARGET};
use crate::toolchain::BuiltLookup;

/// Looks for the component of the crate in `directory`, in the places where cargo would put it.
pub(super) fn find_built(directory: &Path) -> BuiltLookup {
    let variables = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"];
    let target_directory = variables.iter().find_map(std::env::var_os);
    find_below(directory, target_directory.map(PathBuf::from))
}

fn find_below(directory: &Path, target_directory: Option<PathBuf>) -> BuiltLookup {
    let Some(stem) = artifact_stem(directory) else {
        return BuiltLookup::NoFunction;
    };
    let places: Vec<PathBuf> = target_directory
        .or_else(|| configured(directory))
        .into_iter()
        .chain(target_directories(directory))
        .map(|target| target.join(GUEST_TARGET).join(GUEST_PROFILE))
        .map(|folder| folder.join(format!("{stem}.wasm")))
        .collect();
    BuiltLookup::among(places)
}

/// The `build.target-dir` of cargo's configuration that is closest to the crate.
fn configured(directory: &Path) -> Option<PathBuf> {
    let directory = std::path::absolute(directory).ok()?;
    let of_user = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let of_user = of_user.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let folders = directory.ancestors().map(|folder| folder.join(".cargo"));
    let mut folders = folders.chain(of_user);
    folders.find_map(|folder| configured_in(&folder))
}

/// What cargo takes a path in its configuration relative to: the folder that holds `.cargo`.
fn configured_in(folder: &Path) -> Option<PathBuf> {
    // Cargo prefers the older name where both are there.
    let texts = ["config", "config.toml"].map(|name| std::fs::read_to_string(folder.join(name)));
    let text = texts.into_iter().find_map(Result::ok)?;
    let configuration: Table = text.parse().ok()?;
    let target = configuration.get("build")?.get("target-dir")?.as_str()?;
    Some(folder.parent()?.join(target))
}

/// `target` beside the crate and beside each manifest above it, one of which is its workspace.
fn target_directories(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let folders: Vec<PathBuf> = directory.ancestors().map(Path::to_owned).collect();
    folders
        .into_iter()
        .filter(|folder| folder.join("Cargo.toml").is_file())
        .map(|folder| folder.join("target"))
}

/// How cargo names the artifact: a library's name has underscores, a program's is as it stands.
fn artifact_stem(directory: &Path) -> Option<String> {
    let manifest: Table = std::fs::read_to_string(directory.join("Cargo.toml"))
        .ok()?
        .parse()
        .ok()?;
    let name_in = |section: &str| Some(manifest.get(section)?.get("name")?.as_str()?.to_owned());
    let package = name_in("package")?;
    let has_library = manifest.contains_key("lib") || directory.join("src/lib.rs").is_file();
    Some(match has_library {
        true => name_in("lib").unwrap_or_else(|| package.replace('-', "_")),
        false => package,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_target_directory_of_cargos_configuration_is_looked_into_first() {
        let folder = tempfile::tempdir().unwrap();
        let member = folder.path().join("functions/hello");
        let output = folder.path().join("built/here/wasm32-wasip2/sparkler");
        fs::create_dir_all(&member).unwrap();
        fs::create_dir_all(&output).unwrap();
        fs::create_dir(folder.path().join(".cargo")).unwrap();
        let configuration = "[build]\ntarget-dir = \"built/here\"\n";
        fs::write(folder.path().join(".cargo/config.toml"), configuration).unwrap();
        fs::write(member.join("Cargo.toml"), "[package]\nname = \"hello\"\n").unwrap();
        fs::write(output.join("hello.wasm"), "").unwrap();
        assert_eq!(
            find_below(&member, None),
            BuiltLookup::Found(output.join("hello.wasm"))
        );
    }

    #[test]
    fn a_crate_of_a_workspace_is_found_in_the_workspaces_target_directory() {
        let folder = tempfile::tempdir().unwrap();
        let member = folder.path().join("functions/my-hello");
        let output = folder.path().join("target/wasm32-wasip2/sparkler");
        fs::create_dir_all(member.join("src")).unwrap();
        fs::create_dir_all(&output).unwrap();
        fs::write(folder.path().join("Cargo.toml"), "[workspace]\n").unwrap();
        assert_eq!(find_below(&member, None), BuiltLookup::NoFunction);

        fs::write(
            member.join("Cargo.toml"),
            "[package]\nname = \"my-hello\"\n",
        )
        .unwrap();
        fs::write(member.join("src/lib.rs"), "").unwrap();
        let BuiltLookup::NotBuilt(places) = find_below(&member, None) else {
            panic!("found what was not built")
        };
        assert!(places.contains(&output.join("my_hello.wasm")), "{places:?}");

        fs::write(output.join("my_hello.wasm"), "").unwrap();
        assert_eq!(
            find_below(&member, None),
            BuiltLookup::Found(output.join("my_hello.wasm"))
        );
    }
}
