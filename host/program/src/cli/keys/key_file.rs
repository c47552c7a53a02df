//! The file of keys, changed so that what people wrote in it stays.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use serde::Serialize;
use sparkler::MasterKey;
use sparkler::internals::check_keys;
use sparkler::internals::limits::KEYS_OF_USER_MAX;
use toml_edit::{Array, ArrayOfTables, Datetime, DocumentMut, Item, Table, value};

use super::random;

const BEGINNING: &str = "\
# Who may call a Sparkler server that was started with --keys and this file. Only its owner may read it.
";

/// A file of keys.
pub(super) struct KeyFile {
    /// As it was named: what it names is looked for beside that.
    path: PathBuf,
    /// Behind all links.
    place: PathBuf,
    document: DocumentMut,
    /// What a new one has before all else.
    beginning: &'static str,
    /// Held by whoever changes the file, until that is done: the lock of its folder, beside which no other file is left.
    _lock: Option<File>,
}

/// What a user may do.
pub(super) struct NewUser<'a> {
    pub(super) policies: &'a [String],
    pub(super) functions: &'a [String],
}

/// A key that was just made.
pub(super) struct NewKey {
    pub(super) id: String,
    pub(super) secret: String,
}

/// A key, as it is shown.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct ShownKey {
    pub(super) id: String,
    pub(super) account: String,
    pub(super) user: String,
    pub(super) status: String,
    pub(super) expires: Option<String>,
}

impl KeyFile {
    /// The file at `path`, to be shown.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        Self::read(path, place_of(path)?, None)
    }

    /// The same, to be changed by nobody else meanwhile.
    pub(super) fn change(path: &Path) -> anyhow::Result<Self> {
        let place = place_of(path)?;
        let lock = lock(&place)?;
        Self::read(path, place, Some(lock))
    }

    fn read(path: &Path, place: PathBuf, lock: Option<File>) -> anyhow::Result<Self> {
        let text = fs::read_to_string(&place)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        // The message of the parser shows lines, and in these may stand secrets.
        let document = text.parse().map_err(|error: toml_edit::TomlError| {
            let line = error.span().map_or(1, |span| {
                1 + text
                    .get(..span.start)
                    .unwrap_or_default()
                    .matches('\n')
                    .count()
            });
            anyhow!("line {line} of {} is no TOML", path.display())
        })?;
        Ok(Self {
            path: path.to_owned(),
            place,
            document,
            beginning: "",
            _lock: lock,
        })
    }

    /// The same, or a new one where there is none.
    pub(super) fn change_or_new(path: &Path) -> anyhow::Result<Self> {
        let lock = lock(path)?;
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self {
                path: path.to_owned(),
                place: path.to_owned(),
                document: DocumentMut::new(),
                beginning: BEGINNING,
                _lock: Some(lock),
            }),
            _ => {
                drop(lock);
                Self::change(path)
            }
        }
    }

    /// Adds a user.
    pub(super) fn add_user(
        &mut self,
        account: &str,
        name: &str,
        new: &NewUser<'_>,
    ) -> anyhow::Result<()> {
        if self.user(account, name).is_some() {
            bail!(
                "there is a user {name} in the account {account} already. A second key for it is made with `sparkler \
                 keys rotate`; what it may do is changed in {}.",
                self.path.display()
            );
        }
        let users = at(self.document.as_table_mut(), &["account", account, "user"])?;
        let mut user = Table::new();
        user.insert("policy", value(list(new.policies)));
        if !new.functions.is_empty() {
            user.insert("functions", value(list(new.functions)));
        }
        users.insert(name, Item::Table(user));
        Ok(())
    }

    /// Adds a key to a user.
    pub(super) fn add_key(
        &mut self,
        account: &str,
        name: &str,
        expires: Option<&str>,
        master: Option<&MasterKey>,
    ) -> anyhow::Result<NewKey> {
        let path = self.path.display().to_string();
        let user = self.user_mut(account, name).ok_or_else(|| {
            anyhow!("there is no user {name} in the account {account} of {path}. `sparkler keys new` makes one.")
        })?;
        let keys = user
            .entry("key")
            .or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        let keys = keys
            .as_array_of_tables_mut()
            .ok_or_else(|| anyhow!("the keys of {name} are not written as [[account.….key]]"))?;
        if keys.len() >= KEYS_OF_USER_MAX {
            bail!(
                "{name} has {} keys already. Revoke one that is used no more: sparkler keys revoke --delete ID",
                keys.len()
            );
        }
        let (id, secret) = (random::id()?, random::secret()?);
        let mut key = Table::new();
        key.insert("id", value(&id));
        let kept = master.map(|master| master.sealed_secret(&id, &secret));
        key.insert("secret", value(kept.as_deref().unwrap_or(&secret)));
        if let Some(expires) = expires {
            let time: Result<Datetime, _> = expires.parse();
            let time = time.map_err(|_| {
                anyhow!("'{expires}' is no point in time: one looks like 2027-01-01T00:00:00Z, with its zone")
            });
            key.insert("expires", value(time?));
        }
        keys.push(key);
        Ok(NewKey { id, secret })
    }

    /// Makes a key good no more.
    pub(super) fn revoke(&mut self, id: &str, deletes: bool) -> anyhow::Result<()> {
        let path = self.path.display().to_string();
        let found = self.keys().into_iter().find(|key| key.id == id);
        let found = found.ok_or_else(|| anyhow!("there is no key {id} in {path}"))?;
        let user = self.user_mut(&found.account, &found.user);
        let keys = user.and_then(|user| user.get_mut("key")?.as_array_of_tables_mut());
        let keys = keys.ok_or_else(|| anyhow!("there is no key {id} in {path}"))?;
        if deletes {
            keys.retain(|key| id_of(key) != Some(id));
        } else {
            for key in keys.iter_mut().filter(|key| id_of(key) == Some(id)) {
                key.insert("status", value("inactive"));
            }
        }
        Ok(())
    }

    /// All keys, without their secrets.
    pub(super) fn keys(&self) -> Vec<ShownKey> {
        let mut all = Vec::new();
        let accounts = self.document.get("account").and_then(Item::as_table);
        for (account, entry) in accounts.into_iter().flat_map(Table::iter) {
            let users = entry.get("user").and_then(Item::as_table);
            for (user, entry) in users.into_iter().flat_map(Table::iter) {
                let keys = entry.get("key").and_then(Item::as_array_of_tables);
                for key in keys.into_iter().flat_map(ArrayOfTables::iter) {
                    let text = |name| key.get(name).and_then(Item::as_str);
                    let expires = key.get("expires").and_then(Item::as_datetime);
                    all.push(ShownKey {
                        id: text("id").unwrap_or_default().into(),
                        account: account.into(),
                        user: user.into(),
                        status: text("status").unwrap_or("active").into(),
                        expires: expires.map(ToString::to_string),
                    });
                }
            }
        }
        all
    }

    /// The ids of a user's keys.
    pub(super) fn keys_of(&self, account: &str, name: &str) -> Vec<String> {
        let of_user = |key: &ShownKey| key.account == account && key.user == name;
        self.keys()
            .into_iter()
            .filter(of_user)
            .map(|key| key.id)
            .collect()
    }

    /// Puts the file into its place, whole, for its owner alone, where a server takes what it says.
    pub(super) fn save(self) -> anyhow::Result<()> {
        let shown = self.path.display();
        let cannot = || format!("{shown} cannot be written");
        let text = format!("{}{}", self.beginning, self.document);
        check_keys(&self.path, &text).map_err(|reason| {
            anyhow!("{shown} stays as it is, since no server would take it: {reason}")
        })?;
        let folder = folder_of(&self.place);
        // A temporary file is its owner's alone.
        let mut file = tempfile::NamedTempFile::new_in(folder).with_context(cannot)?;
        keep_owner(&self.place, file.as_file()).with_context(|| {
            format!("{shown} belongs to another user, as whom this has to be run, or as root")
        })?;
        file.write_all(text.as_bytes()).with_context(cannot)?;
        file.as_file().sync_all().with_context(cannot)?;
        file.persist(&self.place).with_context(cannot)?;
        let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
        synced.with_context(cannot)
    }

    fn user(&self, account: &str, name: &str) -> Option<&Item> {
        self.document
            .get("account")?
            .get(account)?
            .get("user")?
            .get(name)
    }

    fn user_mut(&mut self, account: &str, name: &str) -> Option<&mut Table> {
        let account = self.document.get_mut("account")?.get_mut(account)?;
        account.get_mut("user")?.get_mut(name)?.as_table_mut()
    }
}

/// Where the file is that others may have links to.
fn place_of(path: &Path) -> anyhow::Result<PathBuf> {
    fs::canonicalize(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn id_of(key: &Table) -> Option<&str> {
    key.get("id").and_then(Item::as_str)
}

fn list(texts: &[String]) -> Array {
    texts.iter().map(String::as_str).collect()
}

fn folder_of(path: &Path) -> &Path {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Waits until nobody else changes what lies beside `path`.
fn lock(path: &Path) -> anyhow::Result<File> {
    let folder = folder_of(path);
    let cannot = || format!("the folder {} cannot be locked", folder.display());
    let file = File::open(folder).with_context(cannot)?;
    file.lock().with_context(cannot)?;
    Ok(file)
}

/// Gives a new file to whom the one at `path` belongs, if there is one: its reader stays its reader.
#[cfg(unix)]
fn keep_owner(path: &Path, new: &File) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    match fs::metadata(path) {
        Ok(before) => fchown(new, Some(before.uid()), Some(before.gid())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &File) -> std::io::Result<()> {
    Ok(())
}

/// The table below these names, made where it is missing.
fn at<'a>(mut table: &'a mut Table, names: &[&str]) -> anyhow::Result<&'a mut Table> {
    for name in names {
        let mut below = Table::new();
        below.set_implicit(true);
        let entry = table.entry(name).or_insert(Item::Table(below));
        table = entry.as_table_mut().ok_or_else(|| {
            anyhow!("'{name}' is not written as a table, such as [account.123456789012.user.ci]")
        })?;
    }
    Ok(table)
}

#[cfg(test)]
mod tests;
