//! The smallest program with a host in it: functions are in memory, and are called from here alone.

use std::error::Error;
use std::io::Write as _;

use sparkler::{Host, HostConfig, Limits};

/// A component that answers with its event.
const ECHO: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/echo.wasm"));

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let host = Host::start(HostConfig::default()).await?;
    let echo = host.load("echo", ECHO.to_vec(), Limits::default()).await?;

    let report = echo.invoke(r#"{"text":"hi"}"#).await?;
    std::io::stdout().write_all(report.answer()?)?;
    host.close().await;
    Ok(())
}
