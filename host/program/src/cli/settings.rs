//! How an owner says what the settings of a function are: with keys of a project file, or with flags.
//!
//! Both become the change that everybody else knows, checked here, since a server would refuse it only after
//! it has taken the code.

pub(super) mod checks;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use sparkler::FunctionName;
use sparkler::internals::{Environment, Logging, Settings, SettingsChange};
use toml::Spanned;

use super::project::fault::{Fault, checked};
use super::project::grants::{self, Asked, FolderEntry};

/// A section `[functions.NAME]` of a project file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct FunctionTable {
    pub(super) file: Option<Spanned<PathBuf>>,
    #[serde(alias = "crate")]
    pub(super) source: Option<PathBuf>,
    description: Option<Spanned<String>>,
    memory: Option<Spanned<u32>>,
    timeout: Option<Spanned<u32>>,
    environment: Option<Spanned<BTreeMap<String, String>>>,
    handler: Option<Spanned<String>>,
    runtime: Option<Spanned<String>>,
    log_format: Option<Spanned<String>>,
    ephemeral_storage: Option<Spanned<u32>>,
    allow_http: Option<Spanned<Vec<String>>>,
    folders: Option<Spanned<BTreeMap<String, FolderEntry>>>,
    secrets: Option<Spanned<BTreeMap<String, String>>>,
}

impl FunctionTable {
    /// All settings of the function: those without a key are what AWS gives a function that says nothing.
    pub(super) fn settings(self, name: &FunctionName) -> Result<SettingsChange, Fault> {
        let defaults = Settings::for_component(name);
        let environment = read(self.environment, checks::environment)?;
        let asked = Asked {
            allow_http: self.allow_http,
            folders: self.folders,
            secrets: self.secrets,
        };
        let environment = grants::of_function(environment.unwrap_or_default(), asked)?;
        let log_format = read(self.log_format, |name| checks::named("log-format", &name))?;
        Ok(SettingsChange {
            description: read(self.description, |text| checks::description(&text))?
                .or(Some(defaults.description)),
            memory_mb: number(self.memory, &Settings::MEMORY_MB, "memory", "MB")?
                .or(Some(defaults.memory_mb)),
            timeout_seconds: number(
                self.timeout,
                &Settings::TIMEOUT_SECONDS,
                "timeout",
                "seconds",
            )?
            .or(Some(defaults.timeout_seconds)),
            environment: Some(Environment(environment)),
            handler: read(self.handler, checks::handler)?.or(defaults.handler),
            runtime: read(self.runtime, checks::runtime)?.or(defaults.runtime),
            logging: Logging::of(name, log_format.unwrap_or_default()).into(),
            ephemeral_storage_mb: number(
                self.ephemeral_storage,
                &Settings::EPHEMERAL_STORAGE_MB,
                "ephemeral-storage",
                "MB",
            )?
            .or(Some(defaults.ephemeral_storage_mb)),
            ..SettingsChange::default()
        })
    }
}

/// The value of a key, checked.
fn read<T, U>(
    value: Option<Spanned<T>>,
    check: impl FnOnce(T) -> Result<U, String>,
) -> Result<Option<U>, Fault> {
    value.map(|value| checked(value, check)).transpose()
}

/// The value of a key that is a number within bounds.
fn number(
    value: Option<Spanned<u32>>,
    range: &RangeInclusive<u32>,
    key: &str,
    unit: &str,
) -> Result<Option<u32>, Fault> {
    read(value, |value| checks::within(value, range, key, unit))
}

/// Settings of a function, as flags.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct SettingsFlags {
    /// Most memory of one invocation, 128 to 10240 [default: 128]
    #[arg(long, value_name = "MB", value_parser = in_range(&Settings::MEMORY_MB))]
    memory: Option<u32>,

    /// Longest run of one invocation, 1 to 900 [default: 3]
    #[arg(long, value_name = "SECONDS", value_parser = in_range(&Settings::TIMEOUT_SECONDS))]
    timeout: Option<u32>,

    /// A variable for the function; may be given several times
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    environment: Vec<(String, String)>,

    /// Text to show beside the function
    #[arg(long, value_name = "TEXT", value_parser = checks::description)]
    description: Option<String>,

    /// What runs sources, as Lambda calls it: python3.13, nodejs22.x
    #[arg(long, value_name = "NAME", value_parser = runtime)]
    runtime: Option<String>,

    /// Where the function is in sources, such as app.handler: what `handler` does in app.py
    #[arg(long, value_name = "MODULE.NAME", value_parser = handler)]
    handler: Option<String>,
}

impl SettingsFlags {
    /// The change that they ask for: what is not given stays, or is what AWS gives.
    pub(super) fn change(&self) -> anyhow::Result<SettingsChange> {
        let variables: BTreeMap<_, _> = self.environment.iter().cloned().collect();
        let variables = checks::environment(variables).map_err(anyhow::Error::msg)?;
        Ok(SettingsChange {
            description: self.description.clone(),
            memory_mb: self.memory,
            timeout_seconds: self.timeout,
            runtime: self.runtime.clone(),
            handler: self.handler.clone(),
            environment: (!self.environment.is_empty()).then_some(Environment(variables)),
            ..SettingsChange::default()
        })
    }
}

fn in_range(range: &RangeInclusive<u32>) -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(i64::from(*range.start())..=i64::from(*range.end()))
}

fn runtime(name: &str) -> Result<String, String> {
    checks::runtime(name.to_owned())
}

fn handler(text: &str) -> Result<String, String> {
    checks::handler(text.to_owned())
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a variable is given as NAME=VALUE".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_given_is_changed() {
        let none = SettingsFlags::default();
        assert_eq!(none.change().unwrap(), SettingsChange::default());
        let some = SettingsFlags {
            environment: vec![variable("URL=http://x?a=b").unwrap()],
            ..none
        };
        let variables = some.change().unwrap().environment.unwrap().0;
        assert_eq!(variables["URL"], "http://x?a=b");
    }

    #[test]
    fn a_reserved_variable_is_refused_before_anything_is_sent() {
        let flags = SettingsFlags {
            environment: vec![("AWS_REGION".into(), "x".into())],
            ..SettingsFlags::default()
        };
        let text = flags.change().unwrap_err().to_string();
        assert!(text.contains("AWS_REGION"), "{text}");
    }
}
