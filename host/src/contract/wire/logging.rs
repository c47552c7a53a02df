//! `LoggingConfig`: format, levels and group of a function's log.

use serde::{Deserialize, Serialize};

use crate::contract::constraint::{Pattern, Violations};
use crate::domain::settings::{Logging, LoggingChange};

static LOG_GROUP: Pattern = Pattern::new(r"[\.\-_/#A-Za-z0-9]+");
const FORMATS: [&str; 2] = ["JSON", "Text"];
const APPLICATION_LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const SYSTEM_LEVELS: [&str; 3] = ["DEBUG", "INFO", "WARN"];

/// The member `LoggingConfig`, in requests and answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct LoggingMember {
    #[serde(skip_serializing_if = "Option::is_none")]
    log_format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_log_level: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_log_level: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_group: Option<String>,
}

impl LoggingMember {
    /// Adds what the model's constraints refuse.
    pub(in crate::contract) fn check(&self, violations: &mut Violations) {
        let enumerations: [(&str, &Option<String>, &[&str]); 3] = [
            ("loggingConfig.logFormat", &self.log_format, &FORMATS),
            (
                "loggingConfig.applicationLogLevel",
                &self.application_log_level,
                &APPLICATION_LEVELS,
            ),
            (
                "loggingConfig.systemLogLevel",
                &self.system_log_level,
                &SYSTEM_LEVELS,
            ),
        ];
        for (member, value, allowed) in enumerations {
            if let Some(value) = value {
                violations.one_of(member, value, allowed);
            }
        }
        if let Some(group) = &self.log_group {
            violations.length("loggingConfig.logGroup", group, 1, 512);
            violations.pattern("loggingConfig.logGroup", group, &LOG_GROUP);
        }
    }

    /// The change that the member asks for.
    pub(in crate::contract) fn change(self) -> LoggingChange {
        LoggingChange {
            format: self.log_format,
            application_level: self.application_log_level,
            system_level: self.system_log_level,
            group: self.log_group,
        }
    }
}

impl From<&Logging> for LoggingMember {
    fn from(logging: &Logging) -> Self {
        Self {
            log_format: Some(logging.format.clone()),
            application_log_level: logging.application_level.clone(),
            system_log_level: logging.system_level.clone(),
            log_group: Some(logging.group.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FunctionName;

    fn member(json: &str) -> LoggingMember {
        serde_json::from_str(json).expect("it is the member's JSON")
    }

    fn text_format() -> Logging {
        Logging::text(&FunctionName::parse("fn").expect("a name"))
    }

    #[track_caller]
    fn changed(change: &str, current: &Logging) -> Logging {
        let mut logging = current.clone();
        let change = member(change).change();
        change.apply(&mut logging).expect("the change is fine");
        logging
    }

    #[track_caller]
    fn shown(change: &str, current: &Logging) -> String {
        let logging = changed(change, current);
        serde_json::to_string(&LoggingMember::from(&logging)).expect("it has a JSON form")
    }

    #[test]
    fn the_json_format_has_levels_and_the_text_format_has_none() {
        assert_eq!(
            shown("{}", &text_format()),
            r#"{"LogFormat":"Text","LogGroup":"/aws/lambda/fn"}"#
        );
        assert_eq!(
            shown(
                r#"{"LogFormat":"JSON","ApplicationLogLevel":"DEBUG"}"#,
                &text_format()
            ),
            r#"{"LogFormat":"JSON","ApplicationLogLevel":"DEBUG","SystemLogLevel":"INFO","LogGroup":"/aws/lambda/fn"}"#
        );
        let json = changed(r#"{"LogFormat":"JSON","LogGroup":"mine"}"#, &text_format());
        assert_eq!(
            shown(r#"{"LogFormat":"Text"}"#, &json),
            r#"{"LogFormat":"Text","LogGroup":"mine"}"#
        );
    }

    #[test]
    fn unknown_values_are_constraint_errors() {
        let mut violations = Violations::default();
        member(r#"{"LogFormat":"XML","SystemLogLevel":"FATAL","LogGroup":"a b"}"#)
            .check(&mut violations);
        let text = format!("{:?}", violations.into_result().expect_err("all are wrong"));
        assert!(
            text.contains("3 validation errors detected: Value 'XML' at 'loggingConfig.logFormat'")
        );
    }
}
