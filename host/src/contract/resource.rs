//! What an operation acts on, as policies name it.

use http::Uri;

use super::cloudwatch::group_named_by;
use super::operations::{Operation, Resource};
use super::path_names::PathNames;
use super::query;
use super::reference::{NameShape, Reference};
use super::said::Said;
use super::spelling::{self, Spelling};
use crate::domain::{Account, FunctionArn, Qualifier};

/// What is acted on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Acted {
    /// A function, or a version or alias of one. It need not exist.
    Function(FunctionArn),
    /// Anything else with an ARN.
    Other(String),
    /// The account, or what cannot be read.
    Account,
}

/// What `operation` acts on, by the names in its path and what its body says.
pub(super) fn of(
    account: &Account,
    operation: Operation,
    names: &PathNames,
    uri: &Uri,
    said: &Said,
) -> Acted {
    let first = names.first();
    let lambda = |kind: &str, name: Option<&str>| match name {
        Some(name) => Acted::Other(arn(account, "lambda", &format!("{kind}:{name}"))),
        None => Acted::Account,
    };
    let qualified = || {
        let qualifier = query::value(uri, "Qualifier");
        function(account, first, qualifier.as_deref(), true)
    };
    match operation.resource() {
        Resource::Host | Resource::Account | Resource::Package | Resource::FunctionUrl => {
            Acted::Account
        }
        // A policy on the function is not passed by with a qualifier that the operation does not have.
        Resource::Function | Resource::Tagged => function(account, first, None, false),
        Resource::QualifiedFunction | Resource::VersionOrAlias => qualified(),
        Resource::Attachment => qualified().itself_for_latest(),
        Resource::NewFunction => function(account, said.function_name.as_deref(), None, false),
        Resource::Policy => function(account, first, None, true).itself_for_latest(),
        Resource::LogGroup | Resource::LogStream => logs(account, operation, said),
        Resource::EventSourceMapping => lambda("event-source-mapping", first),
        Resource::Layer => lambda("layer", first),
        Resource::LayerVersion => match (first, names.named("VersionNumber")) {
            (Some(layer), Some(number)) => lambda("layer", Some(&format!("{layer}:{number}"))),
            _ => Acted::Account,
        },
        Resource::CapacityProvider => lambda("capacity-provider", first),
        // Their names in the path are ARNs, of which none exists here.
        Resource::CodeSigningConfig | Resource::DurableExecution => Acted::Account,
        // Their operations ask for what they act on themselves.
        Resource::Caller | Resource::Role => Acted::Account,
    }
}

impl Acted {
    /// The function in the place of its `$LATEST`, where both are one: no policy on the one is passed by with the name
    /// of the other.
    fn itself_for_latest(self) -> Self {
        match self {
            Self::Function(arn) => Self::Function(FunctionArn {
                qualifier: arn.qualifier.filter(|name| *name != Qualifier::LATEST),
                ..arn
            }),
            other => other,
        }
    }
}

fn function(
    account: &Account,
    name: Option<&str>,
    qualifier: Option<&str>,
    is_qualified: bool,
) -> Acted {
    if let Some(arn) = name.and_then(|name| another_accounts(account, name)) {
        return Acted::Other(arn);
    }
    let read = |name| Reference::parse(NameShape::Namespaced, name, qualifier, account).ok();
    let Some(reference) = name.and_then(read) else {
        return Acted::Account;
    };
    let qualifier = reference.qualifier.as_ref().filter(|_| is_qualified);
    match reference.function() {
        Some(name) => Acted::Function(account.function_arn(name, qualifier)),
        None => Acted::Account,
    }
}

/// What the name of a function that belongs to an account which is not on this host stands for, whether or not it
/// exists: it is told as a function whose policy allows nothing.
pub(super) fn another_accounts(account: &Account, name: &str) -> Option<String> {
    let other = spelling::account_of(name).filter(|other| *other != account.id)?;
    let spelling = Spelling::read(name, true)?;
    let region = spelling.region.unwrap_or(&account.region);
    let name = spelling.name;
    Some(match spelling.qualifier {
        Some(qualifier) => {
            format!("arn:aws:lambda:{region}:{other}:function:{name}:{qualifier}")
        }
        None => format!("arn:aws:lambda:{region}:{other}:function:{name}"),
    })
}

/// A stream of a log group. Operations on a group act on a stream without a name.
fn logs(account: &Account, operation: Operation, said: &Said) -> Acted {
    if operation == Operation::DescribeLogGroups {
        return Acted::Account;
    }
    let named = match (&said.log_group_name, &said.log_group_identifier) {
        // Not every operation looks at the other one.
        (Some(name), _) => Some(name.as_str()),
        (None, Some(identifier)) => Some(group_named_by(identifier)),
        (None, None) => None,
    };
    let stream = said.log_stream_name.as_deref();
    let stream = stream.filter(|_| operation == Operation::GetLogEvents);
    let stream = stream.unwrap_or_default();
    let Some(group) = named.filter(|name| !name.contains([':', '*', '?'])) else {
        return Acted::Account;
    };
    if stream.contains([':', '*']) {
        return Acted::Account;
    }
    let path = format!("log-group:{group}:log-stream:{stream}");
    Acted::Other(arn(account, "logs", &path))
}

fn arn(account: &Account, service: &str, resource: &str) -> String {
    let Account { id, region } = account;
    format!("arn:aws:{service}:{region}:{id}:{resource}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acted(operation: Operation, names: &[(&str, &str)], query: &str, body: &str) -> String {
        let names = names.iter();
        let names = names.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let uri: Uri = format!("/x?{query}").parse().expect("a target");
        let said = serde_json::from_str(body).expect("a body");
        let account = Account::default();
        match of(
            &account,
            operation,
            &PathNames::of(names.collect()),
            &uri,
            &said,
        ) {
            Acted::Function(arn) => arn.text(),
            Acted::Other(arn) => arn,
            Acted::Account => "*".into(),
        }
    }

    #[test]
    fn a_function_is_acted_on_as_it_is_addressed() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:f";
        let function = |operation, name, query| {
            let acted = acted(operation, &[("FunctionName", name)], query, "{}");
            acted.replace(arn, "ARN")
        };
        use Operation as O;
        for (operation, name, query, expected) in [
            (O::GetFunction, "f", "", "ARN"),
            (O::GetFunction, "f:prod", "", "ARN:prod"),
            (O::GetFunction, "f", "Qualifier=%24LATEST", "ARN:$LATEST"),
            (O::GetFunction, "123456789012:function:f:1", "", "ARN:1"),
            // These have no qualifier, so none leads past a policy on the function.
            (O::UpdateFunctionCode, "f:prod", "", "ARN"),
            (O::PutFunctionConcurrency, "f", "Qualifier=1", "ARN"),
            // What belongs to both has one name.
            (O::PutRuntimeManagementConfig, "f:$LATEST", "", "ARN"),
            (
                O::PutFunctionEventInvokeConfig,
                "f",
                "Qualifier=$LATEST",
                "ARN",
            ),
            (O::DeleteFunctionUrlConfig, "f:$LATEST", "", "ARN"),
            (O::RemovePermission, "f:$LATEST", "", "ARN"),
            (O::GetFunctionUrlConfig, "f:prod", "", "ARN:prod"),
            // What cannot be read is everything.
            (O::GetFunction, "f", "Qualifier=%20", "*"),
            (
                O::GetFunction,
                "999999999999:function:f:1",
                "",
                "arn:aws:lambda:us-east-1:999999999999:function:f:1",
            ),
            (O::GetFunction, "a/b", "", "*"),
            (O::ListFunctions, "", "", "*"),
        ] {
            assert_eq!(
                function(operation, name, query),
                expected,
                "{operation} {name} {query}"
            );
        }
        let tags =
            |operation, resource: &str| acted(operation, &[("Resource", resource)], "", "{}");
        assert_eq!(tags(O::ListTags, arn), arn);
        assert_eq!(
            tags(O::GetResourcePolicy, &format!("{arn}:prod")),
            format!("{arn}:prod")
        );
        let latest = format!("{arn}:$LATEST");
        assert_eq!(tags(O::GetResourcePolicy, &latest), arn);
        let new = |body| acted(O::CreateFunction, &[], "", body);
        assert_eq!(new(r#"{"FunctionName":"f","Code":{}}"#), arn);
        assert_eq!(new("{}"), "*");
    }

    #[test]
    fn what_else_there_is_has_arns_too() {
        let layer = [("LayerName", "l"), ("VersionNumber", "7")];
        let lambda = "arn:aws:lambda:us-east-1:123456789012";
        for (operation, names, expected) in [
            (
                Operation::GetLayerVersion,
                &layer[..],
                format!("{lambda}:layer:l:7"),
            ),
            (
                Operation::PublishLayerVersion,
                &layer[..1],
                format!("{lambda}:layer:l"),
            ),
            (
                Operation::GetEventSourceMapping,
                &[("UUID", "u")][..],
                format!("{lambda}:event-source-mapping:u"),
            ),
            (Operation::GetMetrics, &[][..], "*".into()),
        ] {
            assert_eq!(acted(operation, names, "", "{}"), expected);
        }
        let logs = |operation, body| acted(operation, &[], "", body);
        let group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f:log-stream:";
        let named = r#"{"logGroupName":"/aws/lambda/f","logStreamName":"s"}"#;
        assert_eq!(logs(Operation::GetLogEvents, named), format!("{group}s"));
        assert_eq!(logs(Operation::FilterLogEvents, named), group);
        let by_arn = r#"{"logGroupIdentifier":"arn:aws:logs:us-east-1:1:log-group:/aws/lambda/f"}"#;
        assert_eq!(logs(Operation::FilterLogEvents, by_arn), group);
        let both = r#"{"logGroupName":"/aws/lambda/f","logGroupIdentifier":"other"}"#;
        assert_eq!(logs(Operation::DeleteLogGroup, both), group);
        for stream in ["s:t", "*"] {
            let named = format!(r#"{{"logGroupName":"g","logStreamName":"{stream}"}}"#);
            let found = acted(Operation::GetLogEvents, &[], "", &named);
            assert_eq!(found, "*", "{stream}");
        }
        for body in [
            "{}",
            r#"{"logGroupName":"a*"}"#,
            r#"{"logGroupName":"a:b"}"#,
        ] {
            assert_eq!(logs(Operation::FilterLogEvents, body), "*", "{body}");
        }
        assert_eq!(logs(Operation::DescribeLogGroups, named), "*");
    }
}
