//! `FunctionConfiguration`: what answers show of a version.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use super::settings::SettingsMembers;
use super::tenancy::TenancyMember;
use crate::domain::settings::PackageType;
use crate::domain::{
    Account, Digest, LastUpdate, Named as _, Qualifier, Snapshot, State, Version, times,
};

/// What AWS says of creations, and in the same words of updates.
const CREATING: (&str, &str) = ("The function is being created.", "Creating");

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::contract) enum Detail {
    /// Everything.
    Whole,
    /// An entry of a list: without states and without the runtime's version.
    Listed,
}

/// Shows versions.
#[derive(Clone, Copy, Debug)]
pub(in crate::contract) struct Renderer<'a> {
    /// Whose ARNs are shown.
    pub(in crate::contract) account: &'a Account,
    /// Stands for the version of the engine in `RuntimeVersionArn`.
    pub(in crate::contract) engine: Digest,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::contract) struct FunctionConfiguration {
    function_name: String,
    function_arn: String,
    #[serde(flatten)]
    settings: SettingsMembers,
    code_size: u64,
    last_modified: String,
    code_sha256: String,
    version: String,
    revision_id: String,
    #[serde(flatten)]
    states: Option<States>,
    package_type: &'static str,
    architectures: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    tenancy_config: Option<TenancyMember>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runtime_version_config: Option<RuntimeVersionConfig>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct States {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_reason_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_update_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_update_status_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_update_status_reason_code: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct RuntimeVersionConfig {
    runtime_version_arn: String,
}

impl Renderer<'_> {
    /// `version` under the qualifier that it was asked for with.
    pub(in crate::contract) fn configuration(
        &self,
        version: &Version,
        qualifier: Option<&Qualifier>,
        detail: Detail,
    ) -> FunctionConfiguration {
        let whole = detail == Detail::Whole;
        let arn = self.account.function_arn(&version.function, qualifier);
        FunctionConfiguration {
            function_name: version.function.to_string(),
            function_arn: arn.to_string(),
            settings: SettingsMembers::shown(version),
            code_size: version.code.package_bytes,
            last_modified: times::with_offset(version.last_modified),
            code_sha256: BASE64_STANDARD.encode(version.code.package.0),
            version: version.id.to_string(),
            revision_id: version.revision.to_string(),
            states: whole.then(|| States::of(version)),
            package_type: PackageType::Zip.name(),
            architectures: [version.settings.architecture.name()],
            tenancy_config: TenancyMember::of(version.settings.tenancy),
            runtime_version_config: whole.then(|| self.runtime_version()),
        }
    }

    fn runtime_version(&self) -> RuntimeVersionConfig {
        RuntimeVersionConfig {
            runtime_version_arn: self.runtime_version_arn(),
        }
    }

    /// The ARN of the only runtime version that there is.
    pub(in crate::contract) fn runtime_version_arn(&self) -> String {
        let region = &self.account.region;
        format!("arn:aws:lambda:{region}::runtime:{}", self.engine)
    }
}

impl States {
    fn of(version: &Version) -> Self {
        let mut states = Self {
            state: version.state.name(),
            ..Self::default()
        };
        let reason = match &version.state {
            State::Pending => Some(creating()),
            State::Active => None,
            State::Failed {
                reason,
                reason_code,
            } => Some((reason.clone(), reason_code.clone())),
        };
        (states.state_reason, states.state_reason_code) = reason.unzip();
        if let Some(Snapshot::Impossible { reason }) = &version.snapshot {
            states.state_reason = Some(reason.clone());
        }
        let reason = match &version.last_update {
            None | Some(LastUpdate::Successful) => None,
            Some(LastUpdate::InProgress) => Some(creating()),
            Some(LastUpdate::Failed {
                reason,
                reason_code,
            }) => Some((reason.clone(), reason_code.clone())),
        };
        states.last_update_status = version.last_update.as_ref().map(LastUpdate::name);
        (
            states.last_update_status_reason,
            states.last_update_status_reason_code,
        ) = reason.unzip();
        states
    }
}

fn creating() -> (String, String) {
    let (reason, code) = CREATING;
    (reason.into(), code.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Code, Environment, FunctionName, Settings, VersionId};
    use serde_json::{Value, json};
    use std::time::UNIX_EPOCH;

    /// `$LATEST` of a function called `fn`.
    fn version() -> Version {
        let function = FunctionName::parse("fn").expect("a name");
        Version {
            settings: Settings {
                role: "arn:aws:iam::123456789012:role/r".into(),
                ..Settings::for_function(&function)
            },
            function,
            id: VersionId::Latest,
            code: Code {
                package: Digest([0; 32]),
                package_bytes: 276,
                component: Digest([1; 32]),
                reuse: 0,
                interpreter: None,
            },
            snapshot: None,
            state: State::Active,
            last_update: Some(LastUpdate::Successful),
            revision: uuid::Uuid::nil(),
            last_modified: UNIX_EPOCH,
        }
    }

    fn shown(version: &Version, qualifier: Option<&Qualifier>, detail: Detail) -> Value {
        let account = Account::default();
        let renderer = Renderer {
            account: &account,
            engine: Digest([0xab; 32]),
        };
        let shown = renderer.configuration(version, qualifier, detail);
        serde_json::to_value(shown).expect("it has a JSON form")
    }

    #[test]
    fn a_function_with_nothing_but_defaults_is_shown_with_all_of_them() {
        assert_eq!(
            shown(&version(), None, Detail::Whole),
            json!({
                "FunctionName": "fn",
                "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:fn",
                "Role": "arn:aws:iam::123456789012:role/r",
                "CodeSize": 276,
                "Description": "",
                "Timeout": 3,
                "LastModified": "1970-01-01T00:00:00.000+0000",
                "CodeSha256": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                "Version": "$LATEST",
                "TracingConfig": {"Mode": "PassThrough"},
                "RevisionId": "00000000-0000-0000-0000-000000000000",
                "MemorySize": 128,
                "State": "Active",
                "LastUpdateStatus": "Successful",
                "PackageType": "Zip",
                "Architectures": ["x86_64"],
                "EphemeralStorage": {"Size": 512},
                "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
                "RuntimeVersionConfig": {
                    "RuntimeVersionArn": format!("arn:aws:lambda:us-east-1::runtime:{}", "ab".repeat(32)),
                },
                "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/fn"},
            })
        );
    }

    #[test]
    fn an_entry_of_a_list_shows_neither_states_nor_the_runtimes_version() {
        let whole = shown(&version(), None, Detail::Whole);
        let listed = shown(&version(), None, Detail::Listed);
        let members = |value: &Value| value.as_object().map(|map| map.len());
        assert_eq!(members(&listed), members(&whole).map(|count| count - 3));
        assert!(listed.get("State").is_none() && listed.get("RuntimeVersionConfig").is_none());
    }

    #[test]
    fn a_new_function_is_being_created_and_has_no_update() {
        let pending = Version {
            state: State::Pending,
            last_update: None,
            ..version()
        };
        let shown = shown(&pending, None, Detail::Whole);
        assert_eq!(shown["State"], "Pending");
        assert_eq!(shown["StateReason"], "The function is being created.");
        assert_eq!(shown["StateReasonCode"], "Creating");
        assert!(shown.get("LastUpdateStatus").is_none());
    }

    #[test]
    fn an_update_in_progress_is_told_in_the_words_of_a_creation() {
        let updating = Version {
            last_update: Some(LastUpdate::InProgress),
            ..version()
        };
        let shown = shown(&updating, None, Detail::Whole);
        assert_eq!(shown["State"], "Active");
        assert_eq!(shown["LastUpdateStatus"], "InProgress");
        assert_eq!(
            shown["LastUpdateStatusReason"],
            "The function is being created."
        );
        assert_eq!(shown["LastUpdateStatusReasonCode"], "Creating");
    }

    #[test]
    fn a_failure_is_told_with_its_reason() {
        let failure = || ("no memory".to_owned(), "InternalError".to_owned());
        let (reason, reason_code) = failure();
        let failed = Version {
            state: State::Failed {
                reason,
                reason_code,
            },
            last_update: None,
            ..version()
        };
        assert_eq!(
            shown(&failed, None, Detail::Whole)["StateReason"],
            "no memory"
        );
        let (reason, reason_code) = failure();
        let failed = Version {
            last_update: Some(LastUpdate::Failed {
                reason,
                reason_code,
            }),
            ..version()
        };
        let shown = shown(&failed, None, Detail::Whole);
        assert_eq!(shown["LastUpdateStatusReasonCode"], "InternalError");
        assert!(shown.get("StateReason").is_none());
    }

    #[test]
    fn what_the_owner_gave_is_shown_and_the_arn_as_it_was_asked_for() {
        let mut version = version();
        version.settings.environment = Some(Environment::default());
        version.settings.dead_letter_target = Some("arn:aws:sqs:us-east-1:123456789012:q".into());
        let latest = Qualifier::Version(VersionId::Latest);
        let shown = shown(&version, Some(&latest), Detail::Whole);
        assert_eq!(shown["Environment"], json!({"Variables": {}}));
        assert_eq!(
            shown["DeadLetterConfig"]["TargetArn"],
            "arn:aws:sqs:us-east-1:123456789012:q"
        );
        assert_eq!(
            shown["FunctionArn"],
            "arn:aws:lambda:us-east-1:123456789012:function:fn:$LATEST"
        );
    }
}
