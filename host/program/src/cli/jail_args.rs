//! Whether a server gives up what it does not need of its system.

use clap::Args;
use clap::builder::FalseyValueParser;
use sparkler::CompileIsolation;
use sparkler::internals::{Jail, Prepared};

use super::{host, output};

/// The jail.
#[derive(Debug, Args)]
pub(super) struct JailArgs {
    /// Let the server's process keep all that its user may do. Without this, it can read and change no files but
    /// those that it was told of, start nothing but its compiler, and listen nowhere else
    #[arg(long, env = NO_JAIL, value_parser = FalseyValueParser::new())]
    no_jail: bool,
}

const NO_JAIL: &str = "SPARKLER_NO_JAIL";

/// The argument of a compiler that stays outside as well.
const COMPILE_OUTSIDE: &str = "--no-jail";

impl JailArgs {
    /// Enters it, before there is a thread besides this one.
    pub(super) fn enter(&self, prepared: &Prepared) -> anyhow::Result<Option<Jail>> {
        if self.no_jail {
            return Ok(None);
        }
        let jail = prepared.enter_jail().map_err(|error| {
            anyhow::anyhow!("{error}. Start with --no-jail to serve without one.")
        })?;
        match jail.gaps() {
            Some(gaps) => output::warning(&format!("the jail is not whole: {gaps}.")),
            None => output::aside("This process keeps only what its configuration needs."),
        }
        Ok(Some(jail))
    }

    /// Where components are compiled.
    pub(super) fn compiler(&self) -> CompileIsolation {
        match self.no_jail {
            true => host::compiler(&[COMPILE_OUTSIDE]),
            false => host::compiler(&[]),
        }
    }
}
