//! Who asks.

use crate::domain::arn::is_account;

/// Who asks for something: an identity of an account, a service, or nobody that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub(super) kind: Kind,
    arn: String,
    /// Twelve digits; `None` for services and whoever is not known.
    account: Option<String>,
}

/// What kind of identity it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Anonymous,
    Service,
    Root,
    User,
    Role,
    Session,
    FederatedUser,
}

/// Kinds of identities by the service and the beginning of the resource in their ARNs.
const KINDS: &[(&str, &str, Kind)] = &[
    ("iam", "user/", Kind::User),
    ("iam", "role/", Kind::Role),
    ("sts", "assumed-role/", Kind::Session),
    ("sts", "federated-user/", Kind::FederatedUser),
];

impl Identity {
    /// Somebody who did not say who they are.
    pub fn anonymous() -> Self {
        Self {
            kind: Kind::Anonymous,
            arn: "anonymous".into(),
            account: None,
        }
    }

    /// A service, such as `s3.amazonaws.com`, that acts for itself.
    pub fn service(name: &str) -> Self {
        Self {
            kind: Kind::Service,
            arn: name.into(),
            account: None,
        }
    }

    /// The identity with this ARN: an account's root, a user, a role, a session of a role or a federated user.
    /// `None` where no identity has it.
    pub fn aws(arn: &str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, service, "", account, resource] = parts[..] else {
            return None;
        };
        let kind = match (service, resource) {
            ("iam", "root") => Kind::Root,
            _ => {
                let named = |(of, prefix, kind): &(&str, &str, Kind)| {
                    let name = resource.strip_prefix(prefix)?;
                    (*of == service && !name.is_empty()).then_some(*kind)
                };
                KINDS.iter().find_map(named)?
            }
        };
        (partition.starts_with("aws") && is_account(account)).then(|| Self {
            kind,
            arn: arn.into(),
            account: Some(account.into()),
        })
    }

    /// Its ARN, or what else it is called in texts.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The account that it belongs to.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Whether it is a role itself.
    #[cfg(feature = "server")]
    pub(crate) fn is_role(&self) -> bool {
        self.kind == Kind::Role
    }

    /// The name of the user or of the role, without its path.
    pub(super) fn name(&self) -> &str {
        let resource = self.arn.splitn(6, ':').last().unwrap_or_default();
        let mut parts = resource.split('/');
        match self.kind {
            Kind::Session => parts.nth(1).unwrap_or_default(),
            _ => parts.next_back().unwrap_or_default(),
        }
    }

    /// What the key `aws:PrincipalType` says of it.
    pub(super) fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Anonymous => "Anonymous",
            Kind::Service => "Service",
            Kind::Root => "Account",
            Kind::User => "User",
            Kind::Role | Kind::Session => "AssumedRole",
            Kind::FederatedUser => "FederatedUser",
        }
    }

    /// The ARN of the role that a session is of, but for the role's path; else its own.
    pub(super) fn lasting_arn(&self) -> std::borrow::Cow<'_, str> {
        match (self.kind, self.arn.split(':').nth(1), &self.account) {
            (Kind::Session, Some(partition), Some(account)) => {
                format!("arn:{partition}:iam::{account}:role/{}", self.name()).into()
            }
            _ => self.arn.as_str().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_known_by_their_arns() {
        for (arn, kind, name) in [
            ("arn:aws:iam::123456789012:root", Kind::Root, "root"),
            ("arn:aws:iam::123456789012:user/team/ci", Kind::User, "ci"),
            ("arn:aws-cn:iam::123456789012:role/a/r", Kind::Role, "r"),
            (
                "arn:aws:sts::123456789012:assumed-role/r/s",
                Kind::Session,
                "r",
            ),
            (
                "arn:aws:sts::123456789012:federated-user/f",
                Kind::FederatedUser,
                "f",
            ),
        ] {
            let identity = Identity::aws(arn).expect("it is one");
            assert_eq!((identity.kind, identity.name()), (kind, name));
            assert_eq!(identity.account(), Some("123456789012"));
        }
        let session =
            Identity::aws("arn:aws:sts::123456789012:assumed-role/r/s").expect("it is one");
        assert_eq!(session.lasting_arn(), "arn:aws:iam::123456789012:role/r");
    }

    #[test]
    fn what_is_no_identity_is_none() {
        for arn in [
            "arn:aws:iam::1234:root",
            "arn:aws:iam::123456789012:user/",
            "arn:aws:iam::123456789012:group/g",
            "arn:aws:sts::123456789012:user/u",
            "arn:aws:s3:::bucket",
            "123456789012",
        ] {
            assert_eq!(Identity::aws(arn), None, "{arn}");
        }
    }
}
