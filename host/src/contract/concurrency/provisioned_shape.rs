//! The shapes of provisioned concurrency: what its operations take and show.

use serde::{Deserialize, Serialize};

use crate::contract::constraint::{Broken, Violations};
use crate::domain::attachments::Provisioned;
use crate::domain::provisioning::{Progress, Status};
use crate::domain::times;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct PutProvisionedConcurrencyConfig {
    provisioned_concurrent_executions: Option<i64>,
}

impl PutProvisionedConcurrencyConfig {
    /// How many are asked for.
    pub(super) fn read(self, v: &mut Violations) -> Result<u32, Broken> {
        let member = "provisionedConcurrentExecutions";
        let wanted = v.required(member, self.provisioned_concurrent_executions)?;
        v.at_least(member, wanted, 1)
    }
}

/// A config as Put, Get and List show it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ProvisionedConcurrencyConfig {
    requested_provisioned_concurrent_executions: u32,
    available_provisioned_concurrent_executions: u32,
    allocated_provisioned_concurrent_executions: u32,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_reason: Option<String>,
    last_modified: String,
}

impl ProvisionedConcurrencyConfig {
    pub(super) fn new(config: &Provisioned, progress: Progress) -> Self {
        let (status, status_reason) = match progress.status {
            Status::InProgress => ("IN_PROGRESS", None),
            Status::Ready => ("READY", None),
            Status::Failed { reason, .. } => ("FAILED", Some(reason)),
        };
        Self {
            requested_provisioned_concurrent_executions: config.requested,
            available_provisioned_concurrent_executions: progress.allocated,
            allocated_provisioned_concurrent_executions: progress.allocated,
            status,
            status_reason,
            last_modified: times::with_offset(config.last_modified),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::UNIX_EPOCH;

    #[test]
    fn a_config_shows_how_far_it_is() {
        let config = Provisioned {
            requested: 5,
            last_modified: UNIX_EPOCH,
        };
        let shown = |progress| {
            let shown = ProvisionedConcurrencyConfig::new(&config, progress);
            serde_json::to_value(shown).expect("it is JSON")
        };
        let mut expected = json!({
            "RequestedProvisionedConcurrentExecutions": 5,
            "AvailableProvisionedConcurrentExecutions": 0,
            "AllocatedProvisionedConcurrentExecutions": 0,
            "Status": "IN_PROGRESS",
            "LastModified": "1970-01-01T00:00:00.000+0000",
        });
        assert_eq!(shown(Progress::default()), expected);
        expected["Status"] = "FAILED".into();
        expected["StatusReason"] = "why".into();
        let status = Status::Failed {
            reason: "why".into(),
            is_transient: true,
        };
        let failed = Progress {
            allocated: 0,
            status,
        };
        assert_eq!(shown(failed), expected);
    }

    #[test]
    fn at_least_one_is_provisioned() {
        for (json, problem) in [
            ("{}", "Value null at 'provisionedConcurrentExecutions'"),
            (
                r#"{"ProvisionedConcurrentExecutions":0}"#,
                "Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: \
                 Member must have value greater than or equal to 1",
            ),
        ] {
            let wanted: PutProvisionedConcurrencyConfig =
                serde_json::from_str(json).expect("it is the shape's JSON");
            let mut violations = Violations::default();
            assert!(wanted.read(&mut violations).is_err());
            let text = format!("{:?}", violations.into_result().expect_err("refused"));
            assert!(text.contains(problem), "{text}");
        }
    }
}
