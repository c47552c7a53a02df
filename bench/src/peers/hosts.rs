//! Hosts of WebAssembly and JavaScript.

use std::process::Command;

use super::process::free_port;
use super::{Endpoint, Running, ours};
use crate::setup::Setup;
use crate::tools::crates::WASMTIME;

/// The release of workerd, of which the middle is a date.
const WORKERD: &str = "workerd@1.20261117.1";

/// What was found to make `wasmtime serve` quickest for this guest: all that an instance touches is kept resident,
/// so that its reset asks the kernel for nothing, and a slot is reset at once and used again while it is warm.
/// Still a fresh instance for each request.
pub(super) const TUNED: &[&str] = &[
    "-Opooling-allocator=y",
    "-Opooling-memory-keep-resident=1048576",
    "-Opooling-table-keep-resident=1048576",
    "-Opooling-async-stack-keep-resident=131072",
    "-Opooling-decommit-batch-size=1",
];

/// `wasmtime serve` with the very component that the product runs as a server for HTTP.
pub(super) async fn wasmtime(setup: &Setup, options: &[&str]) -> anyhow::Result<Running> {
    let program = setup.tools.wasmtime().await?;
    let component = ours::http_echo(setup).await?;
    let address = format!("127.0.0.1:{}", free_port()?);
    let mut command = Command::new(program);
    // One request for each instance is what it does by itself with such a component; said here, since
    // another number would compare something else.
    command.args([
        "serve",
        "-Scli",
        "--addr",
        &address,
        "--max-instance-reuse-count=1",
    ]);
    command.args(options).arg(component);
    let endpoint = Endpoint::new(format!("http://{address}/"));
    Running::echoing(setup, &mut command, endpoint, WASMTIME).await
}

/// workerd, which runs all requests in one isolate.
pub(super) async fn workerd(setup: &Setup) -> anyhow::Result<Running> {
    let folder = setup.tools.node_packages(&[WORKERD]).await?;
    let program = folder.join("node_modules/.bin/workerd");
    let node = setup.tools.node_command(&program).await?;
    let address = format!("127.0.0.1:{}", free_port()?);
    let mut command = Command::new(&program);
    for (name, value) in node.as_std().get_envs() {
        value.map(|value| command.env(name, value));
    }
    command.arg("serve");
    command.arg(super::sources(&setup.workspace, "workerd").join("echo.capnp"));
    command.arg(format!("--socket-addr=http={address}"));
    let endpoint = Endpoint::new(format!("http://{address}/"));
    let version = WORKERD.trim_start_matches("workerd@");
    Running::echoing(setup, &mut command, endpoint, version).await
}
