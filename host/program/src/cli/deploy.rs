//! `sparkler deploy`: puts code on a server.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use sparkler::FunctionName;

use super::deployment::{self, Step};
use super::endpoint::EndpointArgs;
use super::functions::CodeSource;
use super::runtimes::RuntimesPlace;
use super::settings::{SettingsFlags, checks};
use super::spinner::Spinner;
use super::{CommandResult, output};

const EXAMPLES: &str = "\
Examples:
  sparkler deploy hello target/wasm32-wasip2/sparkler/hello.wasm
  sparkler deploy hello .            What `sparkler build` made of the function in this folder
  sparkler deploy hello hello.zip --memory 256 --timeout 10
  sparkler deploy hello hello.wasm --env GREETING=Hello --env TONE=warm
  sparkler deploy orders . --runtime python3.13 --handler app.handler
                                     The sources in this folder, with what they import, as they are

A function that exists gets the new code; of its settings only those that are given change, and
--env replaces all of its variables.";

/// Put a component or a zip on a server, and wait until it can be invoked
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Deploy {
    /// The function, new or existing
    #[arg(value_parser = checks::name)]
    name: FunctionName,

    /// A component, a zip that holds one, or the folder of a function that was built; with --runtime and --handler a
    /// zip or a folder of sources
    file: PathBuf,

    #[command(flatten)]
    settings: SettingsFlags,

    #[command(flatten)]
    runtimes: RuntimesPlace,

    #[command(flatten)]
    endpoint: EndpointArgs,
}

impl Deploy {
    pub(super) fn run(self) -> CommandResult {
        let settings = self.settings.change()?;
        let code = CodeSource::at(&self.file, Some(&settings));
        let package = code.read_package()?;
        let client = self.endpoint.client()?;
        if client.is_of_this_machine() {
            self.runtimes.prepare(code.language())?;
        }
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
