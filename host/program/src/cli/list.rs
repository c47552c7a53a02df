//! `sparkler list`: what a server has.

use std::process::ExitCode;

use clap::Args;

use super::client::FunctionConfiguration;
use super::endpoint::EndpointArgs;
use super::{CommandResult, columns, output};

const EXAMPLES: &str = "\
Examples:
  sparkler list
  sparkler list --json | jq -r '.[].FunctionName'";

/// Show the functions of a server
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct List {
    /// Print all that the server says about them as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    endpoint: EndpointArgs,
}

impl List {
    pub(super) fn run(self) -> CommandResult {
        let functions = self.endpoint.client()?.functions()?;
        if self.json {
            output::json(&functions)?;
        } else if functions.is_empty() {
            output::note("There are no functions. Deploy one: sparkler deploy NAME FILE");
        } else {
            let (heading, lines) = table(&functions);
            output::heading(&heading);
            lines.iter().for_each(|line| output::data(line));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The names of the columns, and a line for each function.
fn table(functions: &[FunctionConfiguration]) -> (String, Vec<String>) {
    let rows: Vec<_> = functions.iter().map(row).collect();
    columns::table(["NAME", "MEMORY", "TIMEOUT", "CODE", "MODIFIED"], &rows)
}

fn row(function: &FunctionConfiguration) -> [String; 5] {
    [
        function.function_name.clone(),
        format!("{} MB", function.memory_size),
        format!("{} s", function.timeout),
        output::size(function.code_size),
        function.last_modified.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let functions: Vec<FunctionConfiguration> = serde_json::from_value(serde_json::json!([
            {"FunctionName": "a", "MemorySize": 128, "Timeout": 3, "CodeSize": 2048,
             "LastModified": "2026-01-01T00:00:00.000+0000"},
            {"FunctionName": "a-longer-name", "MemorySize": 10240, "Timeout": 900, "CodeSize": 1},
        ]))
        .unwrap();
        let (heading, lines) = table(&functions);
        let column = |line: &str, text: &str| line.find(text).unwrap();
        assert_eq!(column(&lines[0], "128 MB"), column(&lines[1], "10240 MB"));
        assert_eq!(column(&lines[0], "2 KiB"), column(&lines[1], "1 byte"));
        assert_eq!(column(&heading, "MEMORY"), column(&lines[0], "128 MB"));
        assert!(lines[0].ends_with("+0000"));
    }
}
