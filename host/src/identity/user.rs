//! A user of an account.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::account::Requests;
use super::bucket::Rate;
use crate::domain::AccountId;
use crate::domain::policy::{Identity, OwnPolicies};

/// Letters and digits of which AWS makes the ids of users.
const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A user of an account, and what it may do.
#[derive(Debug)]
pub(crate) struct User {
    /// Whose user it is.
    pub(crate) account: AccountId,
    /// The organization of the account.
    pub(crate) org: Option<Arc<str>>,
    /// `arn:aws:iam::ACCOUNT:user/NAME`.
    pub(crate) arn: String,
    /// What AWS would call it, such as `AIDAEXAMPLEEXAMPLE12`: the same for the same user.
    pub(crate) id: String,
    /// Who asks, for policies.
    pub(crate) identity: Identity,
    /// What it may do.
    pub(crate) own: OwnPolicies,
    /// How many requests each of its keys may send.
    pub(super) rate: Option<Rate>,
    /// What all keys of the account send.
    pub(super) requests: Arc<Requests>,
}

/// The ARN of a user.
pub(super) fn arn_of(account: &AccountId, name: &str) -> String {
    format!("arn:aws:iam::{account}:user/{name}")
}

/// The id that stands for an ARN.
pub(super) fn id_of(arn: &str) -> String {
    let hash = Sha256::digest(arn);
    let letters = hash.iter().take(17);
    let letters = letters.map(|byte| char::from(LETTERS[usize::from(byte & 31)]));
    "AIDA".chars().chain(letters).collect()
}
