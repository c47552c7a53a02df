//! The load: wrk, in a process of its own.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::process::Command;

/// What is sent, over how many connections, and for how long.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) url: String,
    pub(crate) body: Vec<u8>,
    /// Names and values besides what wrk sends by itself.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) connections: u32,
    pub(crate) duration: Duration,
}

/// What wrk measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) requests_per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

impl Load {
    /// Runs the load to its end.
    ///
    /// # Errors
    /// Where wrk is missing, or a request failed.
    pub(crate) async fn run(&self) -> anyhow::Result<Measured> {
        let script = self.script()?;
        let output = Command::new("wrk")
            .args(["-t1", "--latency", "-c", &self.connections.to_string()])
            .args(["-d", &format!("{}s", self.duration.as_secs())])
            .arg("-s")
            .args([script.path().as_os_str(), self.url.as_ref()])
            .stdin(Stdio::null())
            .output()
            .await
            .context("the load generator wrk is missing: install it (Debian: apt-get install wrk)")?;
        let text = String::from_utf8_lossy(&output.stdout);
        if text.contains("Non-2xx") || text.contains("Socket errors") {
            bail!("some requests failed:\n{text}");
        }
        Measured::read(&text).with_context(|| format!("wrk gave no figures:\n{text}"))
    }

    /// wrk posts only what a script tells it to.
    fn script(&self) -> anyhow::Result<tempfile::NamedTempFile> {
        let mut script = tempfile::NamedTempFile::new()?;
        let body = str::from_utf8(&self.body)?;
        writeln!(script, "wrk.method = 'POST'\nwrk.body = [[{body}]]")?;
        for (name, value) in &self.headers {
            writeln!(script, "wrk.headers['{name}'] = '{value}'")?;
        }
        Ok(script)
    }
}

impl Measured {
    fn read(text: &str) -> Option<Self> {
        let after = |start: &str| {
            let mut lines = text.lines().map(str::trim);
            lines.find_map(|line| line.strip_prefix(start)).map(str::trim)
        };
        Some(Self {
            requests_per_second: after("Requests/sec:")?.parse().ok()?,
            p50: duration(after("50%")?)?,
            p99: duration(after("99%")?)?,
        })
    }
}

/// `1.23ms` and the like, as wrk writes them.
fn duration(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit);
    let seconds = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    Some(Duration::from_secs_f64(number.parse::<f64>().ok()? * seconds))
}
