//! Whom a statement of a resource policy is about.

use serde_json::{Map, Value};

use super::error::{Place, PolicyError};
use super::identity::{Identity, Kind};
use crate::domain::arn::is_account;

/// Whom a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Principal {
    /// Everybody, known or not.
    Everybody,
    /// An identity; that of an account's root stands for all of the account that its own policies allow it.
    Aws(Identity),
    /// A service, such as `s3.amazonaws.com`.
    Service(String),
}

/// How a principal names an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// Not at all.
    None,
    /// By its account, whose own policies are left to decide.
    Account,
    /// Together with others: as everybody, or by its role.
    Shared,
    /// By its own ARN.
    Own,
}

impl Principal {
    /// The principal that AddPermission calls `text`: an account, an ARN, a service or `*`.
    pub(super) fn named(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everybody);
        }
        Self::aws(text).or_else(|| is_service(text).then(|| Self::Service(text.into())))
    }

    fn aws(text: &str) -> Option<Self> {
        let of_account = is_account(text).then(|| format!("arn:aws:iam::{text}:root"));
        let arn = of_account.as_deref().unwrap_or(text);
        Identity::aws(arn).map(Self::Aws)
    }

    /// What AddPermission calls it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Everybody => "*".into(),
            Self::Service(name) => name.clone(),
            Self::Aws(identity) => match (identity.kind, identity.account()) {
                (Kind::Root, Some(account)) => account.into(),
                _ => identity.arn().into(),
            },
        }
    }

    /// How it names `identity`.
    pub(super) fn reach(&self, identity: &Identity) -> Reach {
        match self {
            Self::Everybody => Reach::Shared,
            Self::Service(name) => {
                let is_it =
                    identity.kind == Kind::Service && identity.arn().eq_ignore_ascii_case(name);
                if is_it { Reach::Own } else { Reach::None }
            }
            Self::Aws(named) if named.account() != identity.account() => Reach::None,
            Self::Aws(named) if named.arn() == identity.arn() => Reach::Own,
            Self::Aws(named) => match (named.kind, identity.kind) {
                (Kind::Root, _) => Reach::Account,
                (Kind::Role, Kind::Session) if named.name() == identity.name() => Reach::Shared,
                _ => Reach::None,
            },
        }
    }
}

/// The principals of a member `Principal`.
///
/// # Errors
/// With what is wrong and where.
pub(super) fn parse(value: &Value, place: Place<'_>) -> Result<Vec<Principal>, PolicyError> {
    match value {
        Value::String(text) if text == "*" => Ok(vec![Principal::Everybody]),
        Value::Object(kinds) if !kinds.is_empty() => {
            let mut all = Vec::new();
            for (kind, names) in kinds {
                all.extend(of_kind(kind, names, place.member(kind))?);
            }
            Ok(all)
        }
        _ => Err(place.wrong(
            "has to be \"*\", or an object such as {\"AWS\": \"123456789012\"} or \
             {\"Service\": \"s3.amazonaws.com\"}",
        )),
    }
}

fn of_kind(kind: &str, names: &Value, place: Place<'_>) -> Result<Vec<Principal>, PolicyError> {
    let read: fn(&str) -> Option<Principal> = match kind {
        "AWS" => |name| match name {
            "*" => Some(Principal::Everybody),
            name => Principal::aws(name),
        },
        "Service" => |name| is_service(name).then(|| Principal::Service(name.into())),
        _ => {
            return Err(place.wrong("no such principals are known: write AWS or Service"));
        }
    };
    let form = match kind {
        "AWS" => "an account, or the ARN of a root, user, role or session, whole and without *",
        _ => "the name of a service, such as s3.amazonaws.com",
    };
    let texts = super::texts::list(names, place)?;
    let named = texts.iter().map(|text| {
        read(text).ok_or_else(|| place.wrong(format!("'{text}' is no principal: write {form}")))
    });
    named.collect()
}

/// `s3.amazonaws.com`, or the same of another partition or of a region.
fn is_service(text: &str) -> bool {
    let name = [
        ".amazonaws.com",
        ".amazonaws.com.cn",
        ".amazon.com",
        ".amazon",
    ]
    .iter()
    .find_map(|suffix| text.strip_suffix(suffix));
    name.is_some_and(|name| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        !name.is_empty() && name.bytes().all(fits)
    })
}

/// How a statement shows them.
pub(super) fn shown(principals: &[Principal]) -> Value {
    if principals.contains(&Principal::Everybody) {
        return "*".into();
    }
    let of = |name: fn(&Principal) -> Option<&str>| -> Vec<&str> {
        principals.iter().filter_map(name).collect()
    };
    let aws = of(|principal| match principal {
        Principal::Aws(identity) => Some(identity.arn()),
        Principal::Everybody | Principal::Service(_) => None,
    });
    let services = of(|principal| match principal {
        Principal::Service(name) => Some(name),
        Principal::Everybody | Principal::Aws(_) => None,
    });
    let kinds = [("AWS", aws), ("Service", services)];
    let kinds = kinds.into_iter().filter(|(_, names)| !names.is_empty());
    let shown = kinds.map(|(kind, names)| (kind.to_owned(), super::texts::shown(names)));
    Value::Object(shown.collect::<Map<_, _>>())
}
