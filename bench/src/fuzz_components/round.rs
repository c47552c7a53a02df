//! The life of one component on the host.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::generated::{Kind, made};
use crate::scenarios::client::{Client, encoded};

const FUNCTIONS: &str = "/2015-03-31/functions";

/// How often it is asked whether a function is ready.
const PAUSE: Duration = Duration::from_millis(20);

/// How long anything may take: a compiler's processor time has a smaller bound.
const WAIT_MAX: Duration = Duration::from_secs(300);

/// How long a function may run, in seconds.
const TIMEOUT_SECONDS: u32 = 1;

/// What the host says where its compiler has crashed, was killed each time that it was begun, or failed: the fault of no
/// component that is made here, as small as they are.
const CRASHES: [&str; 4] = [
    "The compiler breaks down",
    "its compilation wanted more",
    "killed again",
    "its log says why",
];

/// How a component ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The number makes no component.
    Unmade,
    /// Refused as what it is, when it was deployed.
    Refused(Kind),
    /// Accepted, and then not compiled.
    Uncompiled(Kind),
    /// The function failed, each time.
    Failed(Kind),
    /// It answered.
    Answered(Kind),
}

/// A component, and the host that gets it.
pub(super) struct Round<'a> {
    client: &'a Client,
    seed: u64,
    name: String,
    begun: Instant,
}

impl<'a> Round<'a> {
    pub(super) fn new(client: &'a Client, seed: u64) -> Self {
        Self {
            client,
            seed,
            name: format!("made-{seed}"),
            begun: Instant::now(),
        }
    }

    /// Deploys the component, calls it twice and deletes it.
    ///
    /// # Errors
    /// Where the host does what it never should.
    pub(super) async fn run(&self) -> anyhow::Result<Ending> {
        let Ok((kind, code)) = made(self.seed) else {
            return Ok(Ending::Unmade);
        };
        if !self.create(&code).await? {
            return Ok(Ending::Refused(kind));
        }
        let ending = match self.is_active().await? {
            false => Ending::Uncompiled(kind),
            true => {
                // The second finds what the first has left.
                let answered = [self.invoke().await?, self.invoke().await?];
                match answered.contains(&true) {
                    true => Ending::Answered(kind),
                    false => Ending::Failed(kind),
                }
            }
        };
        self.delete().await?;
        Ok(ending)
    }

    /// Whether it was accepted.
    async fn create(&self, code: &[u8]) -> anyhow::Result<bool> {
        let wanted = json!({
            "FunctionName": self.name,
            "Runtime": "provided.al2023",
            "Handler": "handler",
            "Role": "arn:aws:iam::123456789012:role/fuzz",
            "Timeout": TIMEOUT_SECONDS,
            "Code": { "ZipFile": encoded(code) },
        });
        match self
            .asked(Method::POST, FUNCTIONS, &wanted.to_string())
            .await?
        {
            (StatusCode::CREATED, ..) => Ok(true),
            (StatusCode::BAD_REQUEST, answer, _) => sound(&answer).map(|()| false),
            (status, answer, _) => bail!("creating it was answered with {status}: {answer}"),
        }
    }

    /// Whether it became active.
    async fn is_active(&self) -> anyhow::Result<bool> {
        let path = format!("{FUNCTIONS}/{}/configuration", self.name);
        loop {
            let (status, answer, _) = self.asked(Method::GET, &path, "").await?;
            let shown: Value = serde_json::from_str(&answer).unwrap_or_default();
            match (status, shown["State"].as_str()) {
                (StatusCode::OK, Some("Active")) => return Ok(true),
                (StatusCode::OK, Some("Failed")) => return sound(&answer).map(|()| false),
                (StatusCode::OK, Some("Pending")) => tokio::time::sleep(PAUSE).await,
                _ => bail!("it is shown with {status}: {answer}"),
            }
            ensure!(self.begun.elapsed() < WAIT_MAX, "it stays Pending");
        }
    }

    /// Whether the function answered, rather than failed.
    async fn invoke(&self) -> anyhow::Result<bool> {
        let path = format!("{FUNCTIONS}/{}/invocations", self.name);
        let event = json!({ "number": self.seed }).to_string();
        match self.asked(Method::POST, &path, &event).await? {
            (StatusCode::OK, _, has_failed) => Ok(!has_failed),
            (status, answer, _) => bail!("calling it was answered with {status}: {answer}"),
        }
    }

    async fn delete(&self) -> anyhow::Result<()> {
        let path = format!("{FUNCTIONS}/{}", self.name);
        match self.asked(Method::DELETE, &path, "").await? {
            (StatusCode::NO_CONTENT, ..) => Ok(()),
            (status, answer, _) => bail!("deleting it was answered with {status}: {answer}"),
        }
    }

    /// Asks again where the host says that it has no room just now.
    async fn asked(
        &self,
        method: Method,
        path: &str,
        body: &str,
    ) -> anyhow::Result<(StatusCode, String, bool)> {
        loop {
            let body = Bytes::copy_from_slice(body.as_bytes());
            let asked = self.client.call(method.clone(), path, body);
            let (status, answer, has_failed) = tokio::time::timeout(WAIT_MAX, asked).await??;
            let is_full = [
                StatusCode::TOO_MANY_REQUESTS,
                StatusCode::SERVICE_UNAVAILABLE,
            ];
            if is_full.contains(&status) && self.begun.elapsed() < WAIT_MAX {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            return Ok((
                status,
                String::from_utf8_lossy(&answer).into_owned(),
                has_failed,
            ));
        }
    }
}

/// # Errors
/// Where a component was refused since what looked at it broke down.
fn sound(answer: &str) -> anyhow::Result<()> {
    let crash = CRASHES.iter().find(|crash| answer.contains(**crash));
    ensure!(
        crash.is_none(),
        "the compiler did not get over it: {answer}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_that_crashes_is_told_from_one_that_refuses() {
        let refused = r#"{"message":"The component imports what this host does not have."}"#;
        assert!(sound(refused).is_ok());
        // Where the host says it.
        let sources = [
            include_str!("../../../host/src/sandbox/compile/child.rs"),
            include_str!("../../../host/src/sandbox/compile/queues.rs"),
            include_str!("../../../host/src/deployer/rejection.rs"),
        ];
        for crash in CRASHES {
            assert!(sources.iter().any(|said| said.contains(crash)), "{crash}");
            let shown = format!(r#"{{"State":"Failed","StateReason":"{crash}, and so on."}}"#);
            assert!(sound(&shown).is_err(), "{shown}");
        }
    }
}
