//! The functions that are measured, all of them echoes, built as `sparkler build` builds them.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bytes::Bytes;
use sparkler::internals::{Cause, Environment, NewFunction, Parts as _, Settings};
use sparkler::{FunctionName, Host, HostConfig, Storage};
use sparkler_cli::toolchain::{self, BuildOptions};

use crate::web;

/// The event of each call.
pub(crate) const EVENT: &[u8] = br#"{"name":"World"}"#;

/// The function whose sandboxes are fresh, each of them.
pub(crate) const FRESH: &str = "echo";

/// The function whose sandboxes are reused.
pub(crate) const REUSED: &str = "echo-reused";

/// Invocations that may run at once: more than ever do.
const CONCURRENCY_MAX: u32 = 8;

/// A host that keeps its state there.
pub(crate) async fn host(storage: Storage) -> anyhow::Result<Host> {
    started(storage, None).await
}

/// A host that asks who calls, by this file of keys, and has the function whose sandboxes are fresh.
pub(crate) async fn asking_host(keys: PathBuf) -> anyhow::Result<Host> {
    let host = started(Storage::Ephemeral, Some(keys)).await?;
    deploy(&host, FRESH, echo().await?, None).await?;
    Ok(host)
}

async fn started(storage: Storage, keys: Option<PathBuf>) -> anyhow::Result<Host> {
    let host = Host::start(HostConfig {
        storage,
        keys,
        open_function_urls: true,
        concurrency_max: CONCURRENCY_MAX,
        ..HostConfig::default()
    });
    Ok(host.await?)
}

/// A host that has all functions.
pub(crate) async fn host_with_functions(storage: Storage) -> anyhow::Result<Host> {
    let package = echo().await?;
    let host = host(storage).await?;
    deploy(&host, FRESH, package.clone(), None).await?;
    let reused = [("SPARKLER_REUSE".to_owned(), "10000".to_owned())].into();
    deploy(&host, REUSED, package, Some(Environment(reused))).await?;
    deploy(&host, web::NAME, built(web::sources()).await?, None).await?;
    web::open_url(&host.door()).await?;
    Ok(host)
}

async fn echo() -> anyhow::Result<Bytes> {
    built(Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/echo")).await
}

async fn built(sources: PathBuf) -> anyhow::Result<Bytes> {
    let what = format!("{} could not be built", sources.display());
    let build = move || toolchain::build(BuildOptions::release(sources));
    let built = tokio::task::spawn_blocking(build).await?;
    Ok(built.context(what)?.bytes)
}

async fn deploy(
    host: &Host,
    name: &str,
    package: Bytes,
    environment: Option<Environment>,
) -> anyhow::Result<()> {
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
        sender: None,
    };
    host.deployer().by(Cause::host("Test")).create(new).await?;
    host.deployer().settled(&name).await?;
    Ok(())
}
