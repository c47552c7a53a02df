//! The floor and the product.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use rustix::process::Pid;
use serde::Deserialize;
use serde_json::Value;

use super::process::{by_hand, free_port};
use super::{Endpoint, Processes, Running};
use crate::setup::Setup;
use crate::sparkler::Server;

/// axum in a process like that of the product: the same allocator, the same kind of runtime.
pub(super) async fn floor(setup: &Setup) -> anyhow::Result<Running> {
    let address = format!("127.0.0.1:{}", free_port()?);
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["floor", &address]);
    let endpoint = Endpoint::new(format!("http://{address}/"));
    let version = locked_version(&setup.workspace, "axum")?;
    let mut running = Running::echoing(setup, &mut command, endpoint, version).await?;
    // Whoever types it has cargo.
    running.by_hand = format!("cargo xtask floor {address}");
    Ok(running)
}

/// A call by AWS's API, as the AWS CLI and SDKs make it.
pub(super) async fn invoke(setup: &Setup) -> anyhow::Result<Running> {
    let component = setup.echo.to_str().context("a path in UTF-8")?;
    let arguments = ["--ephemeral", component];
    let server = setup.sparkler.serve(&arguments).await?;
    let endpoint = super::invocations(server.address, "echo");
    served(setup, server, endpoint, &arguments).await
}

/// A request to the function's URL, which the guest sees as the request that it is.
pub(super) async fn http_guest(setup: &Setup) -> anyhow::Result<Running> {
    let component = http_echo(setup).await?;
    let component = component.to_str().context("a path in UTF-8")?;
    let arguments = ["--ephemeral", "--open-function-urls", component];
    let server = setup.sparkler.serve(&arguments).await?;
    let address = server.address;
    let create = format!("http://{address}/2021-10-31/functions/http_echo/url");
    let settings = r#"{"AuthType":"NONE"}"#;
    let created = Endpoint::new(create.clone()).post(settings.into()).await?;
    let created: Value = serde_json::from_slice(&created)?;
    let id = created["FunctionUrl"].as_str().and_then(id_of_url);
    let id = id.with_context(|| format!("{created} names no function URL"))?;
    // By path, since the host name of the URL is not known to every resolver.
    let endpoint = Endpoint::new(format!("http://{address}/lambda-url/{id}/"));
    let mut running = served(setup, server, endpoint, &arguments).await?;
    running.by_hand += &format!(", then curl -d '{settings}' {create}");
    Ok(running)
}

/// The component of the server that echoes, which other hosts run too.
pub(super) async fn http_echo(setup: &Setup) -> anyhow::Result<std::path::PathBuf> {
    let folder = setup.workspace.join("bench/guests/http-echo");
    setup.sparkler.component(&folder, &setup.tools).await
}

async fn served(
    setup: &Setup,
    server: Server,
    endpoint: Endpoint,
    arguments: &[&str],
) -> anyhow::Result<Running> {
    endpoint.check_echo().await?;
    let address = server.address;
    let pid = Pid::from_raw(server.pid()?.cast_signed());
    let mut command = setup.sparkler.command();
    let version = command.arg("--version").output().await?;
    let version = String::from_utf8_lossy(&version.stdout);
    let mut shown = Command::new("sparkler");
    shown
        .args(["serve", "--listen", &address.to_string()])
        .args(arguments);
    Ok(Running {
        endpoint,
        version: version.trim().trim_start_matches("sparkler ").to_owned(),
        by_hand: by_hand(&shown, &setup.workspace, setup.tools.folder()),
        processes: Processes::One(pid.context("a process has a number")?),
        _keeps: Box::new(server),
    })
}

/// The id in `http://ID.lambda-url.REGION.…`.
fn id_of_url(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split_once(".lambda-url.").map(|(id, _)| id)
}

/// Which version of a crate the workspace uses.
fn locked_version(workspace: &Path, name: &str) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: String,
    }
    let text = std::fs::read_to_string(workspace.join("Cargo.lock"))?;
    let lock: Lock = toml::from_str(&text).context("Cargo.lock is not what it should be")?;
    let package = lock
        .package
        .into_iter()
        .find(|package| package.name == name);
    Ok(package
        .with_context(|| format!("Cargo.lock has no {name}"))?
        .version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_url_begins_with_its_id() {
        let url = "http://abc123.lambda-url.us-east-1.localhost:9001/";
        assert_eq!(id_of_url(url), Some("abc123"));
        assert_eq!(id_of_url("http://localhost:9001/"), None);
    }

    #[test]
    fn the_version_of_a_crate_is_the_locked_one() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let version = locked_version(&workspace, "axum").expect("a version");
        assert!(version.starts_with("0."), "{version}");
        assert!(locked_version(&workspace, "no-such-crate").is_err());
    }
}
