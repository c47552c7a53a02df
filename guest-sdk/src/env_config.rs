//! What is fixed for a version of a function, as its environment variables say it.

use std::env;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// What is fixed for a version of a function.
///
/// Where a variable is missing, as in a unit test, the member is empty or zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The function's name: `AWS_LAMBDA_FUNCTION_NAME`.
    pub function_name: String,
    /// Memory that one invocation may use, in MB: `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`.
    pub memory: i32,
    /// The version that runs, `$LATEST` or a number: `AWS_LAMBDA_FUNCTION_VERSION`.
    pub version: String,
    /// The log's stream: `AWS_LAMBDA_LOG_STREAM_NAME`.
    pub log_stream: String,
    /// The log's group, such as `/aws/lambda/NAME`: `AWS_LAMBDA_LOG_GROUP_NAME`.
    pub log_group: String,
}

impl Config {
    /// Reads the environment variables of this process.
    pub fn from_env() -> Self {
        Self::from_variables(|name| env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name| variable(name).unwrap_or_default();
        Self {
            function_name: text("AWS_LAMBDA_FUNCTION_NAME"),
            memory: text("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
                .parse()
                .unwrap_or_default(),
            version: text("AWS_LAMBDA_FUNCTION_VERSION"),
            log_stream: text("AWS_LAMBDA_LOG_STREAM_NAME"),
            log_group: text("AWS_LAMBDA_LOG_GROUP_NAME"),
        }
    }
}

/// A shared [`Config`], through which its members are reached.
///
/// The default one reads the environment when it is first looked into, so that a handler that
/// never asks does not pay. A test makes its own: `context.env_config = config.into()`.
#[derive(Clone, Debug, Default)]
pub struct RefConfig(Option<Arc<Config>>);

impl Deref for RefConfig {
    type Target = Config;

    fn deref(&self) -> &Config {
        static OF_THE_PROCESS: OnceLock<Config> = OnceLock::new();
        match &self.0 {
            Some(config) => config,
            None => OF_THE_PROCESS.get_or_init(Config::from_env),
        }
    }
}

impl From<Config> for RefConfig {
    fn from(config: Config) -> Self {
        Self(Some(Arc::new(config)))
    }
}

impl PartialEq for RefConfig {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for RefConfig {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_of_lambda_are_read() {
        let config = Config::from_variables(|name| {
            Some(match name {
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" => "256".into(),
                other => other.to_lowercase(),
            })
        });
        let expected = Config {
            function_name: "aws_lambda_function_name".into(),
            memory: 256,
            version: "aws_lambda_function_version".into(),
            log_stream: "aws_lambda_log_stream_name".into(),
            log_group: "aws_lambda_log_group_name".into(),
        };
        assert_eq!(config, expected);
    }

    #[test]
    fn missing_variables_are_empty() {
        assert_eq!(Config::from_variables(|_| None), Config::default());
    }

    #[test]
    fn a_test_can_give_its_own() {
        let given = Config {
            function_name: "orders".into(),
            ..Config::default()
        };
        let shared = RefConfig::from(given);
        assert_eq!(shared.clone().function_name, "orders");
        assert_ne!(shared, RefConfig::default());
    }
}
