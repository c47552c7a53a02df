//! The key under which a server seals what it keeps: the options for that.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use sparkler::MasterKey;
use sparkler::internals::private_text;

/// The variable that holds a master key.
const VARIABLE: &str = "SPARKLER_MASTER_KEY";
/// The variable that holds the one whose place it has taken.
const VARIABLE_BEFORE: &str = "SPARKLER_MASTER_KEY_BEFORE";

/// More than a master key has, and a line break behind it.
const FILE_BYTES_MAX: u64 = 256;

/// Options of the master key. It is never an option itself: others on the machine see those.
#[derive(Debug, Default, Args)]
pub(super) struct MasterKeyArgs {
    /// A file with the master key, under which what is kept of functions is sealed, and secrets of keys may be; in its place,
    /// the variable SPARKLER_MASTER_KEY. `sparkler keys master` makes one
    #[arg(
        long,
        value_name = "FILE",
        env = "SPARKLER_MASTER_KEY_FILE",
        help_heading = "Who may call"
    )]
    master_key_file: Option<PathBuf>,

    /// A file with the master key whose place another one takes: what was sealed under it is sealed anew. In its place, the
    /// variable SPARKLER_MASTER_KEY_BEFORE
    #[arg(
        long,
        value_name = "FILE",
        env = "SPARKLER_MASTER_KEY_BEFORE_FILE",
        help_heading = "Who may call"
    )]
    master_key_before_file: Option<PathBuf>,
}

impl MasterKeyArgs {
    /// The master key, where there is one.
    pub(super) fn key(&self) -> anyhow::Result<Option<MasterKey>> {
        let now = text(self.master_key_file.as_deref(), VARIABLE)?;
        let before = text(self.master_key_before_file.as_deref(), VARIABLE_BEFORE)?;
        let Some((place, now)) = now else {
            return match before {
                Some((place, _)) => Err(anyhow!(
                    "{place} is a master key whose place another one takes, and there is no other: give the new one with \
                     --master-key-file, or in {VARIABLE}"
                )),
                None => Ok(None),
            };
        };
        let key = MasterKey::parse(&now).with_context(|| format!("in {place}"))?;
        match before {
            Some((place, before)) => {
                let key = key.in_place_of(&before);
                Ok(Some(key.with_context(|| format!("in {place}"))?))
            }
            None => Ok(Some(key)),
        }
    }
}

/// A text, and where it is from.
type Placed = (String, zeroize::Zeroizing<String>);

fn text(file: Option<&Path>, variable: &str) -> anyhow::Result<Option<Placed>> {
    if let Some(path) = file {
        let text = private_text(path, FILE_BYTES_MAX).map_err(|reason| anyhow!(reason))?;
        return Ok(Some((path.display().to_string(), text)));
    }
    match std::env::var(variable) {
        Ok(text) => Ok(Some((variable.to_owned(), text.into()))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("in {variable}")),
    }
}
