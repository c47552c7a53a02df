//! Where an event can be sent when it has ended: ARNs, read.

use crate::domain::{Account, FunctionName, Qualifier};

/// What an ARN names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A function of this host.
    Function {
        name: FunctionName,
        qualifier: Option<Qualifier>,
    },
    /// A queue, a topic, or something that only a folder can stand for.
    Elsewhere(Resource),
}

/// A resource outside of this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resource {
    /// Such as `sqs`.
    pub(super) service: String,
    pub(super) region: String,
    pub(super) account: String,
    /// The last part of the ARN.
    pub(super) name: String,
}

impl Target {
    /// Reads an ARN; `None` where it is none.
    pub(super) fn parse(arn: &str, account: &Account) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let mut part = || parts.next();
        let (_arn, _partition) = (part().filter(|text| *text == "arn")?, part()?);
        let (service, region, owner, rest) = (part()?, part()?, part()?, part()?);
        let is_ours = region == account.region && owner == account.id;
        if service == "lambda" && is_ours {
            let mut parts = rest.strip_prefix("function:")?.splitn(2, ':');
            return Some(Self::Function {
                name: FunctionName::parse(parts.next()?)?,
                qualifier: parts.next().map(Qualifier::parse),
            });
        }
        let name = rest.rsplit(['/', ':']).next().unwrap_or(rest);
        Some(Self::Elsewhere(Resource {
            service: service.to_owned(),
            region: region.to_owned(),
            account: owner.to_owned(),
            name: name.to_owned(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arn: &str) -> Option<Target> {
        Target::parse(arn, &Account::default())
    }

    #[test]
    fn functions_of_this_host_are_told_from_what_is_elsewhere() {
        let ours = "arn:aws:lambda:us-east-1:123456789012:function:f";
        let name = FunctionName::parse("f").expect("a name");
        for (arn, qualifier) in [(ours.to_owned(), None), (format!("{ours}:7"), Some("7"))] {
            let expected = Target::Function {
                name: name.clone(),
                qualifier: qualifier.map(Qualifier::parse),
            };
            assert_eq!(parsed(&arn), Some(expected));
        }
        for (arn, name) in [
            ("arn:aws:sqs:eu-west-1:111111111111:queue", "queue"),
            ("arn:aws:events:us-east-1:123456789012:event-bus/bus", "bus"),
            ("arn:aws:s3:::bucket", "bucket"),
            ("arn:aws:lambda:eu-west-1:123456789012:function:f", "f"),
        ] {
            let Some(Target::Elsewhere(resource)) = parsed(arn) else {
                panic!("{arn}");
            };
            assert_eq!(resource.name, name);
        }
        assert_eq!(parsed("queue"), None);
    }
}
