//! The settings of a function as CreateFunction and UpdateFunctionConfiguration take them.

use std::ops::RangeInclusive;

use serde::Deserialize;

use super::environment::EnvironmentMember;
use super::lacking::LackingMembers;
use super::logging::LoggingMember;
use super::runtime;
use crate::contract::constraint::{Pattern, Violations};
use crate::contract::error::WireError;
use crate::domain::Settings;
use crate::domain::settings::{SettingsChange, SnapStart};

static ROLE: Pattern =
    Pattern::new(r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+");
static HANDLER: Pattern = Pattern::new(r"[^\s]+");
static RESOURCE_ARN: Pattern = Pattern::new(r"(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()");

/// The most that the model admits; the service's own bound is lower.
const MEMORY_MODEL_MB_MAX: u32 = 32_768;

/// The members that both operations have.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct SettingsMembers {
    pub(in crate::contract) role: Option<String>,
    pub(in crate::contract) runtime: Option<String>,
    pub(in crate::contract) handler: Option<String>,
    description: Option<String>,
    timeout: Option<i64>,
    memory_size: Option<i64>,
    environment: Option<EnvironmentMember>,
    ephemeral_storage: Option<EphemeralStorage>,
    tracing_config: Option<TracingConfig>,
    logging_config: Option<LoggingMember>,
    dead_letter_config: Option<DeadLetterConfig>,
    snap_start: Option<SnapStartMember>,
    #[serde(flatten)]
    lacking: LackingMembers,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct EphemeralStorage {
    size: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TracingConfig {
    mode: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct DeadLetterConfig {
    target_arn: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct SnapStartMember {
    apply_on: Option<String>,
}

impl SnapStartMember {
    const ASKED: [SnapStart; 2] = [SnapStart::PublishedVersions, SnapStart::None];

    fn check(&self, violations: &mut Violations) {
        if let Some(apply_on) = &self.apply_on {
            let allowed = Self::ASKED.map(SnapStart::name);
            violations.one_of("snapStart.applyOn", apply_on, &allowed);
        }
    }

    fn asked(self) -> Option<SnapStart> {
        let apply_on = self.apply_on?;
        Self::ASKED
            .into_iter()
            .find(|asked| asked.name() == apply_on)
    }
}

impl SettingsMembers {
    /// Adds what the model's constraints refuse.
    pub(in crate::contract) fn check(&self, violations: &mut Violations) {
        if let Some(role) = &self.role {
            violations.pattern("role", role, &ROLE);
        }
        if let Some(handler) = &self.handler {
            violations.length("handler", handler, 0, 128);
            violations.pattern("handler", handler, &HANDLER);
        }
        if let Some(description) = &self.description {
            violations.length("description", description, 0, 256);
        }
        self.check_numbers(violations);
        if let Some(environment) = &self.environment {
            environment.check(violations);
        }
        if let Some(mode) = self
            .tracing_config
            .as_ref()
            .and_then(|tracing| tracing.mode.as_ref())
        {
            violations.one_of("tracingConfig.mode", mode, &["Active", "PassThrough"]);
        }
        if let Some(logging) = &self.logging_config {
            logging.check(violations);
        }
        if let Some(target) = self
            .dead_letter_config
            .as_ref()
            .and_then(|dead| dead.target_arn.as_ref())
        {
            violations.pattern("deadLetterConfig.targetArn", target, &RESOURCE_ARN);
        }
        if let Some(snap_start) = &self.snap_start {
            snap_start.check(violations);
        }
        self.lacking.check(violations);
    }

    fn check_numbers(&self, violations: &mut Violations) {
        if let Some(timeout) = self.timeout {
            let (least, most) = bounds(&Settings::TIMEOUT_SECONDS);
            violations.range("timeout", timeout, least, most);
        }
        if let Some(memory) = self.memory_size {
            let (least, _) = bounds(&Settings::MEMORY_MB);
            violations.range("memorySize", memory, least, MEMORY_MODEL_MB_MAX.into());
        }
        if let Some(storage) = &self.ephemeral_storage {
            let (least, most) = bounds(&Settings::EPHEMERAL_STORAGE_MB);
            violations.required("ephemeralStorage.size", storage.size.as_ref());
            if let Some(size) = storage.size {
                violations.range("ephemeralStorage.size", size, least, most);
            }
        }
    }

    /// The change that the members ask for. The constraints hold.
    ///
    /// # Errors
    /// For what the service refuses beyond the model's constraints, whatever the function is like.
    pub(in crate::contract) fn change(self) -> Result<SettingsChange, WireError> {
        self.lacking.refuse()?;
        if let Some(runtime) = &self.runtime {
            runtime::check(runtime)?;
        }
        let (_, memory_max) = bounds(&Settings::MEMORY_MB);
        if self.memory_size.is_some_and(|memory| memory > memory_max) {
            return Err(WireError::invalid_parameter(format!(
                "'MemorySize' value failed to satisfy constraint: Member must have value less than or \
                 equal to {memory_max}"
            )));
        }
        let environment = self
            .environment
            .map(EnvironmentMember::variables)
            .transpose()?;
        let logging = self.logging_config.map(LoggingMember::change);
        Ok(SettingsChange {
            role: self.role,
            runtime: self.runtime,
            handler: self.handler,
            description: self.description,
            timeout_seconds: self.timeout.map(whole),
            memory_mb: self.memory_size.map(whole),
            environment,
            ephemeral_storage_mb: self
                .ephemeral_storage
                .and_then(|storage| storage.size)
                .map(whole),
            tracing_mode: self.tracing_config.and_then(|tracing| tracing.mode),
            logging: logging.unwrap_or_default(),
            snap_start: self.snap_start.and_then(SnapStartMember::asked),
            dead_letter_target: self
                .dead_letter_config
                .and_then(|dead| dead.target_arn)
                .map(|target| Some(target).filter(|target| !target.is_empty())),
        })
    }
}

fn bounds(range: &RangeInclusive<u32>) -> (i64, i64) {
    ((*range.start()).into(), (*range.end()).into())
}

/// A number whose range was checked.
fn whole(number: i64) -> u32 {
    u32::try_from(number).expect("the range of the member lies within that of the type")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(json: &str) -> SettingsMembers {
        serde_json::from_str(json).expect("they are the members' JSON")
    }

    #[track_caller]
    fn broken(json: &str) -> String {
        let mut violations = Violations::default();
        members(json).check(&mut violations);
        format!(
            "{:?}",
            violations
                .into_result()
                .expect_err("a constraint is broken")
        )
    }

    #[track_caller]
    fn change(json: &str) -> SettingsChange {
        let members = members(json);
        let mut violations = Violations::default();
        members.check(&mut violations);
        violations.into_result().expect("the constraints hold");
        members.change().expect("the service has no objection")
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
            let error = members(json).change().expect_err("it is refused");
            let text = format!("{error:?}");
            assert!(
                text.contains("InvalidParameterValue") && text.contains(expected),
                "{text}"
            );
        }
    }
}
