//! The same over HTTP, loaded by wrk from another process, beside what the HTTP stack alone does.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::function::{EVENT, host_with_echo};
use crate::median;

pub(crate) async fn run(connections: u32, each: Duration, rounds: usize) -> anyhow::Result<()> {
    let (host, name) = host_with_echo().await?;
    let (floor, sparkler) = (listener().await?, listener().await?);
    let echo_url = format!("http://{}/echo", floor.local_addr()?);
    let address: SocketAddr = sparkler.local_addr()?;
    let invoke_url = format!("http://{address}/2015-03-31/functions/{name}/invocations");
    tokio::spawn(async move {
        axum::serve(
            floor,
            Router::new().route("/echo", post(|body: Bytes| async { body })),
        )
        .await
    });
    tokio::spawn(async move { host.serve(sparkler, std::future::pending()).await });

    let script = wrk_script()?;
    let (mut floors, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        floors.push(requests_per_second(&echo_url, script.path(), connections, each).await?);
        ours.push(requests_per_second(&invoke_url, script.path(), connections, each).await?);
    }
    show(connections, median(floors), median(ours));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is the benchmark's result")]
fn show(connections: u32, floor: f64, ours: f64) {
    println!("{connections} connections, requests per second (medians):");
    println!("  axum, bare echo   {floor:>9.0}");
    println!(
        "  sparkler, Invoke  {ours:>9.0}   {:.2} of the bare echo",
        ours / floor
    );
}

async fn listener() -> std::io::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", 0)).await
}

/// wrk posts only what a script tells it to.
fn wrk_script() -> anyhow::Result<tempfile::NamedTempFile> {
    let mut script = tempfile::NamedTempFile::new()?;
    let event = str::from_utf8(EVENT)?;
    writeln!(script, "wrk.method = 'POST'\nwrk.body = [[{event}]]")?;
    Ok(script)
}

/// What wrk measures with so many connections.
pub(crate) async fn requests_per_second(
    url: &str,
    script: &Path,
    connections: u32,
    duration: Duration,
) -> anyhow::Result<f64> {
    let output = Command::new("wrk")
        .args([
            "-t1",
            "-c",
            &connections.to_string(),
            "-d",
            &format!("{}s", duration.as_secs()),
        ])
        .arg("-s")
        .args([script.as_os_str(), url.as_ref()])
        .stdin(Stdio::null())
        .output()
        .await
        .context("the load generator wrk is missing: install it (Debian: apt-get install wrk)")?;
    let text = String::from_utf8_lossy(&output.stdout);
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        bail!("some requests failed:\n{text}");
    }
    text.lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"))
        .and_then(|figure| figure.trim().parse().ok())
        .with_context(|| format!("wrk gave no figure:\n{text}"))
}
