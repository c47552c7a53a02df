//! `sparkler runtimes`: the interpreters that run sources.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use sparkler::internals::{Language, Named as _, PreparedRuntime, Runtimes};

use super::functions::Function;
use super::spinner::Spinner;
use super::{CommandResult, build, columns, output};
use crate::toolchain::{self, BuildOptions};

const EXAMPLES: &str = "\
Examples:
  sparkler runtimes                     What there is
  sparkler runtimes prepare python      Bring the interpreter of Python, once for this machine
  sparkler runtimes prepare javascript  That of JavaScript, which is built for some minutes
  sparkler runtimes remove python       Take it away again

A zip of sources, deployed with a Runtime such as python3.13 and a Handler such as app.handler,
runs on the interpreter of its language, whatever the version that it names. A server brings none
by itself while it serves: `sparkler serve --runtimes python` prepares it at its start.";

/// List, prepare and remove the interpreters that run sources
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RuntimesCommand {
    #[command(subcommand)]
    action: Option<Action>,

    #[command(flatten)]
    place: RuntimesPlace,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show which there are
    List,
    /// Bring them, where they are not there
    Prepare {
        /// Languages
        #[arg(required = true, value_parser = language)]
        languages: Vec<Language>,
    },
    /// Remove them; functions that run on one cannot be called then, once their compiled code is gone
    Remove {
        /// Languages
        #[arg(required = true, value_parser = language)]
        languages: Vec<Language>,
    },
}

/// Where interpreters are kept.
#[derive(Clone, Debug, Args)]
pub(super) struct RuntimesPlace {
    /// Where interpreters of sources are kept [default: $XDG_DATA_HOME/sparkler-runtimes or
    /// ~/.local/share/sparkler-runtimes]
    #[arg(long, value_name = "DIR", env = "SPARKLER_RUNTIMES_DIR", global = true)]
    runtimes_dir: Option<PathBuf>,
}

impl RuntimesPlace {
    /// The folder; `None` where there is no home.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        self.runtimes_dir.clone().or_else(default_folder)
    }

    /// Brings the interpreters of these languages, where they are not there. Blocks, for minutes the first time.
    pub(super) fn prepare(
        &self,
        languages: impl IntoIterator<Item = Language>,
    ) -> anyhow::Result<()> {
        let mut languages = languages.into_iter().peekable();
        if languages.peek().is_none() {
            return Ok(());
        }
        let runtimes = self.runtimes()?;
        languages.try_for_each(|language| prepare(&runtimes, language).map(drop))
    }

    fn runtimes(&self) -> anyhow::Result<Runtimes> {
        let folder = self.folder().context(
            "There is no place for interpreters: neither HOME nor XDG_DATA_HOME is set. Name one with --runtimes-dir.",
        )?;
        Ok(Runtimes::in_folder(folder))
    }
}

/// Beside the data directory, since interpreters are of no host in particular.
pub(super) fn default_folder() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let given = |name: &str| folder(name).filter(|path| path.is_absolute());
    let below_home = || Some(given("HOME")?.join(".local/share"));
    let data_home = given("XDG_DATA_HOME").or_else(below_home)?;
    Some(data_home.join("sparkler-runtimes"))
}

/// What a server prepares at its start.
#[derive(Debug, Args)]
pub(super) struct RuntimesArgs {
    /// Prepare the interpreters of these languages at the start, python or javascript, where they are not there
    #[arg(long, value_name = "LANGUAGE", value_delimiter = ',', value_parser = language)]
    pub(super) runtimes: Vec<Language>,

    #[command(flatten)]
    pub(super) place: RuntimesPlace,
}

impl RuntimesArgs {
    /// The languages whose interpreters are to be there: those that were asked for, and those of `functions`.
    pub(super) fn with(&self, functions: &[Function]) -> Vec<Language> {
        let asked = self.runtimes.iter().copied();
        let needed = functions.iter().filter_map(|it| it.code.language());
        asked.chain(needed).collect()
    }
}

impl RuntimesCommand {
    pub(super) fn run(self) -> CommandResult {
        let runtimes = self.place.runtimes()?;
        match self.action.unwrap_or(Action::List) {
            Action::List => list(&runtimes)?,
            Action::Prepare { languages } => {
                for language in languages {
                    if let Some(there) = prepare(&runtimes, language)? {
                        output::note(&format!(
                            "{} {} is there already",
                            language.title(),
                            there.version
                        ));
                    }
                }
            }
            Action::Remove { languages } => {
                for language in languages {
                    remove(&runtimes, language)?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(runtimes: &Runtimes) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for language in Language::ALL {
        rows.push(row(*language, prepared(runtimes, *language)?));
    }
    let (heading, lines) = columns::table(["LANGUAGE", "VERSION", "SIZE", "RUNS"], &rows);
    output::heading(&heading);
    lines.iter().for_each(|line| output::data(line));
    Ok(())
}

/// What is there of a language; where that cannot be read, with the place.
fn prepared(runtimes: &Runtimes, language: Language) -> anyhow::Result<Option<PreparedRuntime>> {
    let folder = runtimes.folder().unwrap_or(Path::new("")).display();
    let prepared = runtimes.prepared(language);
    prepared.with_context(|| format!("the interpreters in {folder} cannot be read"))
}

fn row(language: Language, prepared: Option<PreparedRuntime>) -> [String; 4] {
    let (version, size) = match prepared {
        Some(prepared) => (prepared.version, output::size(prepared.component_bytes)),
        None => ("not prepared".into(), "-".into()),
    };
    [
        language.name().into(),
        version,
        size,
        language.runtimes().into(),
    ]
}

/// Brings an interpreter; one that is there already stays, and is given.
fn prepare(runtimes: &Runtimes, language: Language) -> anyhow::Result<Option<PreparedRuntime>> {
    let title = language.title();
    let inputs = toolchain::interpreter_inputs(language);
    let prepared = prepared(runtimes, language)?;
    let current = prepared.filter(|prepared| prepared.built_from == inputs);
    if current.is_some() {
        return Ok(current);
    }
    let spinner = Spinner::start(format!("Preparing {title}"));
    let options = BuildOptions::default();
    let built = toolchain::build_interpreter(language, &options, &mut |event| {
        build::show(&spinner, event);
    })?;
    let prepared = runtimes.put(language, (&built.version, &inputs), &built.component)?;
    drop(spinner);
    output::done(&format!(
        "{title} {} is prepared: {}",
        prepared.version,
        output::size(prepared.component_bytes)
    ));
    Ok(None)
}

fn remove(runtimes: &Runtimes, language: Language) -> anyhow::Result<()> {
    let title = language.title();
    match runtimes.remove(language)? {
        true => output::done(&format!("{title} is removed")),
        false => output::note(&format!("{title} was not there")),
    }
    Ok(())
}

fn language(text: &str) -> Result<Language, String> {
    Language::named(text).ok_or_else(|| {
        let names = Language::names().join(", ");
        format!("there are interpreters of {names}")
    })
}
