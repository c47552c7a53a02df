//! Whether whoever sends a request may have what it asks for.
//!
//! That is asked before anything is looked up for them, so that who may not learns nothing of what there is. What
//! cannot be read of a request is asked for as everything: only who may do it to all resources goes on to be told
//! what is wrong.

use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderMap;
use http::header::USER_AGENT;
use http::request::Parts;

use super::api::Api;
use super::error::{ErrorCode, WireError};
use super::operations::Operation;
use super::passage::Passage;
use super::path_names::PathNames;
use super::reference::Reference;
use super::resource::{self, Acted};
use super::said::Said;
use super::signed::Signer;
use crate::domain::policy::{self, Context, Document, decide};
use crate::domain::{FunctionArn, Scheme};
use crate::identity::User;

/// Who asks, and what is known of their request.
pub(super) struct Asking<'a> {
    user: &'a User,
    context: Context,
}

impl<'a> Asking<'a> {
    /// What is known of a request of `signer`.
    pub(super) fn of(signer: &'a Signer, passage: &Passage, headers: &HeaderMap) -> Self {
        let user = &**signer.0.user();
        let is_secure = passage.caller.scheme == Scheme::Https;
        let mut context = Context::default()
            .at(SystemTime::now())
            .with("aws:userid", &*user.id)
            .with(
                "aws:SecureTransport",
                if is_secure { "true" } else { "false" },
            );
        if let Some(org) = &user.org {
            context = context.with("aws:PrincipalOrgID", &**org);
        }
        if let Some(address) = passage.caller.address {
            context = context.with("aws:SourceIp", address.to_string());
        }
        if let Some(agent) = headers
            .get(USER_AGENT)
            .and_then(|agent| agent.to_str().ok())
        {
            context = context.with("aws:UserAgent", agent);
        }
        Self { user, context }
    }

    /// Whether all of these actions on `resource` are allowed, where more is known of the request.
    ///
    /// # Errors
    /// With AWS's words for the first that is not.
    pub(super) fn all(
        &self,
        actions: &[&str],
        resource: &str,
        of_resource: &Document,
        known: &[(&str, &str)],
    ) -> Result<(), WireError> {
        let known = known.iter();
        let asking = Self {
            user: self.user,
            context: known.fold(self.context.clone(), |context, (key, value)| {
                context.with(key, *value)
            }),
        };
        let mut actions = actions.iter();
        actions.try_for_each(|action| asking.may(action, resource, of_resource))
    }

    fn may(&self, action: &str, resource: &str, of_resource: &Document) -> Result<(), WireError> {
        let request = policy::Request {
            identity: &self.user.identity,
            action,
            resource,
            context: &self.context,
        };
        match decide(request, &self.user.own, of_resource).refusal() {
            None => Ok(()),
            Some(text) => Err(WireError::new(ErrorCode::AccessDenied, text)),
        }
    }

    /// Whether the account itself may be asked for something: a key of another one is not its own.
    fn may_ask_account(&self, action: &str, account: &str) -> Result<(), WireError> {
        if self.user.account.as_str() != account {
            let text = format!(
                "User: {} is not authorized to perform: {action} on resource: * because no resource-based policy \
                 allows the {action} action",
                self.user.arn
            );
            return Err(WireError::new(ErrorCode::AccessDenied, text));
        }
        self.may(action, "*", &Document::default())
    }
}

/// Whether a function may be invoked.
///
/// # Errors
/// With AWS's words where it may not.
pub(super) fn to_invoke<G>(
    api: &Api<G>,
    asking: &Asking<'_>,
    operation: Operation,
    reference: &Reference,
) -> Result<(), WireError> {
    let action = action_of(operation)?;
    let arn = reference.function().map(|name| {
        let qualifier = reference.qualifier.as_ref();
        api.account.function_arn(name, qualifier)
    });
    let Some(arn) = arn else {
        // No function can have this name.
        return asking.may_ask_account(action, &api.account.id);
    };
    let asked = on_function(api, asking, action, &arn);
    match operation {
        // The documents name either of them.
        Operation::InvokeAsync => asked.or_else(|refused| {
            let invoke = action_of(Operation::Invoke)?;
            on_function(api, asking, invoke, &arn).map_err(|_| refused)
        }),
        _ => asked,
    }
}

/// Whether an operation of the control plane may be done.
///
/// # Errors
/// With AWS's words where it may not.
pub(super) async fn check<G>(
    api: &Api<G>,
    asking: &Asking<'_>,
    operation: Operation,
    parts: &Parts,
    body: &Bytes,
) -> Result<(), WireError> {
    let action = action_of(operation)?;
    let said = Said::in_body(operation, body).await?;
    let names = PathNames::in_request(parts)?;
    let asking = &in_body(asking, &said);
    match resource::of(&api.account, operation, names, &parts.uri, &said) {
        Acted::Function(arn) => {
            on_function(api, asking, action, &arn)?;
            match operation == Operation::CreateFunction
                && said.tags.as_ref().is_some_and(|tags| !tags.is_empty())
            {
                true => on_function(api, asking, action_of(Operation::TagResource)?, &arn),
                false => Ok(()),
            }
        }
        Acted::Other(arn) => asking.may(action, &arn, &Document::default()),
        Acted::Account => asking.may_ask_account(action, &api.account.id),
    }
}

/// Why who may read a function may not read its tags, of which its answer tells as well.
#[derive(Clone, Debug)]
pub(super) struct HiddenTags(pub(super) String);

/// What of the answer is hidden from who may have it otherwise.
///
/// # Errors
/// Where the request did not come through the door: a defect of this host.
pub(super) fn hidden_tags<G>(
    api: &Api<G>,
    asking: &Asking<'_>,
    operation: Operation,
    parts: &Parts,
) -> Result<Option<HiddenTags>, WireError> {
    if operation != Operation::GetFunction {
        return Ok(None);
    }
    let names = PathNames::in_request(parts)?;
    let list_tags = Operation::ListTags;
    let acted = resource::of(&api.account, list_tags, names, &parts.uri, &Said::default());
    let asked = match acted {
        Acted::Function(arn) => on_function(api, asking, action_of(list_tags)?, &arn),
        Acted::Other(_) | Acted::Account => Ok(()),
    };
    Ok(asked.err().map(|refused| HiddenTags(refused.text())))
}

/// Asks for an action on a function, a version or an alias as it is addressed, whose own policy counts.
fn on_function<G>(
    api: &Api<G>,
    asking: &Asking<'_>,
    action: &str,
    arn: &FunctionArn,
) -> Result<(), WireError> {
    let record = api.catalog.get(&arn.name);
    let nothing = Document::default();
    let Some(record) = record else {
        return asking.may(action, &arn.text(), &nothing);
    };
    let attached = record.attached(arn.qualifier.as_ref());
    let mut context = asking.context.clone();
    for (key, value) in &record.tags {
        context = context.with(&format!("aws:ResourceTag/{key}"), value.as_str());
    }
    let asking = Asking {
        user: asking.user,
        context,
    };
    asking.may(action, &arn.text(), &attached.policy)
}

fn in_body<'a>(asking: &Asking<'a>, said: &Said) -> Asking<'a> {
    let mut context = asking.context.clone();
    for (key, value) in said.tags.iter().flatten() {
        let value = value.as_deref().unwrap_or_default();
        context = context
            .with(&format!("aws:RequestTag/{key}"), value)
            .with("aws:TagKeys", key.as_str());
    }
    let known = [
        ("lambda:Principal", &said.principal),
        ("lambda:FunctionUrlAuthType", &said.auth_type),
        ("lambda:FunctionUrlAuthType", &said.function_url_auth_type),
    ];
    for (key, value) in known {
        if let Some(value) = value {
            context = context.with(key, value.as_str());
        }
    }
    Asking {
        user: asking.user,
        context,
    }
}

fn action_of(operation: Operation) -> Result<&'static str, WireError> {
    let action = operation.action();
    action.ok_or_else(|| WireError::internal(format!("{operation} has no action")))
}
