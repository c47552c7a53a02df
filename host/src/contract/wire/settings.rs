//! The settings of a function on the wire: as CreateFunction and UpdateFunctionConfiguration take them, as
//! clients send them, and as answers show them.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::environment::EnvironmentMember;
use super::lacking::LackingMembers;
use super::logging::LoggingMember;
use super::runtime;
use crate::contract::constraint::{Broken, Pattern, Violations};
use crate::contract::error::WireError;
use crate::domain::settings::{SettingsChange, SnapStart, TracingMode};
use crate::domain::{Named as _, Settings, Version};

static ROLE: Pattern =
    Pattern::new(r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+");
static HANDLER: Pattern = Pattern::new(r"[^\s]+");
static RESOURCE_ARN: Pattern = Pattern::new(r"(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()");

/// What the model admits; the service's own bound is lower.
const MEMORY_MODEL_MB: RangeInclusive<u32> = *Settings::MEMORY_MB.start()..=32_768;

/// The members, as requests have them and as answers show them.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct SettingsMembers {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::contract) role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runtime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handler: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_size: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<EnvironmentMember>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ephemeral_storage: Option<EphemeralStorage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracing_config: Option<TracingConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logging_config: Option<LoggingMember>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letter_config: Option<DeadLetterConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snap_start: Option<SnapStartMember>,
    #[serde(flatten, skip_serializing)]
    lacking: LackingMembers,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct EphemeralStorage {
    size: Option<i64>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct TracingConfig {
    mode: Option<String>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct DeadLetterConfig {
    target_arn: Option<String>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct SnapStartMember {
    apply_on: Option<String>,
    /// Only shown: `On` for a version that has its snapshot.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    optimization_status: Option<&'static str>,
}

/// What the members ask for, within the model's constraints. The service refuses some of it all the same.
#[derive(Debug)]
pub(in crate::contract) struct Asked {
    /// All but the variables, which only the service checks in full.
    change: SettingsChange,
    environment: Option<EnvironmentMember>,
    lacking: LackingMembers,
}

impl SettingsMembers {
    /// What the members ask for, as far as the model's constraints admit it. The order is that in which AWS
    /// names what is broken.
    pub(in crate::contract) fn read(self, v: &mut Violations) -> Asked {
        let role = v.given(self.role, |v, role| v.matching("role", role, &ROLE));
        let handler = v.given(self.handler, |v, handler| {
            v.text_matching("handler", handler, Settings::HANDLER_CHARS, &HANDLER)
        });
        let description = v.given(self.description, |v, text| {
            v.bounded("description", text, Settings::DESCRIPTION_CHARS)
        });
        let timeout_seconds = v.given(self.timeout, |v, seconds| {
            v.range("timeout", seconds, &Settings::TIMEOUT_SECONDS)
        });
        let memory_mb = v.given(self.memory_size, |v, size| {
            v.range("memorySize", size, &MEMORY_MODEL_MB)
        });
        let ephemeral_storage_mb = v.given(self.ephemeral_storage, |v, storage| storage.read(v));
        if let Some(environment) = &self.environment {
            environment.check(v);
        }
        let tracing_mode = v.given(self.tracing_config, |v, tracing| tracing.read(v));
        let logging = self.logging_config.map(|logging| logging.read(v));
        let dead_letter_target = v.given(self.dead_letter_config, |v, config| config.read(v));
        let snap_start = v.given(self.snap_start, |v, snap_start| snap_start.read(v));
        self.lacking.check(v);
        Asked {
            change: SettingsChange {
                role,
                runtime: self.runtime,
                handler,
                description,
                timeout_seconds,
                memory_mb,
                environment: None,
                ephemeral_storage_mb,
                tracing_mode: tracing_mode.flatten(),
                logging: logging.unwrap_or_default(),
                dead_letter_target: dead_letter_target.flatten(),
                snap_start: snap_start.flatten(),
            },
            environment: self.environment,
            lacking: self.lacking,
        }
    }
}

impl EphemeralStorage {
    fn read(self, v: &mut Violations) -> Result<u32, Broken> {
        let member = "ephemeralStorage.size";
        let size = v.required(member, self.size)?;
        v.range(member, size, &Settings::EPHEMERAL_STORAGE_MB)
    }
}

impl TracingConfig {
    fn read(self, v: &mut Violations) -> Result<Option<TracingMode>, Broken> {
        let mode = self.mode.map(|mode| v.one_of("tracingConfig.mode", &mode));
        mode.transpose()
    }
}

impl DeadLetterConfig {
    /// The target, if the member speaks of it: an empty one is none.
    fn read(self, v: &mut Violations) -> Result<Option<Option<String>>, Broken> {
        let member = "deadLetterConfig.targetArn";
        let target = self
            .target_arn
            .map(|arn| v.matching(member, arn, &RESOURCE_ARN));
        Ok(target
            .transpose()?
            .map(|arn| Some(arn).filter(|arn| !arn.is_empty())))
    }
}

impl SnapStartMember {
    fn read(self, v: &mut Violations) -> Result<Option<SnapStart>, Broken> {
        let apply_on = self
            .apply_on
            .map(|name| v.one_of("snapStart.applyOn", &name));
        apply_on.transpose()
    }
}

impl SettingsMembers {
    /// What an answer shows of a version.
    pub(in crate::contract) fn shown(version: &Version) -> Self {
        let mut shown = Self::from(SettingsChange::from(version.settings.clone()));
        if let Some(snap_start) = &mut shown.snap_start {
            snap_start.optimization_status = match version.is_snap_started() {
                true => Some("On"),
                false => Some("Off"),
            };
        }
        shown
    }
}

impl From<SettingsChange> for SettingsMembers {
    /// The members that ask for the change.
    fn from(change: SettingsChange) -> Self {
        let SettingsChange {
            role,
            runtime,
            handler,
            description,
            timeout_seconds,
            memory_mb,
            environment,
            ephemeral_storage_mb,
            tracing_mode,
            logging,
            dead_letter_target,
            snap_start,
        } = change;
        Self {
            role,
            runtime,
            handler,
            description,
            timeout: timeout_seconds.map(Into::into),
            memory_size: memory_mb.map(Into::into),
            environment: environment.map(Into::into),
            ephemeral_storage: ephemeral_storage_mb.map(|size| EphemeralStorage {
                size: Some(size.into()),
            }),
            tracing_config: tracing_mode.map(|mode| TracingConfig {
                mode: Some(mode.name().into()),
            }),
            logging_config: LoggingMember::of(logging),
            dead_letter_config: dead_letter_target.map(|target| DeadLetterConfig {
                target_arn: Some(target.unwrap_or_default()),
            }),
            snap_start: snap_start.map(|snap_start| SnapStartMember {
                apply_on: Some(snap_start.name().into()),
                optimization_status: None,
            }),
            lacking: LackingMembers::default(),
        }
    }
}

/// The members of CreateFunction and UpdateFunctionConfiguration that ask for `change`, for clients.
pub fn settings_members(change: SettingsChange) -> impl Serialize {
    SettingsMembers::from(change)
}

impl Asked {
    /// Whether both are there that the deployment of a package needs.
    pub(in crate::contract) fn names_runtime_and_handler(&self) -> bool {
        self.change.runtime.is_some() && self.change.handler.is_some()
    }

    /// The change that is asked for.
    ///
    /// # Errors
    /// For what the service refuses beyond the model's constraints, whatever the function is like.
    pub(in crate::contract) fn change(self) -> Result<SettingsChange, WireError> {
        self.lacking.refuse()?;
        if let Some(runtime) = &self.change.runtime {
            runtime::check(runtime)?;
        }
        let memory_max = *Settings::MEMORY_MB.end();
        if self
            .change
            .memory_mb
            .is_some_and(|memory| memory > memory_max)
        {
            return Err(WireError::invalid_parameter(format!(
                "'MemorySize' value failed to satisfy constraint: Member must have value less than or \
                 equal to {memory_max}"
            )));
        }
        let environment = self.environment.map(EnvironmentMember::variables);
        Ok(SettingsChange {
            environment: environment.transpose()?,
            ..self.change
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Environment, FunctionName};

    fn asked(json: &str) -> Result<Asked, WireError> {
        let members: SettingsMembers =
            serde_json::from_str(json).expect("they are the members' JSON");
        let mut violations = Violations::default();
        let asked = members.read(&mut violations);
        violations.settled(|| Ok(asked))
    }

    #[track_caller]
    fn broken(json: &str) -> String {
        format!("{:?}", asked(json).expect_err("a constraint is broken"))
    }

    #[track_caller]
    fn change(json: &str) -> SettingsChange {
        let asked = asked(json).expect("the constraints hold");
        asked.change().expect("the service has no objection")
    }

    #[test]
    fn each_constraint_is_named_with_its_member() {
        for (json, expected) in [
            (
                r#"{"Role":"r1"}"#,
                "Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::",
            ),
            (
                r#"{"Timeout":0}"#,
                "Value '0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1",
            ),
            (
                r#"{"Timeout":901}"#,
                "Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900",
            ),
            (r#"{"MemorySize":127}"#, "greater than or equal to 128"),
            (r#"{"MemorySize":32769}"#, "less than or equal to 32768"),
            (r#"{"Handler":"a b"}"#, "at 'handler'"),
            (
                r#"{"EphemeralStorage":{"Size":511}}"#,
                "at 'ephemeralStorage.size'",
            ),
            (
                r#"{"EphemeralStorage":{}}"#,
                "Value null at 'ephemeralStorage.size'",
            ),
            (
                r#"{"TracingConfig":{"Mode":"On"}}"#,
                "enum value set: [Active, PassThrough]",
            ),
            (
                r#"{"DeadLetterConfig":{"TargetArn":"queue"}}"#,
                "at 'deadLetterConfig.targetArn'",
            ),
        ] {
            let text = broken(json);
            assert!(text.contains(expected), "{text}");
        }
        let long = "d".repeat(257);
        assert!(broken(&format!(r#"{{"Description":"{long}"}}"#)).contains("equal to 256"));
    }

    #[test]
    fn what_is_sent_for_a_change_asks_for_that_change() {
        let name = FunctionName::parse("fn").expect("a name");
        let all = SettingsChange {
            runtime: Some(Settings::COMPILED_RUNTIME.into()),
            handler: Some("h".into()),
            role: Some("arn:aws:iam::123456789012:role/r".into()),
            environment: Some(Environment([("NAME".into(), "value".into())].into())),
            dead_letter_target: Some(None),
            ..Settings::for_function(&name).into()
        };
        for sent in [all, SettingsChange::default()] {
            let members = settings_members(sent.clone());
            let json = serde_json::to_string(&members).expect("it has a JSON form");
            assert_eq!(change(&json), sent, "{json}");
        }
    }

    #[test]
    fn only_what_is_given_changes() {
        assert_eq!(change("{}"), SettingsChange::default());
        let change = change(
            r#"{"Timeout":900,"MemorySize":10240,"DeadLetterConfig":{"TargetArn":""},"Environment":{}}"#,
        );
        assert_eq!(change.timeout_seconds, Some(900));
        assert_eq!(change.memory_mb, Some(10_240));
        assert_eq!(change.dead_letter_target, Some(None));
        assert_eq!(
            change.environment,
            Some(crate::domain::Environment::default())
        );
        assert_eq!(change.role, None);
    }

    #[test]
    fn a_snapshot_is_asked_for_in_the_words_of_the_model() {
        for (apply_on, expected) in [
            ("PublishedVersions", SnapStart::PublishedVersions),
            ("None", SnapStart::None),
        ] {
            let change = change(&format!(r#"{{"SnapStart":{{"ApplyOn":"{apply_on}"}}}}"#));
            assert_eq!(change.snap_start, Some(expected));
        }
        assert_eq!(change(r#"{"SnapStart":{}}"#).snap_start, None);
        assert!(broken(r#"{"SnapStart":{"ApplyOn":"invalidOption"}}"#).contains(
            "Value 'invalidOption' at 'snapStart.applyOn' failed to satisfy constraint: Member must \
             satisfy enum value set: [PublishedVersions, None]"
        ));
    }

    #[test]
    fn the_service_refuses_more_than_its_model() {
        for (json, expected) in [
            (
                r#"{"MemorySize":10241}"#,
                "'MemorySize' value failed to satisfy constraint",
            ),
            (r#"{"Runtime":"cobol"}"#, "Value cobol at 'runtime'"),
            (
                r#"{"Layers":["l"]}"#,
                "Layers is not supported by this host",
            ),
        ] {
            let asked = asked(json).expect("the model admits it");
            let error = asked.change().expect_err("it is refused");
            let text = format!("{error:?}");
            assert!(
                text.contains("InvalidParameterValue") && text.contains(expected),
                "{text}"
            );
        }
    }
}
