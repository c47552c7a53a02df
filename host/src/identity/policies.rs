//! What a user may do, from the names of its policies.

use std::sync::Arc;

use super::sources::{Sources, is_file};
use crate::domain::AccountId;
use crate::domain::policy::{Document, OwnPolicies, PolicyError};

/// The policies that are known by a name. The second argument are ARNs that one is narrowed to, where that can be.
pub(crate) type Presets = fn(&str, Option<&[String]>) -> Option<Result<Arc<Document>, PolicyError>>;

/// The policies of a user or a role, by their names.
#[derive(Clone, Copy)]
pub(super) struct PolicyNames<'a> {
    pub(super) policy: &'a [String],
    /// The functions on which presets are good.
    pub(super) functions: Option<&'a [String]>,
    pub(super) boundary: Option<&'a str>,
}

/// The policies with these names.
///
/// # Errors
/// Where one of them is neither known nor a file, and where a file is no policy.
pub(super) fn own(
    account: &AccountId,
    names: PolicyNames<'_>,
    presets: Presets,
    sources: &mut Sources,
) -> Result<OwnPolicies, String> {
    let functions = names
        .functions
        .map(|names| patterns(account, names))
        .transpose()?;
    let mut read = |name: &str| -> Result<Arc<Document>, String> {
        if is_file(name) {
            let document = Document::identity(&sources.policy(name)?);
            return document
                .map(Arc::new)
                .map_err(|error| format!("{name} is no policy: {error}"));
        }
        let found = presets(name, functions.as_deref());
        let found = found.ok_or_else(|| {
            format!(
                "'{name}' is no policy that this host knows: name one of admin, deploy, invoke, read, permissions, assume \
                 and operator, or a file, such as policy.json"
            )
        })?;
        found.map_err(|error| format!("'{name}' cannot be narrowed to its functions: {error}"))
    };
    let boundary = names.boundary.map(&mut read).transpose();
    Ok(OwnPolicies {
        boundary: boundary.map_err(|reason| format!("its boundary: {reason}"))?,
        identity: names
            .policy
            .iter()
            .map(|name| read(name))
            .collect::<Result<_, _>>()?,
        session: Vec::new(),
    })
}

/// The ARNs of functions whose names fit, of their versions and aliases, and of their logs.
fn patterns(account: &AccountId, names: &[String]) -> Result<Vec<String>, String> {
    if names.is_empty() {
        return Err(
            "its list 'functions' is empty: leave it out for all functions, or 'policy' for none"
                .into(),
        );
    }
    let mut patterns = Vec::new();
    for name in names {
        let is_char = |byte: u8| byte.is_ascii_alphanumeric() || b"-_*?".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_char) {
            return Err(format!(
                "'{name}' names no functions: write their name, or its beginning with an asterisk, such as orders-*"
            ));
        }
        for suffix in ["", ":*"] {
            patterns.push(format!(
                "arn:aws:lambda:*:{account}:function:{name}{suffix}"
            ));
        }
        let group = format!("arn:aws:logs:*:{account}:log-group:/aws/lambda/{name}");
        patterns.extend([group.clone(), group + ":*"]);
    }
    Ok(patterns)
}
