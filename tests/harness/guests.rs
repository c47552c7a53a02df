//! Guests written in Rust, built by the product's own build code.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};
use sparkler_cli::toolchain::{self, BuildOptions};

use crate::scratch;

/// Folders that builds write.
const OUTPUTS: [&str; 4] = ["target", "build", "node_modules", "__pycache__"];

/// Where the guest of many behaviours is.
pub const CONFORMANCE: &str = "tests/guests/conformance";

/// `examples/hello`: greets.
pub fn hello() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| built("examples/hello"))
}

/// `examples/echo`: answers its event.
pub fn echo() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| built("examples/echo"))
}

/// `examples/sqs-batch`: takes a batch of messages, as AWS types them.
pub fn sqs_batch() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| built("examples/sqs-batch"))
}

/// `tests/guests/behaviours`: does what its event says.
pub fn behaviours() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| built("tests/guests/behaviours"))
}

/// `examples/stream`: counts down while its caller watches.
pub fn countdown() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| built("examples/stream"))
}

/// `tests/guests/streaming`: streams what its event says.
pub fn streaming() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| built("tests/guests/streaming"))
}

/// `tests/guests/http`: a server for HTTP that does what the path of its request says.
pub fn http() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| built("tests/guests/http"))
}

/// `tests/guests/command`: a program that does what its stdin says.
pub fn command() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| built("tests/guests/command"))
}

/// `examples/fetch`: fetches a page.
pub fn fetch() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| built("examples/fetch"))
}

/// `tests/guests/requests`: sends the HTTP requests that its event names.
pub fn requests() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| built("tests/guests/requests"))
}

/// `tests/guests/files`: does with files what its event says.
pub fn files() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| built("tests/guests/files"))
}

/// `examples/embed-plugins/plugins/NAME`: does something to a text, or something worse.
pub fn plugin(name: &str) -> Vec<u8> {
    built(&format!("examples/embed-plugins/plugins/{name}"))
}

/// `tests/guests/conformance`: has any of its behaviours, once [`conformance::package`] gave it one.
///
/// [`conformance::package`]: crate::conformance::package
pub fn conformance() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| built(CONFORMANCE))
}

/// `tests/guests/lifecycle`: does something before its first event, and says what.
pub fn lifecycle() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| built("tests/guests/lifecycle"))
}

/// The top of the workspace.
pub fn workspace() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("the workspace around this package")
}

/// The component of a package of the workspace, built where its sources have changed.
fn built(package: &str) -> Vec<u8> {
    let name = package.replace('/', "-");
    let key = digest_of_sources(package);
    let place = scratch::folder().join(format!("{name}-{key}.wasm"));
    scratch::made_once(&place, |place| build(&workspace().join(package), place));
    fs::read(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display()))
}

#[track_caller]
fn build(package: &Path, place: &Path) {
    let guest = toolchain::build(BuildOptions::release(package)).unwrap_or_else(|error| {
        panic!(
            "the suites need the guest in {}: {error}",
            package.display()
        )
    });
    fs::write(place, &guest.bytes).expect("keep the component");
}

/// Changes with everything that a guest is made of: its sources, the SDK, the locked dependencies and the
/// code that builds it.
pub(crate) fn digest_of_sources(package: &str) -> String {
    let mut files = vec![
        workspace().join("Cargo.lock"),
        workspace().join("rust-toolchain.toml"),
    ];
    for folder in [package, "guest-sdk", "host/program/src/toolchain"] {
        collect(&workspace().join(folder), &mut files);
    }
    files.sort();
    let mut hasher = Sha256::new();
    for file in files {
        hasher.update(file.to_string_lossy().as_bytes());
        hasher.update(fs::read(&file).unwrap_or_default());
    }
    let digest = hasher.finalize();
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry of a folder").path();
        if !path.is_dir() {
            files.push(path);
        } else if !OUTPUTS.iter().any(|name| path.ends_with(name)) {
            collect(&path, files);
        }
    }
}
