//! The log of a function: its format, its levels and where it goes.

use serde::{Deserialize, Serialize};

use crate::domain::named::named;
use crate::domain::{FunctionName, Refusal};

named! {
    /// How a log looks.
    #[derive(Default)]
    pub enum LogFormat {
        /// The platform's lines are records, and levels say what is kept.
        Json = "JSON",
        /// The platform's lines are text.
        #[default]
        Text = "Text",
    }
}

named! {
    /// How much a line of a function matters, in rising order.
    #[derive(Default, PartialOrd, Ord)]
    pub enum LogLevel {
        /// Every step.
        Trace = "TRACE",
        /// What helps to find faults.
        Debug = "DEBUG",
        /// What happens.
        #[default]
        Info = "INFO",
        /// What may go wrong.
        Warn = "WARN",
        /// What went wrong.
        Error = "ERROR",
        /// What ends the function.
        Fatal = "FATAL",
    }
}

named! {
    /// How much a line of the platform has to matter; [`LogLevel`] without its ends.
    #[derive(Default)]
    pub enum SystemLogLevel {
        /// All of them.
        Debug = "DEBUG",
        /// Beginnings and ends.
        #[default]
        Info = "INFO",
        /// Failures.
        Warn = "WARN",
    }
}

impl From<SystemLogLevel> for LogLevel {
    fn from(level: SystemLogLevel) -> Self {
        match level {
            SystemLogLevel::Debug => Self::Debug,
            SystemLogLevel::Info => Self::Info,
            SystemLogLevel::Warn => Self::Warn,
        }
    }
}

/// Format, levels and group of a function's log, as the API's `LoggingConfig` has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logging {
    /// How it looks.
    pub format: LogFormat,
    /// Which lines of the function are kept; only with `JSON`.
    pub application_level: Option<LogLevel>,
    /// Which lines of the platform are kept; only with `JSON`.
    pub system_level: Option<SystemLogLevel>,
    /// Such as `/aws/lambda/NAME`.
    pub group: String,
}

impl Logging {
    /// The logging of a function whose owner says no more than how it looks: into the function's own group.
    pub fn of(name: &FunctionName, format: LogFormat) -> Self {
        let has_levels = format == LogFormat::Json;
        Self {
            format,
            application_level: has_levels.then(LogLevel::default),
            system_level: has_levels.then(SystemLogLevel::default),
            group: format!("/aws/lambda/{name}"),
        }
    }
}

/// A change of the logging: what is `None` stays, but for the levels, which only `JSON` has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggingChange {
    /// See [`Logging::format`].
    pub format: Option<LogFormat>,
    /// See [`Logging::application_level`].
    pub application_level: Option<LogLevel>,
    /// See [`Logging::system_level`].
    pub system_level: Option<SystemLogLevel>,
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
        let has_levels = logging.format == LogFormat::Json;
        let gives_levels = self.application_level.is_some() || self.system_level.is_some();
        if gives_levels && !has_levels {
            return Err(Refusal::InvalidParameter(
                "LogLevel is not supported when LogFormat is set to \"Text\". Remove LogLevel from \
                 your request or change the LogFormat to \"JSON\" and try again."
                    .into(),
            ));
        }
        fn level<L: Default>(given: Option<L>, current: Option<L>) -> L {
            given.or(current).unwrap_or_default()
        }
        let application = level(self.application_level, logging.application_level);
        let system = level(self.system_level, logging.system_level);
        logging.application_level = has_levels.then_some(application);
        logging.system_level = has_levels.then_some(system);
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
            format: Some(LogFormat::Json),
            system_level: Some(SystemLogLevel::Warn),
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
            format: LogFormat::Json,
            application_level: Some(LogLevel::Info),
            system_level: Some(SystemLogLevel::Warn),
            group: "mine".into(),
        };
        assert_eq!(settings.logging, expected);
    }

    #[test]
    fn levels_need_the_json_format_that_is_given_or_kept() {
        let name = FunctionName::parse("fn").expect("a name");
        let level = LoggingChange {
            system_level: Some(SystemLogLevel::Warn),
            ..LoggingChange::default()
        };
        let mut logging = Logging::of(&name, LogFormat::Text);
        let refused = level.clone().apply(&mut logging);
        let text = refused
            .expect_err("there are no levels in text")
            .to_string();
        assert!(text.starts_with("LogLevel is not supported when LogFormat is set to \"Text\"."));
        logging.format = LogFormat::Json;
        assert_eq!(level.apply(&mut logging), Ok(()));
        assert_eq!(logging.system_level, Some(SystemLogLevel::Warn));
    }
}
