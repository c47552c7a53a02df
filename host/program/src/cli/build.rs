//! `sparkler build`: makes a component of a function in any language.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use sparkler::internals;

use super::spinner::Spinner;
use super::{CommandResult, inspect, output};
use crate::toolchain::{self, BuildError, BuildEvent, BuildOptions, BuiltGuest, GUEST_TARGET};

const EXAMPLES: &str = "\
Examples:
  sparkler build                    The function in this folder
  sparkler build functions/hello    The function in that folder
  sparkler build -p hello           A package of the Rust workspace in this folder

The language is told by what lies in the folder: Cargo.toml (Rust), package.json (JavaScript),
pyproject.toml (Python), or else C files. Rust is built in its target directory; the others in the
folder `build`, by tools that are kept in SPARKLER_TOOLS (a folder in your cache, by default).

How the memory is laid out (Rust and C), and whether a sandbox is reused, can be set: for Rust in
[package.metadata.sparkler] of Cargo.toml, else in [build] of sparkler.toml:
  stack-bytes = 131072              # 65536 by default; more for deep recursion
  initial-memory-bytes = 524288     # 131072 by default; more for what is always allocated
  reuse = 100                       # absent by default: every invocation has a fresh sandbox; else
                                    # one serves so many, and keeps its statics between them";

/// Make a component of a function in Rust, JavaScript, Python or C, and show what it needs
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Build {
    /// The folder of the function, or of a Rust workspace
    #[arg(default_value = ".")]
    directory: PathBuf,

    /// Which package of a workspace
    #[arg(short, long)]
    package: Option<String>,

    /// Keep debug information
    #[arg(long)]
    debug: bool,
}

impl Build {
    pub(super) fn run(self) -> CommandResult {
        let built = with_progress(&BuildOptions {
            directory: self.directory,
            package: self.package,
            debug: self.debug,
            colour: console::colors_enabled_stderr(),
            ..BuildOptions::default()
        })?;
        output::done(&summary(&built));
        output::data(&shown(&built.path).display().to_string());
        let inspection = internals::inspect(built.bytes.into())?;
        inspect::describe(&inspection)
            .iter()
            .for_each(|line| output::note(line));
        output::aside(&format!(
            "Deploy it: sparkler deploy {} {}",
            built.package,
            shown(&built.path).display()
        ));
        Ok(ExitCode::SUCCESS)
    }
}

fn summary(built: &BuiltGuest) -> String {
    let code = output::size(built.bytes.len() as u64);
    let memory = built.memory.map_or_else(String::new, |memory| {
        format!(
            ", {} of memory at the start, {} of it stack",
            output::size(memory.initial_bytes),
            output::size(memory.stack_bytes)
        )
    });
    format!("{} is built: {code} of code{memory}", built.package)
}

/// Builds, and shows on stderr what happens.
pub(super) fn with_progress(options: &BuildOptions) -> Result<BuiltGuest, BuildError> {
    let spinner = Spinner::start(format!("Building {}", options.directory.display()));
    toolchain::build_watched(options, &mut |event| show(&spinner, event))
}

/// Shows on stderr what happens in a build.
pub(super) fn show(spinner: &Spinner, event: BuildEvent<'_>) {
    match event {
        BuildEvent::Progress(text) => spinner.say(output::escaped(text)),
        BuildEvent::Installing(what) => spinner.pause(|| {
            output::note(&format!("Installing {what}; this is done once"));
        }),
        BuildEvent::AddingTarget => spinner.pause(|| {
            output::note(&format!(
                "Adding the Rust target {GUEST_TARGET} with rustup"
            ));
        }),
        BuildEvent::Warning(text) => spinner.pause(|| output::diagnostic(text)),
        BuildEvent::RaisingInitialMemory {
            from_bytes,
            to_bytes,
        } => spinner.pause(|| output::note(&raised(from_bytes, to_bytes))),
    }
}

fn raised(from_bytes: u64, to_bytes: u64) -> String {
    format!(
        "The stack and the data do not fit into {} of initial memory; linking with {}. Set \
         initial-memory-bytes = {to_bytes} (see `sparkler build --help`) to save this step.",
        output::size(from_bytes),
        output::size(to_bytes)
    )
}

/// A path as short as it can be from the current folder.
pub(super) fn shown(path: &Path) -> &Path {
    std::env::current_dir()
        .ok()
        .and_then(|current| path.strip_prefix(current).ok())
        .unwrap_or(path)
}
