//! `sparkler keys`: who may call a server, in its file of keys.

mod key_file;
mod random;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use sparkler::{Account, MasterKey};

use super::master_key_args::MasterKeyArgs;
use super::{CommandResult, output};
use key_file::{KeyFile, NewUser};

const EXAMPLES: &str = "\
Examples:
  sparkler keys new --keys keys.toml --user ci --policy deploy
  sparkler keys new --keys keys.toml --user shop --policy invoke --functions 'orders-*'
  sparkler keys list --keys keys.toml
  sparkler keys rotate --keys keys.toml --user ci      A second key; the first stays good
  sparkler keys revoke --keys keys.toml SPKL…          That key is good no more
  (umask 077; sparkler keys master > master.key)       Then --master-key-file master.key

A server that was started with --keys sees each change within a second. The secret of a key is
printed once. What a user may do is said by names (admin, deploy, invoke, read, permissions,
assume, operator) and by files with policies as AWS has them, such as policy.json beside the file.";

/// Make, show and revoke the keys of a server's callers
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Keys {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    New(New),
    List(List),
    Rotate(Rotate),
    Revoke(Revoke),
    /// Make a master key, under which a server seals what it keeps, and `new` and `rotate` seal secrets
    Master,
}

/// Which file.
#[derive(Debug, Args)]
struct Place {
    /// The file of keys
    #[arg(long = "keys", value_name = "FILE", env = "SPARKLER_KEYS")]
    path: PathBuf,
}

/// Which user.
#[derive(Debug, Args)]
struct Whose {
    /// The name of the user
    #[arg(long = "user", value_name = "NAME")]
    name: String,

    /// Its account, twelve digits
    #[arg(long, env = "SPARKLER_ACCOUNT_ID", default_value_t = Account::default().id)]
    account: String,
}

/// Make a user with a key, and the file where there is none
#[derive(Debug, Args)]
struct New {
    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    whose: Whose,

    /// What the user may do: a name, or a file with a policy
    #[arg(long = "policy", value_name = "POLICY", required = true)]
    policies: Vec<String>,

    /// Only with functions of these names, such as orders-*
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    functions: Vec<String>,

    #[command(flatten)]
    master: MasterKeyArgs,

    /// Until when the key is good, such as 2027-01-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
}

/// Show which keys there are, without their secrets
#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    place: Place,

    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

/// Make a second key for a user, to be used in the place of its first
#[derive(Debug, Args)]
struct Rotate {
    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    master: MasterKeyArgs,

    #[command(flatten)]
    whose: Whose,
}

/// Make a key good no more
#[derive(Debug, Args)]
struct Revoke {
    #[command(flatten)]
    place: Place,

    /// The id of the key
    id: String,

    /// Take it out of the file as well
    #[arg(long)]
    delete: bool,
}

impl Keys {
    pub(super) fn run(self) -> CommandResult {
        match self.action {
            Action::New(new) => new.run(),
            Action::List(list) => list.run(),
            Action::Rotate(rotate) => rotate.run(),
            Action::Revoke(revoke) => revoke.run(),
            Action::Master => {
                output::data(&MasterKey::made());
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

impl New {
    fn run(self) -> CommandResult {
        let mut file = KeyFile::change_or_new(&self.place.path)?;
        let Whose { name, account } = &self.whose;
        let new = NewUser {
            policies: &self.policies,
            functions: &self.functions,
        };
        file.add_user(account, name, &new)?;
        let master = self.master.key()?;
        let key = file.add_key(account, name, self.expires.as_deref(), master.as_ref())?;
        file.save()?;
        print(&key);
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    fn run(self) -> CommandResult {
        let keys = KeyFile::open(&self.place.path)?.keys();
        if self.json {
            output::json(&keys)?;
            return Ok(ExitCode::SUCCESS);
        }
        for key in &keys {
            let until = key.expires.as_ref();
            let until = until
                .map(|time| format!(" until {time}"))
                .unwrap_or_default();
            output::data(&format!(
                "{}  {}  {} ({}){until}",
                key.id, key.status, key.user, key.account
            ));
        }
        if keys.is_empty() {
            output::note(
                "There are no keys. Make one: sparkler keys new --user NAME --policy deploy",
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Rotate {
    fn run(self) -> CommandResult {
        let mut file = KeyFile::change(&self.place.path)?;
        let Whose { name, account } = &self.whose;
        let before = file.keys_of(account, name);
        let master = self.master.key()?;
        let key = file.add_key(account, name, None, master.as_ref())?;
        file.save()?;
        print(&key);
        for id in before {
            output::note(&format!(
                "{id} is good until it is revoked: sparkler keys revoke --delete {id}"
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Revoke {
    fn run(self) -> CommandResult {
        let mut file = KeyFile::change(&self.place.path)?;
        file.revoke(&self.id, self.delete)?;
        file.save()?;
        output::done(&format!("{} is good no more", self.id));
        Ok(ExitCode::SUCCESS)
    }
}

/// The only time that the secret is shown.
fn print(key: &key_file::NewKey) {
    output::data(&format!("AWS_ACCESS_KEY_ID={}", key.id));
    output::data(&format!("AWS_SECRET_ACCESS_KEY={}", key.secret));
}
