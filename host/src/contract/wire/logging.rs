//! `LoggingConfig`: format, levels and group of a function's log.

use serde::{Deserialize, Serialize};

use crate::contract::constraint::{Pattern, Violations};
use crate::domain::Named as _;
use crate::domain::settings::LoggingChange;

static LOG_GROUP: Pattern = Pattern::new(r"[\.\-_/#A-Za-z0-9]+");

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
    /// The change that the member asks for, as far as the model's constraints admit it.
    pub(in crate::contract) fn read(self, v: &mut Violations) -> LoggingChange {
        LoggingChange {
            format: v.given(self.log_format, |v, name| {
                v.one_of("loggingConfig.logFormat", &name)
            }),
            application_level: v.given(self.application_log_level, |v, name| {
                v.one_of("loggingConfig.applicationLogLevel", &name)
            }),
            system_level: v.given(self.system_log_level, |v, name| {
                v.one_of("loggingConfig.systemLogLevel", &name)
            }),
            group: v.given(self.log_group, |v, group| {
                v.text_matching("loggingConfig.logGroup", group, 1..=512, &LOG_GROUP)
            }),
        }
    }
}

impl LoggingMember {
    /// The member that asks for a change, if there is any.
    pub(in crate::contract) fn of(change: LoggingChange) -> Option<Self> {
        let LoggingChange {
            format,
            application_level,
            system_level,
            group,
        } = change;
        let member = Self {
            log_format: format.map(|format| format.name().into()),
            application_log_level: application_level.map(|level| level.name().into()),
            system_log_level: system_level.map(|level| level.name().into()),
            log_group: group,
        };
        Some(member).filter(|member| *member != Self::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FunctionName;
    use crate::domain::settings::{LogFormat, Logging};

    fn member(json: &str) -> LoggingMember {
        serde_json::from_str(json).expect("it is the member's JSON")
    }

    fn text_format() -> Logging {
        Logging::of(&FunctionName::parse("fn").expect("a name"), LogFormat::Text)
    }

    #[track_caller]
    fn changed(change: &str, current: &Logging) -> Logging {
        let mut logging = current.clone();
        let mut violations = Violations::default();
        let change = member(change).read(&mut violations);
        assert_eq!(violations.into_result(), Ok(()));
        change.apply(&mut logging).expect("the change is fine");
        logging
    }

    #[track_caller]
    fn shown(change: &str, current: &Logging) -> String {
        let logging = changed(change, current);
        serde_json::to_string(&LoggingMember::of(logging.into())).expect("it has a JSON form")
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
        let change = member(r#"{"LogFormat":"XML","SystemLogLevel":"FATAL","LogGroup":"a b"}"#)
            .read(&mut violations);
        assert_eq!(change, LoggingChange::default());
        let text = format!("{:?}", violations.into_result().expect_err("all are wrong"));
        assert!(
            text.contains("3 validation errors detected: Value 'XML' at 'loggingConfig.logFormat'")
        );
    }
}
