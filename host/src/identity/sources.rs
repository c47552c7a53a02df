//! Where parts of a file of keys come from: other files, variables, or the text itself.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::secret::Secret;
use crate::limits::{KEYS_FILE_BYTES_MAX, KEYS_PART_BYTES_MAX};
use crate::owner_files::{self, Privacy, Stamps, folder_of, text_of};
use crate::sealing::{KEY_SECRET, MasterKey};

/// What a sealed secret begins with, before a colon.
const SEALED: &str = "enc";

/// What reads the parts, and remembers which files they were.
pub(super) struct Sources {
    folder: PathBuf,
    /// Whether it reads for the host. Others have neither its variables nor its rights.
    is_host: bool,
    /// What opens sealed secrets.
    master_key: Option<MasterKey>,
    /// The file itself, and those that it names, also where there are none: they may come.
    pub(super) files: Stamps,
}

impl Sources {
    /// Those of the file at `path`, in which secrets may be sealed under the host's master key.
    pub(super) fn of(path: &Path, master_key: Option<MasterKey>) -> Self {
        Self {
            folder: folder_of(path).to_owned(),
            is_host: true,
            master_key,
            files: Stamps::new(),
        }
    }

    /// The same, for somebody who is not the host: secrets that stand elsewhere stay there.
    pub(super) fn for_another(path: &Path) -> Self {
        Self {
            is_host: false,
            ..Self::of(path, None)
        }
    }

    fn text(
        &mut self,
        path: &Path,
        privacy: Privacy,
        bytes_max: u64,
    ) -> Result<Zeroizing<String>, String> {
        owner_files::text(&mut self.files, path, privacy, bytes_max)
    }

    /// The text of the file of keys.
    pub(super) fn keys(&mut self, path: &Path) -> Result<Zeroizing<String>, String> {
        self.text(path, Privacy::Owner, KEYS_FILE_BYTES_MAX)
    }

    /// The secret of the key with this id that a text of the file stands for.
    pub(super) fn secret(&mut self, id: &str, written: &Secret) -> Result<Secret, String> {
        let text = written.revealed();
        let Some((scheme, rest)) = text.split_once(':') else {
            return sound(written.clone());
        };
        match scheme {
            "env" | "file" | SEALED if !self.is_host => Ok(written.clone()),
            "env" => match std::env::var(rest) {
                Ok(value) => sound(Secret::new(value)),
                Err(_) => Err(format!(
                    "its secret is the variable {rest}, which is not set"
                )),
            },
            "file" => {
                let path = self.folder.join(rest);
                let text = self.text(&path, Privacy::Owner, KEYS_PART_BYTES_MAX);
                let text = text.map_err(|reason| format!("its secret cannot be read: {reason}"))?;
                sound(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
            SEALED => self.opened(id, rest),
            _ => Err(
                "its secret has a colon in it, and begins neither with 'env:' nor with 'file:' nor with 'enc:'"
                    .into(),
            ),
        }
    }

    fn opened(&self, id: &str, sealed: &str) -> Result<Secret, String> {
        let master_key = self.master_key.as_ref().ok_or(
            "its secret is sealed, and the host has no master key: start it with that under which the secret was sealed, \
             in SPARKLER_MASTER_KEY",
        )?;
        let opened = master_key.open(KEY_SECRET, id, sealed).ok_or(
            "its secret is sealed under another master key, or for a key with another id, or was altered",
        )?;
        let text = std::str::from_utf8(&opened.text);
        let text = text.map_err(|_| "its secret is no text")?;
        sound(Secret::new(text.to_owned()))
    }

    /// The text of a policy that the file names.
    pub(super) fn policy(&mut self, name: &str) -> Result<String, String> {
        let path = place_of(&self.folder, name);
        let text = self.text(&path, Privacy::Readable, KEYS_PART_BYTES_MAX)?;
        Ok(text.to_string())
    }
}

/// What is short enough to be guessed is no secret.
fn sound(secret: Secret) -> Result<Secret, String> {
    let text = secret.revealed();
    let is_long = (16..=256).contains(&text.len());
    match is_long && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(secret),
        false => Err(
            "its secret is no text of 16 to 256 visible characters: `sparkler keys new` makes one of 40".into(),
        ),
    }
}

/// The place of what is named by its file, with `file:` or without.
fn place_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(name.strip_prefix("file:").unwrap_or(name))
}

/// Whether a policy is named by its file.
pub(super) fn is_file(name: &str) -> bool {
    name.contains(['/', '.', ':'])
}

/// The folders of all that a file of keys is made of: files that others replace by renaming.
#[cfg(feature = "jail")]
pub(crate) fn needs(path: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder_of(path).to_owned()];
    let text = text_of(path, Privacy::Owner, KEYS_FILE_BYTES_MAX);
    let Ok(file) = text.and_then(|text| super::file::File::parse(&text)) else {
        // Whoever starts with it says what is wrong with it.
        return folders;
    };
    let accounts = file.account.values();
    let users = accounts.clone().flat_map(|account| account.user.values());
    let of_users = users
        .clone()
        .flat_map(|user| user.policy.iter().chain(&user.boundary));
    let of_roles = accounts
        .flat_map(|account| account.role.values())
        .flat_map(|role| {
            role.policy
                .iter()
                .chain(&role.boundary)
                .chain(&role.trust_policy)
        });
    let policies = of_roles.chain(of_users).map(String::as_str);
    let secrets = users
        .flat_map(|user| &user.key)
        .flat_map(|key| std::iter::once(&key.secret).chain(&key.session_token))
        .map(Secret::revealed)
        .filter(|text| text.starts_with("file:"));
    let places: Vec<_> = policies
        .filter(|name| is_file(name))
        .chain(secrets)
        .map(|name| folder_of(&place_of(&folders[0], name)).to_owned())
        .collect();
    folders.extend(places);
    folders
}
