//! `sparkler delete`: removes functions from a server.

use std::process::ExitCode;

use clap::Args;

use super::endpoint::EndpointArgs;
use super::{CommandResult, output};

const EXAMPLES: &str = "\
Examples:
  sparkler delete hello
  sparkler delete hello echo      Several; one that is missing does not keep the others";

/// Remove functions from a server, with all that belongs to them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Delete {
    /// The functions: names or ARNs
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,

    #[command(flatten)]
    endpoint: EndpointArgs,
}

impl Delete {
    pub(super) fn run(self) -> CommandResult {
        let client = self.endpoint.client()?;
        let mut code = ExitCode::SUCCESS;
        for name in &self.names {
            match client.delete(name) {
                Ok(()) => output::done(&format!("{name} is deleted")),
                Err(error) => {
                    output::error(&error.into());
                    code = ExitCode::FAILURE;
                }
            }
        }
        Ok(code)
    }
}
