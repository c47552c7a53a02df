//! What is known of a request, as the condition keys of policies name it.

use std::time::SystemTime;

use http::header::{REFERER, USER_AGENT};
use http::{HeaderMap, HeaderName, Uri};

use super::operations::Operation;
use super::passage::Passage;
use super::path_names::PathNames;
use super::query;
use super::said::Said;
use crate::domain::policy::Context;
use crate::domain::{FunctionArn, FunctionRecord, Named as _, Scheme};

/// The key for whom a statement is about that is added or removed.
const PRINCIPAL: &str = "lambda:Principal";
pub(super) const AUTH_TYPE: &str = "lambda:FunctionUrlAuthType";
pub(super) const BY_URL: &str = "lambda:InvokedViaFunctionUrl";
pub(super) const FUNCTION_ARN: &str = "lambda:FunctionArn";

/// What is known of any request, whoever sends it.
pub(super) fn of_request(passage: &Passage, headers: &HeaderMap, region: &str) -> Context {
    let caller = passage.caller;
    let is_secure = caller.scheme == Scheme::Https;
    let context = Context::default()
        .at(SystemTime::now())
        .with("aws:RequestedRegion", region)
        .with("aws:SecureTransport", is_secure.to_string());
    let address = caller.address.map(|address| address.to_string());
    let context = given(context, "aws:SourceIp", address.as_deref());
    let header = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let context = given(context, "aws:UserAgent", header(USER_AGENT));
    given(context, "aws:Referer", header(REFERER))
}

/// What the tags of a function add.
pub(super) fn with_tags(context: Context, record: &FunctionRecord) -> Context {
    record.tags.iter().fold(context, |context, (key, value)| {
        context.with(&format!("aws:ResourceTag/{key}"), value.as_str())
    })
}

/// A request for an operation, as far as conditions ask about it.
pub(super) struct Asked<'a> {
    pub(super) operation: Operation,
    pub(super) names: &'a PathNames,
    pub(super) uri: &'a Uri,
    pub(super) said: &'a Said,
    /// The function that it is for, version or alias included.
    pub(super) arn: Option<&'a FunctionArn>,
    /// The same, where there is one.
    pub(super) record: Option<&'a FunctionRecord>,
}

/// What an operation adds: of what is said, only what it reads.
pub(super) fn of_operation(context: Context, asked: &Asked<'_>) -> Context {
    use Operation as O;
    match asked.operation {
        O::CreateFunction | O::TagResource => {
            let tags = asked.said.tags.iter().flat_map(|tags| &tags.0);
            tags.fold(context, |context, (key, value)| {
                let value = value.as_deref().unwrap_or_default();
                context
                    .with(&format!("aws:RequestTag/{key}"), value)
                    .with("aws:TagKeys", key.as_str())
            })
        }
        O::UntagResource => {
            let keys = query::values(asked.uri, "tagKeys").into_iter();
            keys.fold(context, |context, key| context.with("aws:TagKeys", key))
        }
        O::AddPermission => {
            let context = given(context, PRINCIPAL, asked.said.principal.as_deref());
            let auth_type = asked.said.function_url_auth_type.as_deref();
            given(context, AUTH_TYPE, auth_type)
        }
        O::RemovePermission => {
            let principals = asked.removed_principals().into_iter();
            principals.fold(context, |context, name| context.with(PRINCIPAL, name))
        }
        O::GetFunctionUrlConfig
        | O::CreateFunctionUrlConfig
        | O::UpdateFunctionUrlConfig
        | O::DeleteFunctionUrlConfig => {
            let arn = asked.arn.map(FunctionArn::text);
            let context = given(context, FUNCTION_ARN, arn.as_deref());
            let auth_type = asked.said.auth_type.as_deref();
            given(context, AUTH_TYPE, auth_type.or(asked.kept_auth_type()))
        }
        _ => context,
    }
}

impl Asked<'_> {
    /// Whom the statement is about that is to be removed.
    fn removed_principals(&self) -> Vec<String> {
        let named = self
            .arn
            .zip(self.record)
            .zip(self.names.named("StatementId"));
        named.map_or_else(Vec::new, |((arn, record), id)| {
            let attached = record.attached(arn.qualifier.as_ref());
            attached.policy.principals(id)
        })
    }

    /// Who may call the address that there is.
    fn kept_auth_type(&self) -> Option<&'static str> {
        let (arn, record) = self.arn.zip(self.record)?;
        let url = record.attached(arn.qualifier.as_ref()).url.as_ref()?;
        Some(url.auth_type.name())
    }
}

fn given(context: Context, key: &str, value: Option<&str>) -> Context {
    match value {
        Some(value) => context.with(key, value),
        None => context,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(operation: Operation, query: &str, body: &str) -> Context {
        let asked = Asked {
            operation,
            names: &PathNames::default(),
            uri: &format!("/x?{query}").parse().expect("a target"),
            said: &serde_json::from_str(body).expect("a body"),
            arn: None,
            record: None,
        };
        of_operation(Context::default(), &asked)
    }

    #[test]
    fn of_what_is_said_only_what_the_operation_reads_is_known() {
        use Operation as O;
        let nothing = Context::default();
        let all = r#"{"AuthType":"AWS_IAM","FunctionUrlAuthType":"NONE","Principal":"*","Tags":{"a":"b"}}"#;
        for (operation, expected) in [
            (
                O::AddPermission,
                nothing.clone().with(PRINCIPAL, "*").with(AUTH_TYPE, "NONE"),
            ),
            (
                O::CreateFunctionUrlConfig,
                nothing.clone().with(AUTH_TYPE, "AWS_IAM"),
            ),
            (
                O::TagResource,
                nothing
                    .clone()
                    .with("aws:RequestTag/a", "b")
                    .with("aws:TagKeys", "a"),
            ),
            (O::UpdateFunctionConfiguration, nothing.clone()),
        ] {
            assert_eq!(known(operation, "", all), expected, "{operation}");
        }
        let removed = known(O::UntagResource, "tagKeys=a&tagKeys=b", "{}");
        let expected = nothing.with("aws:TagKeys", "a").with("aws:TagKeys", "b");
        assert_eq!(removed, expected);
    }
}
