//! Deploying to a server over HTTP: create or update, then wait until it can be invoked.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::bail;
use serde_json::Value;
use sparkler::internals::SettingsChange;
use sparkler::internals::limits::COMPILE_DURATION_MAX;

use super::client::{Client, FunctionConfiguration};
use crate::limits::DEPLOYMENT_WAIT_MAX;

const _: () = assert!(COMPILE_DURATION_MAX.as_secs() < DEPLOYMENT_WAIT_MAX.as_secs());

const POLL_FIRST: Duration = Duration::from_millis(10);
const POLL_SLOWEST: Duration = Duration::from_millis(500);

/// What is being done, for whoever watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Creating,
    UpdatingCode,
    UpdatingSettings,
}

/// Makes `name` run `package` with `settings`; returns the function when it can be invoked.
pub(super) fn deploy(
    client: &Client,
    name: &str,
    package: &[u8],
    settings: &SettingsChange,
    mut observe: impl FnMut(Step),
) -> anyhow::Result<FunctionConfiguration> {
    if client.function(name)?.is_none() {
        observe(Step::Creating);
        client.create(name, package, settings)?;
        return ready(client, name);
    }
    let function = settled(client, name)?;
    let member = |name: &str| function.others.get(name).and_then(Value::as_str);
    let settings = settings
        .clone()
        .without_what_runs(member("Runtime"), member("Handler"));
    let changes_settings = settings != SettingsChange::default();
    if settings.says_what_runs() {
        // The new code is looked at by what they say then. The old one may fail by it, which is no loss.
        observe(Step::UpdatingSettings);
        client.update_settings(name, &settings)?;
        settled(client, name)?;
    }
    observe(Step::UpdatingCode);
    client.update_code(name, package)?;
    let mut function = ready(client, name)?;
    if changes_settings && !settings.says_what_runs() {
        observe(Step::UpdatingSettings);
        client.update_settings(name, &settings)?;
        function = ready(client, name)?;
    }
    Ok(function)
}

/// Waits until the last change has ended, and says where it failed.
fn ready(client: &Client, name: &str) -> anyhow::Result<FunctionConfiguration> {
    let function = settled(client, name)?;
    match failure(&function) {
        Some(reason) => bail!("{name} was not deployed: {reason}"),
        None => Ok(function),
    }
}

fn settled(client: &Client, name: &str) -> anyhow::Result<FunctionConfiguration> {
    let end = Instant::now() + DEPLOYMENT_WAIT_MAX;
    let mut pause = POLL_FIRST;
    loop {
        match client.function(name)? {
            None => bail!("{name} was deleted while it was being deployed."),
            Some(function) if !is_changing(&function) => return Ok(function),
            Some(_) if Instant::now() >= end => bail!(
                "{name} was not ready after {} seconds; the log of the server may say why.",
                DEPLOYMENT_WAIT_MAX.as_secs()
            ),
            Some(_) => thread::sleep(pause),
        }
        pause = (pause * 3 / 2).min(POLL_SLOWEST);
    }
}

fn is_changing(function: &FunctionConfiguration) -> bool {
    function.state.as_deref() == Some("Pending")
        || function.last_update_status.as_deref() == Some("InProgress")
}

/// Why the last change of a function did not succeed.
fn failure(function: &FunctionConfiguration) -> Option<String> {
    let failed = |status: &Option<String>| status.as_deref() == Some("Failed");
    let reason = if failed(&function.state) {
        &function.state_reason
    } else if failed(&function.last_update_status) {
        &function.last_update_status_reason
    } else {
        return None;
    };
    Some(
        reason
            .clone()
            .unwrap_or_else(|| "the server gives no reason".into()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(json: serde_json::Value) -> FunctionConfiguration {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_function_is_ready_when_neither_its_state_nor_its_update_is_under_way() {
        let pending = function(serde_json::json!({"State": "Pending"}));
        let updating =
            function(serde_json::json!({"State": "Active", "LastUpdateStatus": "InProgress"}));
        let active =
            function(serde_json::json!({"State": "Active", "LastUpdateStatus": "Successful"}));
        assert!(is_changing(&pending) && is_changing(&updating) && !is_changing(&active));
        assert_eq!(failure(&active), None);
    }

    #[test]
    fn a_failed_update_is_told_from_a_function_that_never_worked() {
        let never = function(serde_json::json!({"State": "Failed", "StateReason": "no component"}));
        assert_eq!(failure(&never).as_deref(), Some("no component"));
        let update = function(serde_json::json!({
            "State": "Active", "LastUpdateStatus": "Failed", "LastUpdateStatusReason": "bad import",
        }));
        assert_eq!(failure(&update).as_deref(), Some("bad import"));
    }
}
