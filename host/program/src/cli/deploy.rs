//! `sparkler deploy`: puts code on a server.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use sparkler::{FunctionName, internals};

use super::client::{Environment, Settings};
use super::deployment::{self, Step};
use super::endpoint::EndpointArgs;
use super::spinner::Spinner;
use super::{CommandResult, functions, output, project};

const EXAMPLES: &str = "\
Examples:
  sparkler deploy hello target/wasm32-wasip2/sparkler/hello.wasm
  sparkler deploy hello .            What `sparkler build` made of the function in this folder
  sparkler deploy hello hello.zip --memory 256 --timeout 10
  sparkler deploy hello hello.wasm --env GREETING=Hello --env TONE=warm

A function that exists gets the new code; of its settings only those that are given change, and
--env replaces all of its variables.";

/// Put a component or a zip on a server, and wait until it can be invoked
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Deploy {
    /// The function, new or existing
    #[arg(value_parser = project::checked_name)]
    name: FunctionName,

    /// A component, a zip that holds one, or the folder of a function that was built
    file: PathBuf,

    #[command(flatten)]
    settings: SettingsArgs,

    #[command(flatten)]
    endpoint: EndpointArgs,
}

/// Settings of a function, as flags.
#[derive(Debug, Args)]
struct SettingsArgs {
    /// Most memory of one invocation, 128 to 10240 [default: 128]
    #[arg(long, value_name = "MB", value_parser = in_range(&internals::Settings::MEMORY_MB))]
    memory: Option<u32>,

    /// Longest run of one invocation, 1 to 900 [default: 3]
    #[arg(long, value_name = "SECONDS", value_parser = in_range(&internals::Settings::TIMEOUT_SECONDS))]
    timeout: Option<u32>,

    /// A variable for the function; may be given several times
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    environment: Vec<(String, String)>,

    /// Text to show beside the function
    #[arg(long, value_name = "TEXT", value_parser = project::checked_description)]
    description: Option<String>,
}

impl Deploy {
    pub(super) fn run(self) -> CommandResult {
        let settings = self.settings.checked()?;
        let package = functions::read_package_at(&self.file)?;
        let client = self.endpoint.client()?;
        let name = self.name.as_str();
        let spinner = Spinner::start(format!("Deploying {name}"));
        let function = deployment::deploy(&client, name, &package, &settings, |step| {
            spinner.say(match step {
                Step::Creating => format!("Creating {name}"),
                Step::UpdatingCode => format!("Updating the code of {name}"),
                Step::UpdatingSettings => format!("Updating the settings of {name}"),
            });
        })?;
        drop(spinner);
        output::done(&format!(
            "{name} is deployed: {} of code, {} MB, {} s",
            output::size(function.code_size),
            function.memory_size,
            function.timeout
        ));
        output::aside(&format!("Call it: sparkler invoke {name} '{{}}'"));
        Ok(ExitCode::SUCCESS)
    }
}

impl SettingsArgs {
    /// The settings, checked here, since a server would refuse them only after it has taken the code.
    fn checked(&self) -> anyhow::Result<Settings> {
        let variables: BTreeMap<_, _> = self.environment.iter().cloned().collect();
        let variables = project::checked_environment(variables).map_err(anyhow::Error::msg)?;
        Ok(Settings {
            description: self.description.clone(),
            memory_size: self.memory,
            timeout: self.timeout,
            environment: (!self.environment.is_empty()).then_some(Environment { variables }),
        })
    }
}

fn in_range(range: &std::ops::RangeInclusive<u32>) -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(i64::from(*range.start())..=i64::from(*range.end()))
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
        let none = SettingsArgs {
            memory: None,
            timeout: None,
            environment: vec![],
            description: None,
        };
        assert!(none.checked().unwrap().is_empty());
        let some = SettingsArgs {
            environment: vec![variable("URL=http://x?a=b").unwrap()],
            ..none
        };
        let variables = some.checked().unwrap().environment.unwrap().variables;
        assert_eq!(variables["URL"], "http://x?a=b");
    }

    #[test]
    fn a_reserved_variable_is_refused_before_anything_is_sent() {
        let settings = SettingsArgs {
            memory: None,
            timeout: None,
            environment: vec![("AWS_REGION".into(), "x".into())],
            description: None,
        };
        assert!(
            settings
                .checked()
                .unwrap_err()
                .to_string()
                .contains("AWS_REGION")
        );
    }
}
