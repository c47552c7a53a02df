//! Where the records of asynchronous events may go, read off an ARN.

use super::name::{FunctionName, Qualifier};

/// What a destination's ARN names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// An SQS queue.
    Queue,
    /// An SNS topic.
    Topic,
    /// A function, of any account and region.
    Function(FunctionDestination),
    /// An EventBridge bus.
    EventBus,
    /// An S3 bucket.
    Bucket,
    /// Nothing that AWS delivers records to.
    Unknown,
}

/// A function that records go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionDestination {
    /// Where it is, such as `us-east-1`.
    pub region: String,
    /// Whose it is.
    pub account: String,
    /// Its name.
    pub name: FunctionName,
    /// Version or alias, if one was named.
    pub qualifier: Option<Qualifier>,
}

impl Destination {
    /// What `arn` names.
    pub(crate) fn of(arn: &str) -> Self {
        let mut parts = arn.splitn(6, ':');
        let mut next = || parts.next().unwrap_or_default();
        let (scheme, _partition, service) = (next(), next(), next());
        let (region, account, resource) = (next(), next(), next());
        match (scheme, service) {
            ("arn", "sqs") => Self::Queue,
            ("arn", "sns") => Self::Topic,
            ("arn", "events") => Self::EventBus,
            ("arn", "s3") => Self::Bucket,
            ("arn", "lambda") => function(region, account, resource),
            _ => Self::Unknown,
        }
    }
}

fn function(region: &str, account: &str, resource: &str) -> Destination {
    let named = resource.strip_prefix("function:").and_then(|rest| {
        let (name, qualifier) = match rest.split_once(':') {
            Some((name, qualifier)) => (name, Some(Qualifier::parse(qualifier))),
            None => (rest, None),
        };
        Some((FunctionName::parse(name)?, qualifier))
    });
    match named {
        Some((name, qualifier)) => Destination::Function(FunctionDestination {
            region: region.into(),
            account: account.into(),
            name,
            qualifier,
        }),
        None => Destination::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_says_what_it_names() {
        for (arn, expected) in [
            ("arn:aws:sqs:us-east-1:123456789012:q", Destination::Queue),
            ("arn:aws:sns:us-east-1:123456789012:t", Destination::Topic),
            (
                "arn:aws:events:us-east-1:123456789012:event-bus/b",
                Destination::EventBus,
            ),
            ("arn:aws:s3:::bucket", Destination::Bucket),
            ("arn:aws:iam::123456789012:role/r", Destination::Unknown),
            (
                "arn:aws:lambda:us-east-1:123456789012:layer:l:1",
                Destination::Unknown,
            ),
            ("kafka://topic", Destination::Unknown),
            ("", Destination::Unknown),
        ] {
            assert_eq!(Destination::of(arn), expected, "{arn}");
        }
        let Destination::Function(function) =
            Destination::of("arn:aws:lambda:us-east-1:123456789012:function:fn:prod")
        else {
            panic!("it is a function");
        };
        assert_eq!(function.name.as_str(), "fn");
        assert_eq!(function.qualifier, Some(Qualifier::parse("prod")));
        assert_eq!(
            (function.region.as_str(), function.account.as_str()),
            ("us-east-1", "123456789012")
        );
    }
}
