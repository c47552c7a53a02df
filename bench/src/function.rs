//! The function that is measured: the echo example, built as `sparkler build` builds it.

use std::path::Path;

use anyhow::Context as _;
use bytes::Bytes;
use sparkler::app::{Host, HostConfig, Storage};
use sparkler::deployer::NewFunction;
use sparkler::domain::{Environment, FunctionName, Settings};
use sparkler::toolchain::{self, BuildOptions};

/// The event of each call.
pub(crate) const EVENT: &[u8] = br#"{"name":"World"}"#;

/// A host without state that has the function `echo`, and `echo-reused`, whose sandboxes are reused.
pub(crate) async fn host_with_echo() -> anyhow::Result<(Host, FunctionName)> {
    host_with_echo_in(Storage::Ephemeral).await
}

/// A host that keeps its state there and has the function `echo`.
pub(crate) async fn host_with_echo_in(storage: Storage) -> anyhow::Result<(Host, FunctionName)> {
    let echo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/echo");
    let built = tokio::task::spawn_blocking(move || toolchain::build(BuildOptions::release(echo)))
        .await?
        .context("the echo example could not be built")?;
    let host = Host::start(HostConfig {
        storage,
        ..HostConfig::default()
    })
    .await?;
    let name = deploy(&host, "echo", built.bytes.clone(), None).await?;
    let reused = [("SPARKLER_REUSE".to_owned(), "10000".to_owned())].into();
    deploy(&host, REUSED, built.bytes, Some(Environment(reused))).await?;
    Ok((host, name))
}

/// The name of the function whose sandboxes are reused.
pub(crate) const REUSED: &str = "echo-reused";

async fn deploy(
    host: &Host,
    name: &str,
    package: Bytes,
    environment: Option<Environment>,
) -> anyhow::Result<FunctionName> {
    let name = FunctionName::parse(name).context("a good name")?;
    let new = NewFunction {
        publish: false,
        name: name.clone(),
        settings: Settings {
            environment,
            ..Settings::for_function(&name)
        },
        package,
        tags: Default::default(),
    };
    host.deployer().create(new).await?;
    host.deployer().settled(&name).await?;
    Ok(name)
}
