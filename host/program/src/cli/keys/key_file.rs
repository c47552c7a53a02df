//! The file of keys, changed so that what people wrote in it stays.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use serde::Serialize;
use toml_edit::{Array, ArrayOfTables, Datetime, DocumentMut, Item, Table, value};

use super::random;

/// Keys that a user may have: one that is in use, and one that takes its place.
const KEYS_OF_USER_MAX: usize = 2;

const BEGINNING: &str = "\
# Who may call a Sparkler server that was started with --keys and this file. Only its owner may read it.
";

/// A file of keys.
pub(super) struct KeyFile {
    path: PathBuf,
    document: DocumentMut,
    is_new: bool,
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
    /// The file at `path`.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path)
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
            document,
            is_new: false,
        })
    }

    /// The same, or a new one where there is none.
    pub(super) fn open_or_new(path: &Path) -> anyhow::Result<Self> {
        match fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self {
                path: path.to_owned(),
                document: DocumentMut::new(),
                is_new: true,
            }),
            _ => Self::open(path),
        }
    }

    /// Adds a user.
    pub(super) fn add_user(
        &mut self,
        account: &str,
        name: &str,
        new: &NewUser<'_>,
    ) -> anyhow::Result<()> {
        let is_char = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
        if name.is_empty() || name.len() > 64 || !name.bytes().all(is_char) {
            bail!(
                "'{name}' is no name of a user: one has at most 64 letters, digits and any of +=,.@_-"
            );
        }
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            bail!("an account has twelve digits, such as 123456789012");
        }
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
        key.insert("secret", value(&secret));
        if let Some(expires) = expires {
            let time: Datetime = expires.parse().map_err(|_| no_time(expires))?;
            if time.date.is_none() || time.time.is_none() || time.offset.is_none() {
                return Err(no_time(expires));
            }
            key.insert("expires", value(time));
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

    /// Puts the file into its place, whole, for its owner alone.
    pub(super) fn save(&self) -> anyhow::Result<()> {
        let cannot = || format!("{} cannot be written", self.path.display());
        let folder = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        // A temporary file is its owner's alone.
        let mut file = tempfile::NamedTempFile::new_in(folder).with_context(cannot)?;
        let beginning = if self.is_new { BEGINNING } else { "" };
        let text = format!("{beginning}{}", self.document);
        file.write_all(text.as_bytes()).with_context(cannot)?;
        file.as_file().sync_all().with_context(cannot)?;
        file.persist(&self.path).with_context(cannot)?;
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

fn id_of(key: &Table) -> Option<&str> {
    key.get("id").and_then(Item::as_str)
}

fn list(texts: &[String]) -> Array {
    texts.iter().map(String::as_str).collect()
}

fn no_time(text: &str) -> anyhow::Error {
    anyhow!("'{text}' is no point in time: one looks like 2027-01-01T00:00:00Z, with its zone")
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
mod tests {
    use super::*;

    const ACCOUNT: &str = "123456789012";

    fn policies() -> Vec<String> {
        vec!["deploy".into()]
    }

    fn with_user(path: &Path) -> KeyFile {
        let mut file = KeyFile::open_or_new(path).unwrap();
        let new = NewUser {
            policies: &policies(),
            functions: &["orders-*".to_owned()],
        };
        file.add_user(ACCOUNT, "ci", &new).unwrap();
        file
    }

    #[test]
    fn a_file_is_made_changed_and_keeps_what_people_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        let mut file = with_user(&path);
        let first = file
            .add_key(ACCOUNT, "ci", Some("2027-01-01T00:00:00Z"))
            .unwrap();
        assert_eq!((first.id.len(), first.secret.len()), (20, 40));
        file.save().unwrap();
        let written = fs::read_to_string(&path).unwrap();
        fs::write(
            &path,
            written.replace("policy =", "# For the builds.\npolicy ="),
        )
        .unwrap();

        let mut file = KeyFile::open(&path).unwrap();
        let second = file.add_key(ACCOUNT, "ci", None).unwrap();
        assert!(file.add_key(ACCOUNT, "ci", None).is_err());
        file.revoke(&first.id, false).unwrap();
        file.save().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("# For the builds.") && text.contains(&second.secret),
            "{text}"
        );
        let keys = KeyFile::open(&path).unwrap().keys();
        assert_eq!(keys[0].status, "inactive");
        assert_eq!(keys[0].expires.as_deref(), Some("2027-01-01T00:00:00Z"));
        assert_eq!((&*keys[1].status, &keys[1].id), ("active", &second.id));

        let mut file = KeyFile::open(&path).unwrap();
        file.revoke(&first.id, true).unwrap();
        assert_eq!(file.keys_of(ACCOUNT, "ci"), [second.id]);
        assert!(file.revoke(&first.id, true).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_the_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        with_user(&path).save().unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        assert!(KeyFile::open(&path).is_err());
        let mut file = with_user(&path);
        let new = NewUser {
            policies: &policies(),
            functions: &[],
        };
        for (account, name) in [
            (ACCOUNT, "ci"),
            (ACCOUNT, "a b"),
            (ACCOUNT, ""),
            ("12", "x"),
        ] {
            assert!(
                file.add_user(account, name, &new).is_err(),
                "{account} {name}"
            );
        }
        assert!(file.add_key(ACCOUNT, "nobody", None).is_err());
        for time in ["tomorrow", "2027-01-01", "2027-01-01T00:00:00"] {
            assert!(file.add_key(ACCOUNT, "ci", Some(time)).is_err(), "{time}");
        }
        fs::write(&path, "[account\nsecret = \"hidden\"").unwrap();
        let text = KeyFile::open(&path).err().unwrap().to_string();
        assert!(
            text.starts_with("line 1 ") && !text.contains("hidden"),
            "{text}"
        );
    }
}
