//! The load: wrk, in a process of its own.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::process::Command;

use crate::tools::{Installs, Tools};

/// How long an answer may take before it counts as failed: emulators start a process for the first ones.
const TIMEOUT: &str = "10s";

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
        self.run_script(self.script()?).await
    }

    /// The same to any of these paths of the server, drawn at random for each request.
    ///
    /// # Errors
    /// As above.
    pub(crate) async fn run_among(&self, paths: &[String]) -> anyhow::Result<Measured> {
        let mut script = self.script()?;
        // Put together before the load begins, so that to draw one is all that a request costs.
        writeln!(script, "local requests = {{}}\nfunction init(arguments)")?;
        for path in paths {
            writeln!(
                script,
                "requests[#requests + 1] = wrk.format(nil, '{path}')"
            )?;
        }
        writeln!(
            script,
            "end\nfunction request() return requests[math.random(#requests)] end"
        )?;
        self.run_script(script).await
    }

    async fn run_script(&self, script: tempfile::NamedTempFile) -> anyhow::Result<Measured> {
        // The run has installed it, if it was missing.
        let wrk = Tools::here(Installs::Nothing)?.program("wrk").await?;
        let output = Command::new(wrk)
            .args(["-t1", "--latency", "--timeout", TIMEOUT])
            .args(["-c", &self.connections.to_string()])
            .args(["-d", &format!("{}s", self.duration.as_secs())])
            .arg("-s")
            .args([script.path().as_os_str(), self.url.as_ref()])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .context("wrk could not be started")?;
        let text = String::from_utf8_lossy(&output.stdout);
        if text.contains("Non-2xx") || text.contains("Socket errors") {
            bail!("some requests failed:\n{text}");
        }
        let measured = Measured::read(&text);
        let measured = measured.with_context(|| format!("wrk gave no figures:\n{text}"))?;
        if measured.requests_per_second == 0.0 {
            bail!("nothing was answered in {:?}", self.duration);
        }
        Ok(measured)
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
            lines
                .find_map(|line| line.strip_prefix(start))
                .map(str::trim)
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
    Some(Duration::from_secs_f64(
        number.parse::<f64>().ok()? * seconds,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "Running 3s test @ http://127.0.0.1:9321/
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     3.02ms    4.05ms  46.49ms   91.89%
    Req/Sec     7.22k     1.93k   12.38k    73.33%
  Latency Distribution
     50%  660.00us
     75%    3.67ms
     90%    6.24ms
     99%    1.32s
  21627 requests in 3.01s, 1.96MB read
Requests/sec:   7178.92
Transfer/sec:    666.01KB
";

    #[test]
    fn what_wrk_says_is_read() {
        let measured = Measured::read(SAID).expect("figures");
        assert_eq!(measured.requests_per_second, 7178.92);
        assert_eq!(measured.p50, Duration::from_micros(660));
        assert_eq!(measured.p99, Duration::from_millis(1320));
    }

    #[test]
    fn what_is_no_measurement_has_no_figures() {
        assert!(Measured::read("unable to connect").is_none());
        assert!(Measured::read(&SAID.replace("1.32s", "1.32h")).is_none());
        assert!(Measured::read(&SAID.replace("7178.92", "many")).is_none());
    }
}
