//! Emulators of AWS Lambda that run the code themselves, without containers.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use super::process::{Process, by_hand, free_port};
use super::{Endpoint, Processes, Running, invocations, sources};
use crate::setup::Setup;

const CARGO_LAMBDA: &str = "1.9.2";
const MINISTACK: &str = "1.5.33";

/// The last release for a Serverless Framework that wants no account.
const SERVERLESS_OFFLINE: &str = "13.9.0";
const SERVERLESS: &str = "serverless@3.40.0";

/// A native Rust function on AWS's runtime, as many processes of it as there are connections.
pub(super) async fn cargo_lambda(setup: &Setup) -> anyhow::Result<Running> {
    let package = format!("cargo-lambda=={CARGO_LAMBDA}");
    let program = setup
        .tools
        .python_package(&package)
        .await?
        .join("cargo-lambda");
    let from = sources(&setup.workspace, "cargo-lambda");
    let project = setup
        .tools
        .cargo_project("cargo-lambda-echo", &from)
        .await?;
    let port = free_port()?.to_string();
    let mut command = Command::new(program);
    command
        .args([
            "lambda",
            "watch",
            "--ignore-changes",
            "--release",
            "--concurrency",
            "16",
        ])
        .args(["--invoke-address", "127.0.0.1", "--invoke-port", &port])
        .env_remove("CARGO_TARGET_DIR")
        .current_dir(project);
    let endpoint = invocations(format!("127.0.0.1:{port}"), "echo");
    let mut running = Running::echoing(setup, &mut command, endpoint, CARGO_LAMBDA).await?;
    running.by_hand = format!("cd bench/peers/cargo-lambda && {}", running.by_hand);
    Ok(running)
}

/// A JavaScript function in a thread of Node.
pub(super) async fn serverless_offline(setup: &Setup) -> anyhow::Result<Running> {
    let package = format!("serverless-offline@{SERVERLESS_OFFLINE}");
    let folder = setup.tools.node_packages(&[&package, SERVERLESS]).await?;
    // It looks for its plugins beside its project file.
    let from = sources(&setup.workspace, "serverless-offline");
    for name in ["serverless.yml", "handler.js"] {
        std::fs::copy(from.join(name), folder.join(name))
            .with_context(|| format!("{name} cannot be copied to {}", folder.display()))?;
    }
    let program = folder.join("node_modules/.bin/serverless");
    let node = setup.tools.node_command(&program).await?;
    let (lambda, http, socket) = (free_port()?, free_port()?, free_port()?);
    let mut command = Command::new(&program);
    for (name, value) in node.as_std().get_envs() {
        value.map(|value| command.env(name, value));
    }
    command
        .args(["offline", "start", "--host", "127.0.0.1"])
        .arg(format!("--lambdaPort={lambda}"))
        .arg(format!("--httpPort={http}"))
        .arg(format!("--websocketPort={socket}"))
        .env("SLS_TELEMETRY_DISABLED", "1")
        .env("SLS_NOTIFICATIONS_MODE", "off")
        .current_dir(&folder);
    let endpoint = invocations(format!("127.0.0.1:{lambda}"), "echo-dev-echo");
    let mut running = Running::echoing(setup, &mut command, endpoint, SERVERLESS_OFFLINE).await?;
    running.by_hand = format!("cd bench/peers/serverless-offline && {}", running.by_hand);
    Ok(running)
}

/// A Python function in processes that are kept.
pub(super) async fn ministack(setup: &Setup) -> anyhow::Result<Running> {
    let package = format!("ministack=={MINISTACK}");
    let programs = setup.tools.python_package(&package).await?;
    let address = format!("127.0.0.1:{}", free_port()?);
    let port = address.rsplit(':').next().unwrap_or_default();
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(programs.join("ministack"));
    command.env("GATEWAY_PORT", port).current_dir(folder.path());
    let mut process = Process::start(&mut command)?;
    let top = Endpoint::new(format!("http://{address}/"));
    process.until_it_answers(&top).await?;
    let deploy = sources(&setup.workspace, "ministack").join("deploy.py");
    deployed(&programs.join("python"), &deploy, &address).await?;
    let endpoint = invocations(&address, "echo");
    process.until_it_echoes(&endpoint).await?;
    let shown = by_hand(&command, &setup.workspace, setup.tools.folder());
    Ok(Running {
        endpoint,
        version: MINISTACK.into(),
        by_hand: format!(
            "GATEWAY_PORT={port} {shown}, then python3 bench/peers/ministack/deploy.py http://{address}"
        ),
        processes: Processes::Group(process.group()),
        _keeps: Box::new((process, folder)),
    })
}

async fn deployed(python: &Path, script: &Path, address: &str) -> anyhow::Result<()> {
    let output = tokio::process::Command::new(python)
        .arg(script)
        .arg(format!("http://{address}"))
        .output()
        .await
        .with_context(|| format!("{} could not be started", python.display()))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(
        output.status.success(),
        "the function could not be created:\n{complaint}"
    );
    Ok(())
}
