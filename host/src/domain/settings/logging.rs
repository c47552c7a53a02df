//! The log of a function: its format, its levels and where it goes.

use serde::{Deserialize, Serialize};

use crate::domain::{FunctionName, Refusal};

/// Format, levels and group of a function's log, as the API's `LoggingConfig` has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logging {
    /// `Text` or `JSON`.
    pub format: String,
    /// Only with `JSON`.
    pub application_level: Option<String>,
    /// Only with `JSON`.
    pub system_level: Option<String>,
    /// Such as `/aws/lambda/NAME`.
    pub group: String,
}

impl Logging {
    /// The default: plain text, into the function's own group.
    pub fn text(name: &FunctionName) -> Self {
        Self {
            format: "Text".into(),
            application_level: None,
            system_level: None,
            group: format!("/aws/lambda/{name}"),
        }
    }
}

/// A change of the logging: what is `None` stays, but for the levels, which only `JSON` has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggingChange {
    /// See [`Logging::format`].
    pub format: Option<String>,
    /// See [`Logging::application_level`].
    pub application_level: Option<String>,
    /// See [`Logging::system_level`].
    pub system_level: Option<String>,
    /// See [`Logging::group`].
    pub group: Option<String>,
}

impl LoggingChange {
    /// Carries the change out. With `JSON`, levels that were never given become `INFO`.
    ///
    /// # Errors
    /// For levels together with the text format, given or kept.
    pub fn apply(self, logging: &mut Logging) -> Result<(), Refusal> {
        if self == Self::default() {
            return Ok(());
        }
        if let Some(format) = self.format {
            logging.format = format;
        }
        if let Some(group) = self.group {
            logging.group = group;
        }
        let has_levels = logging.format == "JSON";
        let gives_levels = self.application_level.is_some() || self.system_level.is_some();
        if gives_levels && !has_levels {
            return Err(Refusal::InvalidParameter(
                "LogLevel is not supported when LogFormat is set to \"Text\". Remove LogLevel from \
                 your request or change the LogFormat to \"JSON\" and try again."
                    .into(),
            ));
        }
        let level = |given: Option<String>, current: Option<String>| {
            let level = given.or(current).unwrap_or_else(|| "INFO".into());
            has_levels.then_some(level)
        };
        logging.application_level = level(self.application_level, logging.application_level.take());
        logging.system_level = level(self.system_level, logging.system_level.take());
        Ok(())
    }
}

impl From<Logging> for LoggingChange {
    /// The change to this logging; levels that it leaves open stay.
    fn from(logging: Logging) -> Self {
        Self {
            format: Some(logging.format),
            application_level: logging.application_level,
            system_level: logging.system_level,
            group: Some(logging.group),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Settings;
    use crate::domain::settings::SettingsChange;

    #[test]
    fn two_changes_of_the_logging_do_not_undo_each_other() {
        let name = FunctionName::parse("fn").expect("a name");
        let mut settings = Settings::for_function(&name);
        let format = LoggingChange {
            format: Some("JSON".into()),
            system_level: Some("WARN".into()),
            ..LoggingChange::default()
        };
        let group = LoggingChange {
            group: Some("mine".into()),
            ..LoggingChange::default()
        };
        for logging in [format, group] {
            let change = SettingsChange {
                logging,
                ..SettingsChange::default()
            };
            change.apply(&mut settings).expect("they go together");
        }
        let expected = Logging {
            format: "JSON".into(),
            application_level: Some("INFO".into()),
            system_level: Some("WARN".into()),
            group: "mine".into(),
        };
        assert_eq!(settings.logging, expected);
    }

    #[test]
    fn levels_need_the_json_format_that_is_given_or_kept() {
        let name = FunctionName::parse("fn").expect("a name");
        let level = LoggingChange {
            system_level: Some("WARN".into()),
            ..LoggingChange::default()
        };
        let mut logging = Logging::text(&name);
        let refused = level.clone().apply(&mut logging);
        let text = refused
            .expect_err("there are no levels in text")
            .to_string();
        assert!(text.starts_with("LogLevel is not supported when LogFormat is set to \"Text\"."));
        logging.format = "JSON".into();
        assert_eq!(level.apply(&mut logging), Ok(()));
        assert_eq!(logging.system_level.as_deref(), Some("WARN"));
    }
}
