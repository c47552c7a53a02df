//! A user of an account.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::account::Requests;
use super::bucket::Rate;
use crate::domain::AccountId;
use crate::domain::policy::{Identity, OwnPolicies};

/// Letters and digits of which AWS makes the ids of users.
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A user of an account, or a session of one of its roles, and what it may do.
#[derive(Debug)]
pub(crate) struct User {
    /// Whose user it is.
    pub(crate) account: AccountId,
    /// The organization of the account.
    pub(crate) org: Option<Arc<str>>,
    /// `arn:aws:iam::ACCOUNT:user/NAME`, or `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub(crate) arn: String,
    /// What AWS would call it, such as `AIDAEXAMPLEEXAMPLE12`: the same for the same user. That of a session is its
    /// role's, a colon and its name.
    pub(crate) id: String,
    /// Who asks, for policies.
    pub(crate) identity: Identity,
    /// What it may do.
    pub(crate) own: OwnPolicies,
    /// How many requests each of its keys may send; those of sessions, all sessions of their role together.
    pub(super) rate: Option<Rate>,
    /// What all keys of the account send.
    pub(super) requests: Arc<Requests>,
}

/// The ARN of a user.
pub(super) fn arn_of(account: &AccountId, name: &str) -> String {
    format!("arn:aws:iam::{account}:user/{name}")
}

/// The id that stands for a text, such as an ARN, of the kind that begins so.
pub(super) fn id_of(kind: &str, text: &str) -> String {
    let hash = Sha256::digest(text);
    spelled(kind, &hash[..17])
}

/// An id of the kind that begins so, with a letter for each byte.
pub(super) fn spelled(kind: &str, bytes: &[u8]) -> String {
    let letters = bytes.iter();
    let letters = letters.map(|byte| char::from(LETTERS[usize::from(byte & 31)]));
    kind.chars().chain(letters).collect()
}

/// Whether AWS takes this as the name of a user or a role.
pub(super) fn is_name(name: &str) -> bool {
    let is_char = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(is_char)
}
