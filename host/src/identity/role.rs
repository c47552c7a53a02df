//! A role of an account: what those may do who assume it, and who they are.

use std::sync::Arc;

use serde_json::json;

use super::account::Requests;
use super::bucket::Rate;
use super::file::{RoleEntry, moment};
use super::key::Usage;
use super::policies::{self, PolicyNames, Presets};
use super::sources::{Sources, is_file};
use super::user::{id_of, is_name};
use crate::domain::AccountId;
use crate::domain::policy::{Document, OwnPolicies};
use crate::limits::{SESSION_SECONDS, SESSION_SECONDS_RANGE};

/// A role of an account.
pub(crate) struct Role {
    pub(super) account: AccountId,
    /// The organization of the account.
    pub(super) org: Option<Arc<str>>,
    pub(super) name: String,
    /// What AWS would call it, such as `AROAEXAMPLEEXAMPLE12`: another one where the role was made anew.
    pub(super) id: String,
    /// What its sessions may do.
    pub(super) own: OwnPolicies,
    /// Who may assume it.
    pub(crate) trust: Document,
    /// How long a session may last.
    pub(crate) session_seconds_max: u32,
    /// How many requests its sessions may send together: whoever may begin one may begin many.
    pub(super) rate: Option<Rate>,
    /// What outlives a change of the file.
    pub(super) usage: Arc<Usage>,
    /// What all keys of the account send.
    pub(super) requests: Arc<Requests>,
}

/// Whose a role is.
#[derive(Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) account: &'a AccountId,
    pub(super) org: Option<&'a Arc<str>>,
    pub(super) requests: &'a Arc<Requests>,
}

/// The ARN of a role.
pub(super) fn arn_of(account: &AccountId, name: &str) -> String {
    format!("arn:aws:iam::{account}:role/{name}")
}

/// The role that an entry of the file is. What is known of its sessions is taken over from `before`.
///
/// # Errors
/// With what is wrong with it.
pub(super) fn read(
    owner: Owner<'_>,
    (name, entry): (&str, &RoleEntry),
    presets: Presets,
    sources: &mut Sources,
    before: Option<&Role>,
) -> Result<Role, String> {
    if !is_name(name) {
        return Err(
            "this is no name of a role: one has at most 64 letters, digits and any of +=,.@_-"
                .into(),
        );
    }
    let names = PolicyNames {
        policy: &entry.policy,
        functions: entry.functions.as_deref(),
        boundary: entry.boundary.as_deref(),
    };
    Ok(Role {
        account: owner.account.clone(),
        org: owner.org.cloned(),
        name: name.into(),
        id: id(&arn_of(owner.account, name), entry)?,
        own: policies::own(owner.account, names, presets, sources)?,
        trust: trust(entry, sources)?,
        session_seconds_max: seconds_max(entry)?,
        rate: entry.rate.map(Rate::of).transpose()?,
        usage: before
            .map(|role| Arc::clone(&role.usage))
            .unwrap_or_default(),
        requests: Arc::clone(owner.requests),
    })
}

/// The id of the role with this ARN, and with this beginning.
fn id(arn: &str, entry: &RoleEntry) -> Result<String, String> {
    let Some(created) = &entry.created else {
        return Ok(id_of("AROA", arn));
    };
    moment("created", created)?;
    Ok(id_of("AROA", &format!("{arn} {created}")))
}

fn seconds_max(entry: &RoleEntry) -> Result<u32, String> {
    let seconds = entry.max_session_seconds.unwrap_or(SESSION_SECONDS);
    let (least, most) = SESSION_SECONDS_RANGE.into_inner();
    match (least..=most).contains(&seconds) {
        true => Ok(seconds),
        false => Err(format!(
            "'max_session_seconds' is {seconds}: it is from {least} to {most}"
        )),
    }
}

/// Who may assume the role.
fn trust(entry: &RoleEntry, sources: &mut Sources) -> Result<Document, String> {
    let named = match (&entry.trust[..], &entry.trust_policy) {
        ([], None) => {
            return Err(
                "nobody may assume it: name them, as in trust = [\"arn:aws:iam::123456789012:user/ci\"], or a file, as \
                 in trust_policy = \"file:trust.json\""
                    .into(),
            );
        }
        ([], Some(name)) if is_file(name) => {
            let policy = Document::trust(&sources.policy(name)?);
            return policy.map_err(|error| format!("{name} is no policy of a role: {error}"));
        }
        ([], Some(name)) => {
            return Err(format!(
                "'trust_policy' is '{name}', which names no file: write one such as file:trust.json"
            ));
        }
        (_, Some(_)) => {
            return Err(
                "it has both 'trust' and 'trust_policy': write all that is to be said into the file of the second"
                    .into(),
            );
        }
        (named, None) => named,
    };
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": named},
            "Action": "sts:AssumeRole",
        },
    });
    let policy = Document::trust(&policy.to_string());
    policy.map_err(|error| format!("its 'trust' cannot be taken: {error}"))
}
