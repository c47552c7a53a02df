//! The smallest program with a host in it: functions are in memory, and are called from here alone.

use std::error::Error;
use std::io::Write as _;

use sparkler::{Host, HostConfig, Limits};

/// A component in WebAssembly's text format, which answers with its event.
const ECHO: &str = include_str!("../../../host/src/embed/echo.wat");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let host = Host::start(HostConfig::default()).await?;
    let component = wat::parse_str(ECHO)?;
    let echo = host.load("echo", component, Limits::default()).await?;

    let report = echo.invoke(r#"{"text":"hi"}"#).await?;
    std::io::stdout().write_all(report.answer()?)?;
    host.close().await;
    Ok(())
}
