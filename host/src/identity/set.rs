//! All keys of a file, checked.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::account::{Requests, Stated, StatedQuotas};
use super::bucket::Rate;
use super::file::{AccountEntry, File, KeyEntry, QuotaEntry, Status, UserEntry, moment};
use super::key::Key;
use super::policies::{self, PolicyNames, Presets};
use super::role::{self, Role};
use super::sessions::Sessions;
use super::sources::Sources;
use super::user::{User, arn_of, id_of, is_name};
use crate::domain::arn::is_account;
use crate::domain::policy::Identity;
use crate::domain::{AccountId, Lock};
use crate::limits::{ACCOUNTS_MAX, KEYS_MAX, KEYS_OF_USER_MAX, ROLES_MAX};
use crate::owner_files::{Stamps, are_outdated};
use crate::sealing::MasterKey;

/// Why a file of keys is not taken. The text holds no secret.
#[derive(Debug, thiserror::Error)]
#[error("the keys of {path} are not taken: {reason}")]
pub(crate) struct KeysError {
    path: String,
    reason: String,
    /// The files that were tried.
    pub(super) files: Stamps,
}

/// All keys of a file, by their ids.
#[derive(Default)]
pub(super) struct KeySet {
    pub(super) keys: HashMap<String, Arc<Key>>,
    /// All accounts that it names.
    pub(super) accounts: BTreeMap<AccountId, Stated>,
    /// By their ARNs.
    pub(super) roles: HashMap<String, Arc<Role>>,
    /// Those that are good by these roles.
    pub(super) sessions: Sessions,
    /// The files that it was made of; or those of a later one that could not be made, which is tried again when one of
    /// these changes.
    pub(super) files: Stamps,
}

impl KeySet {
    /// Reads the file at `path`. What is known of how keys are used is taken over from `before`.
    pub(super) fn read(
        path: &Path,
        presets: Presets,
        master_key: Option<MasterKey>,
        before: &Self,
    ) -> Result<Self, KeysError> {
        let mut reading = Reading {
            sources: Sources::of(path, master_key),
            presets,
            before,
            set: Self::default(),
        };
        let read = reading.file(path);
        let Reading { sources, set, .. } = reading;
        let files = sources.files;
        match read {
            Ok(()) => Ok(Self { files, ..set }),
            Err(reason) => Err(KeysError {
                path: path.display().to_string(),
                reason,
                files,
            }),
        }
    }

    /// The same keys, until one of these files changes.
    pub(super) fn until_changed(&self, files: Stamps) -> Self {
        Self {
            keys: self.keys.clone(),
            accounts: self.accounts.clone(),
            roles: self.roles.clone(),
            sessions: Sessions::default(),
            files,
        }
    }

    /// What each account may have.
    pub(super) fn quotas(&self) -> BTreeMap<AccountId, StatedQuotas> {
        let accounts = self.accounts.iter();
        accounts
            .map(|(id, stated)| (id.clone(), stated.quotas))
            .collect()
    }

    /// Whether any of its files is another one by now.
    pub(super) fn is_outdated(&self) -> bool {
        are_outdated(&self.files)
    }
}

/// Whether a host would take this text as the file of keys at `path`. What it alone can know is left to it: secrets
/// that stand in variables and files.
///
/// # Errors
/// With the reason. It holds no secret.
pub(crate) fn check(path: &Path, text: &str, presets: Presets) -> Result<(), String> {
    let mut reading = Reading {
        sources: Sources::for_another(path),
        presets,
        before: &KeySet::default(),
        set: KeySet::default(),
    };
    reading.text(text)
}

struct Reading<'a> {
    sources: Sources,
    presets: Presets,
    before: &'a KeySet,
    /// What has been read of it.
    set: KeySet,
}

impl Reading<'_> {
    fn file(&mut self, path: &Path) -> Result<(), String> {
        let text = self.sources.keys(path)?;
        self.text(&text)
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        for (id, account) in &File::parse(text)?.account {
            if !is_account(id) {
                return Err(format!(
                    "'{id}' is no account: one has twelve digits, such as [account.123456789012]"
                ));
            }
            let id = AccountId::from(id.as_str());
            let stated = self.stated(&id, account.quota.unwrap_or_default());
            let stated = stated.map_err(|reason| format!("the account {id}: {reason}"))?;
            self.account(&id, account, &stated)?;
            self.set.accounts.insert(id, stated);
        }
        match self.set.accounts.len() > ACCOUNTS_MAX {
            true => Err(format!("there are more than {ACCOUNTS_MAX} accounts")),
            false => Ok(()),
        }
    }

    fn stated(&self, id: &AccountId, quota: QuotaEntry) -> Result<Stated, String> {
        let rate = quota.requests.map(Rate::of).transpose();
        let rate = rate.map_err(|reason| format!("in its quota, {reason}"))?;
        let before = self.before.accounts.get(id);
        let before = before.map(|known| &*known.requests);
        Ok(Stated {
            quotas: StatedQuotas {
                functions: quota.functions,
                code_bytes: quota.code_bytes,
                concurrency: quota.concurrency,
                events: quota.events,
            },
            requests: Arc::new(Requests::at(rate, before)),
        })
    }

    fn account(
        &mut self,
        id: &AccountId,
        account: &AccountEntry,
        stated: &Stated,
    ) -> Result<(), String> {
        let org: Option<Arc<str>> = account.org.as_deref().map(Arc::from);
        for (name, user) in &account.user {
            let arn = arn_of(id, name);
            let added = self.user((id, stated), org.clone(), (name.as_str(), &arn), user);
            added.map_err(|reason| format!("{arn}: {reason}"))?;
        }
        for (name, entry) in &account.role {
            let arn = role::arn_of(id, name);
            let owner = role::Owner {
                account: id,
                org: org.as_ref(),
                requests: &stated.requests,
            };
            let before = self.before.roles.get(&arn).map(|role| &**role);
            let read = role::read(
                owner,
                (name, entry),
                self.presets,
                &mut self.sources,
                before,
            );
            let role = read.map_err(|reason| format!("{arn}: {reason}"))?;
            self.set.roles.insert(arn, Arc::new(role));
        }
        match self.set.roles.len() > ROLES_MAX {
            true => Err(format!("there are more than {ROLES_MAX} roles")),
            false => Ok(()),
        }
    }

    fn user(
        &mut self,
        (account, stated): (&AccountId, &Stated),
        org: Option<Arc<str>>,
        (name, arn): (&str, &str),
        entry: &UserEntry,
    ) -> Result<(), String> {
        let identity = Identity::aws(arn).filter(|_| is_name(name)).ok_or(
            "this is no name of a user: one has at most 64 letters, digits and any of +=,.@_-",
        )?;
        let names = PolicyNames {
            policy: &entry.policy,
            functions: entry.functions.as_deref(),
            boundary: entry.boundary.as_deref(),
        };
        let user = Arc::new(User {
            account: account.clone(),
            org,
            arn: arn.into(),
            id: id_of("AIDA", arn),
            identity,
            own: policies::own(account, names, self.presets, &mut self.sources)?,
            rate: entry.rate.map(Rate::of).transpose()?,
            requests: Arc::clone(&stated.requests),
        });
        if entry.key.len() > KEYS_OF_USER_MAX {
            return Err(format!(
                "it has {} keys, and may have {KEYS_OF_USER_MAX}: one in use, and one to take its place",
                entry.key.len()
            ));
        }
        // By their places: whoever has mixed the two up has written a secret where its id belongs.
        for (place, key) in entry.key.iter().enumerate() {
            let added = self.key(&user, key);
            added.map_err(|reason| format!("its key {}: {reason}", place + 1))?;
        }
        Ok(())
    }

    fn key(&mut self, user: &Arc<User>, entry: &KeyEntry) -> Result<(), String> {
        check_id(&entry.id)?;
        let secret = self.sources.secret(&entry.id, &entry.secret)?;
        let token = entry.session_token.as_ref();
        let token = token
            .map(|token| self.sources.secret(&entry.id, token))
            .transpose();
        let token = token.map_err(|reason| format!("its session_token: {reason}"))?;
        let expires = entry.expires.as_ref();
        let expires = expires
            .map(|written| moment("expires", written))
            .transpose()?;
        let before = self.before.keys.get(&entry.id);
        let key = Key {
            id: entry.id.clone(),
            secret,
            token,
            expires,
            begun: None,
            is_active: entry.status == Status::Active,
            user: Arc::clone(user),
            derived: Lock::default(),
            usage: before.map(|key| Arc::clone(&key.usage)).unwrap_or_default(),
        };
        if self
            .set
            .keys
            .insert(entry.id.clone(), Arc::new(key))
            .is_some()
        {
            return Err("another key has this id, too".into());
        }
        match self.set.keys.len() > KEYS_MAX {
            true => Err(format!("there are more than {KEYS_MAX} keys")),
            false => Ok(()),
        }
    }
}

fn check_id(id: &str) -> Result<(), String> {
    let is_char = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    match (16..=128).contains(&id.len()) && id.bytes().all(is_char) {
        true => Ok(()),
        false => Err("an id has 16 to 128 letters, digits and underscores".into()),
    }
}
