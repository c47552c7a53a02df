//! What is watched while components come and go: a function that must always answer, and the host's memory.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::task::JoinHandle;

use super::generated::ECHO;
use crate::scenarios::client::{Client, NewFunction, encoded};

/// Between two calls of the echo.
const PAUSE: Duration = Duration::from_millis(20);

/// How long the echo may take, on a machine that compiles meanwhile.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(20);

/// What the host may hold more in the end than after its first components, in megabytes: caches, threads, what an
/// allocator keeps.
const GROWTH_MEGABYTES_MAX: f64 = 150.0;

/// Components after which a host has set up what it keeps.
const SETTLED_AFTER: u64 = 100;

/// A function that is called all the time.
pub(super) struct Echo {
    answered: Arc<AtomicU64>,
    calls: JoinHandle<anyhow::Result<()>>,
}

impl Echo {
    /// Deploys it and begins to call it.
    pub(super) async fn begin(client: Client) -> anyhow::Result<Self> {
        let function = NewFunction {
            name: "echo",
            code: &encoded(&ECHO),
            timeout_seconds: 10,
        };
        client.create(&function).await?;
        client.until_active("echo").await?;
        let answered = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&answered);
        let calls = tokio::spawn(async move {
            for number in 0.. {
                call(&client, number).await?;
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(PAUSE).await;
            }
            Ok(())
        });
        Ok(Self { answered, calls })
    }

    pub(super) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Waits until it has not answered as it should.
    pub(super) async fn failed(&mut self) -> anyhow::Result<()> {
        (&mut self.calls)
            .await?
            .context("the echo did not answer while components came and went")
    }
}

async fn call(client: &Client, number: u64) -> anyhow::Result<()> {
    let event = format!(r#"{{"number":{number}}}"#);
    let answer = client.invoke("echo", event.as_bytes());
    let answer = tokio::time::timeout(ANSWER_WAIT_MAX, answer).await??;
    ensure!(answer == event, "{event} was answered with {answer:?}");
    Ok(())
}

/// What the host holds of the machine's memory, in megabytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    settled: Option<f64>,
    most: f64,
    last: f64,
}

impl Held {
    /// What it holds after so many components.
    pub(super) fn note(&mut self, megabytes: f64, done: u64) {
        if done >= SETTLED_AFTER {
            self.settled.get_or_insert(megabytes);
        }
        self.most = self.most.max(megabytes);
        self.last = megabytes;
    }

    /// # Errors
    /// Where it has grown.
    pub(super) fn check(self) -> anyhow::Result<()> {
        match self.settled {
            Some(settled) if self.last > settled + GROWTH_MEGABYTES_MAX => bail!(
                "the host held {settled:.0} MB after {SETTLED_AFTER} components, and holds {:.0} MB in the end",
                self.last
            ),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(settled) = self.settled {
            write!(f, "the host held {settled:.0} MB after {SETTLED_AFTER}, ")?;
        }
        write!(f, "at most {:.0} MB, {:.0} MB now", self.most, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_grows_after_its_first_components_is_told() {
        let mut held = Held::default();
        held.note(500.0, SETTLED_AFTER - 1);
        held.note(200.0, SETTLED_AFTER);
        held.note(300.0, SETTLED_AFTER + 1);
        assert!(held.check().is_ok());
        held.note(400.0, SETTLED_AFTER + 2);
        assert!(held.check().is_err());
    }
}
