//! Where an event can be sent when it has ended: an ARN, read once.

use std::sync::Arc;

use crate::domain::{Account, FunctionName, Qualifier};

/// A destination, as its owner named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    arn: Arc<str>,
    resource: Option<Resource>,
}

/// What an ARN names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resource {
    /// Such as `sqs`.
    pub(super) service: String,
    pub(super) region: String,
    pub(super) account: String,
    /// All behind the account.
    path: String,
}

impl Target {
    /// The target that `arn` spells.
    pub(super) fn of(arn: &str) -> Self {
        Self {
            arn: arn.into(),
            resource: Resource::parse(arn),
        }
    }

    /// The ARN.
    pub(super) fn arn(&self) -> &Arc<str> {
        &self.arn
    }

    /// What it names; `None` where it is no ARN.
    pub(super) fn resource(&self) -> Option<&Resource> {
        self.resource.as_ref()
    }

    /// The function, where it is one of this account and region.
    pub(super) fn function(&self, ours: &Account) -> Option<(FunctionName, Option<Qualifier>)> {
        let resource = self.resource()?;
        let is_ours = resource.region == ours.region && resource.account == ours.id;
        let path = resource.path.strip_prefix("function:");
        let path = path.filter(|_| is_ours && resource.service == "lambda")?;
        let mut parts = path.splitn(2, ':');
        let name = FunctionName::parse(parts.next()?)?;
        Some((name, parts.next().map(Qualifier::parse)))
    }
}

impl Resource {
    fn parse(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let mut part = || parts.next();
        let (_arn, _partition) = (part().filter(|text| *text == "arn")?, part()?);
        Some(Self {
            service: part()?.to_owned(),
            region: part()?.to_owned(),
            account: part()?.to_owned(),
            path: part()?.to_owned(),
        })
    }

    /// The last part of the ARN.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit(['/', ':']).next().unwrap_or(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_this_host_are_told_from_what_is_elsewhere() {
        let ours = "arn:aws:lambda:us-east-1:123456789012:function:f";
        let account = Account::default();
        let name = FunctionName::parse("f").expect("a name");
        for (arn, qualifier) in [(ours.to_owned(), None), (format!("{ours}:7"), Some("7"))] {
            let expected = (name.clone(), qualifier.map(Qualifier::parse));
            assert_eq!(Target::of(&arn).function(&account), Some(expected));
        }
        for (arn, name) in [
            ("arn:aws:sqs:eu-west-1:111111111111:queue", "queue"),
            ("arn:aws:events:us-east-1:123456789012:event-bus/bus", "bus"),
            ("arn:aws:s3:::bucket", "bucket"),
            ("arn:aws:lambda:eu-west-1:123456789012:function:f", "f"),
        ] {
            let target = Target::of(arn);
            assert_eq!(target.function(&account), None, "{arn}");
            assert_eq!(target.resource().map(Resource::name), Some(name));
        }
        assert_eq!(Target::of("queue").resource(), None);
    }
}
