//! The command line: one file for each command, over the parts they share.
//!
//! Data goes to stdout, everything said about it to stderr. A command ends with 0, or with 1 when it
//! failed; what clap refuses ends with 2.

mod audit;
mod auth_args;
mod build;
mod client;
mod columns;
#[cfg(feature = "compiler")]
mod compile;
#[cfg(feature = "compiler")]
mod compile_worker;
mod completions;
mod delete;
mod demo;
mod deploy;
mod deployment;
mod dev;
mod endpoint;
mod event_args;
mod events;
mod freed_memory;
mod functions;
mod grant_args;
mod grants;
mod host;
mod input;
mod inspect;
mod invoke;
mod jail_args;
mod keys;
mod learned_http;
mod list;
mod listen;
mod log_tail;
mod logging;
mod logs;
mod master_key_args;
mod new;
mod output;
mod paths;
mod policy;
mod project;
mod reach_args;
mod runtimes;
mod serve;
mod settings;
mod signals;
mod sizes;
mod spinner;
mod tls_args;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

#[cfg(not(feature = "compiler"))]
const EXAMPLES: &str = "\
This program was built without the compiler: it runs what `sparkler compile` makes elsewhere.
  sparkler serve --trust-artifacts hello.cwasm
  sparkler invoke hello '{\"name\":\"World\"}'";

#[cfg(feature = "compiler")]
const EXAMPLES: &str = "\
First steps:
  sparkler demo                              See it work: build, deploy, invoke, in one go
  sparkler new hello && cd hello             Start a function of your own
  sparkler dev                               Serve it, and build it again at each change
  sparkler invoke hello '{\"name\":\"World\"}'   Call it, from another terminal

Any client of AWS Lambda works too:
  export AWS_ENDPOINT_URL_LAMBDA=http://127.0.0.1:9001
  aws lambda list-functions";

/// A fresh WebAssembly sandbox for each function call, behind AWS Lambda's HTTP contract.
#[derive(Debug, Parser)]
#[command(name = "sparkler", version, after_help = EXAMPLES, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg_attr(not(feature = "compiler"), command(hide = true))]
    Demo(demo::Demo),
    New(new::New),
    Build(build::Build),
    #[cfg_attr(not(feature = "compiler"), command(hide = true))]
    Dev(dev::Dev),
    Serve(Box<serve::Serve>),
    Deploy(deploy::Deploy),
    Invoke(invoke::Invoke),
    List(list::List),
    Logs(logs::Logs),
    Delete(delete::Delete),
    Events(events::Events),
    Audit(audit::Audit),
    Keys(keys::Keys),
    Policy(policy::Policy),
    Inspect(inspect::Inspect),
    #[cfg(feature = "compiler")]
    Compile(compile::Compile),
    Runtimes(runtimes::RuntimesCommand),
    Completions(completions::Completions),
    #[cfg(feature = "compiler")]
    /// Reads wasm from stdin and writes its artifact to stdout; the host starts this by itself.
    #[command(hide = true)]
    CompileWorker(compile_worker::CompileWorker),
}

/// Whether a command that ran to its end did what was wanted; an error says why it could not run.
type CommandResult = anyhow::Result<ExitCode>;

/// Runs the program with the arguments of its process.
pub fn main() -> ExitCode {
    run(Cli::parse().command).unwrap_or_else(|error| {
        output::error(&error);
        ExitCode::FAILURE
    })
}

fn run(command: Command) -> CommandResult {
    match command {
        Command::Demo(command) => command.run(),
        Command::New(command) => command.run(),
        Command::Build(command) => command.run(),
        Command::Dev(command) => command.run(),
        Command::Serve(command) => command.run(),
        Command::Deploy(command) => command.run(),
        Command::Invoke(command) => command.run(),
        Command::List(command) => command.run(),
        Command::Logs(command) => command.run(),
        Command::Delete(command) => command.run(),
        Command::Events(command) => command.run(),
        Command::Audit(command) => command.run(),
        Command::Keys(command) => command.run(),
        Command::Policy(command) => command.run(),
        Command::Inspect(command) => command.run(),
        #[cfg(feature = "compiler")]
        Command::Compile(command) => command.run(),
        Command::Runtimes(command) => command.run(),
        Command::Completions(command) => command.run(Cli::command()),
        #[cfg(feature = "compiler")]
        Command::CompileWorker(command) => Ok(command.run()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(arguments: &[&str]) -> String {
        let arguments = ["sparkler"].iter().chain(arguments);
        Cli::try_parse_from(arguments).unwrap_err().to_string()
    }

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_visible_command_teaches_with_an_example() {
        for command in Cli::command()
            .get_subcommands()
            .filter(|c| !c.is_hide_set())
        {
            let name = command.get_name();
            assert!(command.get_about().is_some(), "{name} has no description");
            let examples = command.get_after_help().unwrap_or_default().to_string();
            assert!(
                examples.contains(&format!("sparkler {name}")),
                "{name} has no example"
            );
        }
    }

    #[test]
    fn nothing_that_is_said_below_the_options_is_too_wide() {
        const COLUMNS: usize = 100;
        for command in Cli::command().get_subcommands() {
            let said = command.get_after_help().unwrap_or_default().to_string();
            let wide = said.lines().find(|line| line.chars().count() > COLUMNS);
            assert_eq!(wide, None, "{}", command.get_name());
        }
    }

    #[test]
    fn options_that_exclude_each_other_are_refused() {
        let text = refusal(&["serve", "--ephemeral", "--data-dir", "/tmp/x"]);
        assert!(text.contains("cannot be used with"), "{text}");
    }

    #[test]
    fn settings_out_of_range_are_refused_with_the_range() {
        let text = refusal(&["deploy", "f", "f.wasm", "--memory", "64"]);
        assert!(text.contains("128..=10240"), "{text}");
        let text = refusal(&["deploy", "f", "f.wasm", "--timeout", "901"]);
        assert!(text.contains("1..=900"), "{text}");
        let long = "x".repeat(257);
        let text = refusal(&["deploy", "f", "f.wasm", "--description", &long]);
        assert!(text.contains("at most 256"), "{text}");
        let text = refusal(&["deploy", "a.b", "f.wasm"]);
        assert!(text.contains("1 to 64 letters"), "{text}");
    }

    #[test]
    fn an_environment_variable_needs_its_value() {
        let text = refusal(&["deploy", "f", "f.wasm", "--env", "NAME"]);
        assert!(text.contains("NAME=VALUE"), "{text}");
    }

    #[test]
    fn a_mistyped_command_is_answered_with_the_right_one() {
        let text = refusal(&["invok"]);
        assert!(text.contains("invoke"), "{text}");
    }
}
