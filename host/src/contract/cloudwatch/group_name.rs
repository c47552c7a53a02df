//! Which log group a request names: by its name, or by its name or ARN.

use super::error::LogsError;
use crate::contract::constraint::{Pattern, Violations};

static NAME: Pattern = Pattern::new(r"[\.\-_/#A-Za-z0-9]+");
static IDENTIFIER: Pattern = Pattern::new(r"[\w#+=/:,.@-]*");

/// The name of the group, out of the members `logGroupName` and `logGroupIdentifier`.
pub(super) fn group_name(
    name: Option<String>,
    identifier: Option<String>,
) -> Result<String, LogsError> {
    let mut v = Violations::default();
    match (name, identifier) {
        (Some(name), None) => {
            let name = v.text_matching("logGroupName", name, 1..=512, &NAME);
            LogsError::settled(v, || name)
        }
        (None, Some(identifier)) => {
            let member = "logGroupIdentifier";
            let identifier = v.text_matching(member, identifier, 1..=2048, &IDENTIFIER);
            let identifier = LogsError::settled(v, || identifier)?;
            Ok(named_by(&identifier).to_owned())
        }
        (Some(_), Some(_)) => Err(LogsError::invalid(
            "The request has both logGroupName and logGroupIdentifier. Name the log group in one of \
             them.",
        )),
        (None, None) => Err(LogsError::invalid(
            "The request names no log group. Name it in logGroupName or logGroupIdentifier.",
        )),
    }
}

/// The name in an ARN, `arn:aws:logs:REGION:ACCOUNT:log-group:NAME`, or the name that it is.
pub(in crate::contract) fn named_by(identifier: &str) -> &str {
    let mut parts = identifier.splitn(7, ':');
    match (parts.next(), parts.nth(4), parts.next()) {
        (Some("arn"), Some("log-group"), Some(name)) => name,
        _ => identifier,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_named_by_its_name_or_its_arn() {
        let named = |name: Option<&str>, identifier: Option<&str>| {
            group_name(name.map(Into::into), identifier.map(Into::into))
        };
        let arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/fn";
        for identifier in ["/aws/lambda/fn", arn] {
            let found = named(None, Some(identifier));
            assert_eq!(found.as_deref(), Ok("/aws/lambda/fn"), "{identifier}");
        }
        assert_eq!(named(Some("fn"), None).as_deref(), Ok("fn"));
        assert!(named(Some("a b"), None).is_err());
        assert!(named(None, Some(&format!("{arn}:*"))).is_err());
        assert!(named(Some(&"x".repeat(513)), None).is_err());
        assert!(named(Some("fn"), Some("fn")).is_err());
        assert!(named(None, None).is_err());
    }
}
