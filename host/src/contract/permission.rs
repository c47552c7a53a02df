//! Whether whoever sends a request may have what it asks for.
//!
//! That is asked before anything is looked up for them, so that who may not learns nothing of what there is. What
//! cannot be read of a request is asked for as everything: only who may do it to all resources goes on to be told
//! what is wrong. That is so for what is allowed alone: who is denied one resource is not denied everything. So what is
//! asked for as everything although it names one, the operation has to refuse.

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;

use super::api::Api;
use super::condition_keys::{self, Asked, BY_URL};
use super::error::{ErrorCode, WireError};
use super::operations::Operation;
use super::passage::Passage;
use super::path_names::PathNames;
use super::reference::Reference;
use super::refused::About;
use super::resource::{self, Acted};
use super::said::Said;
use super::signed::Signer;
use crate::domain::audit::clipped;
use crate::domain::policy::{self, Context, Decision, Document, PolicyKind, Reason, decide};
use crate::domain::{Account, FunctionArn, times};
use crate::identity::{Key, User};

/// Who asks, and what is known of their request.
#[derive(Clone)]
pub(super) struct Asking<'a> {
    key: &'a Key,
    context: Context,
}

impl<'a> Asking<'a> {
    /// What is known of a request of `signer`.
    pub(super) fn of(
        signer: &'a Signer,
        passage: &Passage,
        headers: &HeaderMap,
        account: &Account,
    ) -> Self {
        let user = &**signer.0.user();
        let mut context = condition_keys::of_request(passage, headers, &account.region)
            .with("aws:userid", &*user.id);
        if let Some(org) = &user.org {
            context = context.with("aws:PrincipalOrgID", &**org);
        }
        if let Some(begun) = signer.0.begun() {
            context = context
                .with("aws:TokenIssueTime", times::rfc_3339(begun))
                .with("aws:MultiFactorAuthPresent", "false");
        }
        Self {
            key: &signer.0,
            context,
        }
    }

    fn user(&self) -> &'a User {
        self.key.user()
    }

    /// The same, where more is known of the request.
    pub(super) fn knowing(mut self, more: impl FnOnce(Context) -> Context) -> Self {
        self.context = more(self.context);
        self
    }

    /// Whether all of these actions on `resource` are allowed.
    ///
    /// # Errors
    /// With AWS's words for the first that is not.
    pub(super) fn all(
        &self,
        actions: &[&str],
        resource: &str,
        of_resource: &Document,
    ) -> Result<(), WireError> {
        let mut actions = actions.iter();
        actions.try_for_each(|action| self.any(&[action], resource, of_resource))
    }

    /// Whether one of these actions on `resource` is allowed, and none of them is forbidden: that it is called by
    /// another name leads past no policy.
    ///
    /// # Errors
    /// With AWS's words for what forbids it, or else for the first of them.
    fn any(
        &self,
        actions: &[&str],
        resource: &str,
        of_resource: &Document,
    ) -> Result<(), WireError> {
        let decided = actions
            .iter()
            .map(|action| self.decided(action, resource, of_resource));
        let decided: Vec<_> = decided.collect();
        let forbids = decided.iter().find(|decision| decision.forbids());
        let is_allowed = decided.iter().any(Decision::is_allowed);
        let refuses = forbids.or(decided.first().filter(|_| !is_allowed));
        let Some(refusing) = refuses else {
            return Ok(());
        };
        match refusing.refusal() {
            None => Ok(()),
            Some(text) => Err(self.denied(text, resource, refusing.reason)),
        }
    }

    /// The error of who is denied something, and what the audit log is to tell of it.
    fn denied(&self, text: String, resource: &str, reason: Reason<'_>) -> WireError {
        let error = WireError::new(ErrorCode::AccessDenied, text);
        error.knowing(|about| {
            *about = About {
                resource: Some(clipped(resource)),
                statement: match reason {
                    Reason::Denied(found) => Some(clipped(&found.to_string())),
                    _ => None,
                },
                ..About::under(self.key)
            };
        })
    }

    /// What all policies say of an action on `resource`.
    pub(super) fn decided<'b>(
        &'b self,
        action: &'b str,
        resource: &'b str,
        of_resource: &'b Document,
    ) -> Decision<'b> {
        let request = policy::Request {
            identity: &self.user().identity,
            action,
            resource,
            context: &self.context,
        };
        decide(request, &self.user().own, of_resource)
    }

    /// Whether the account itself may be asked for something: a key of another one is not its own.
    fn may_ask_account(&self, action: &str, account: &str) -> Result<(), WireError> {
        if self.user().account.as_str() != account {
            let text = format!(
                "User: {} is not authorized to perform: {action} on resource: * because no resource-based policy \
                 allows the {action} action",
                self.user().arn
            );
            let none = Reason::NotAllowed(PolicyKind::Resource);
            return Err(self.denied(text, "*", none));
        }
        self.any(&[action], "*", &Document::default())
    }
}

/// Whether a function may be invoked.
///
/// # Errors
/// With AWS's words where it may not.
pub(super) fn to_invoke<G>(
    api: &Api<G>,
    asking: Asking<'_>,
    operation: Operation,
    reference: &Reference,
) -> Result<(), WireError> {
    let action = action_of(operation)?;
    let asking = asking.knowing(|context| context.with(BY_URL, "false"));
    let arn = reference.function().map(|name| {
        let qualifier = reference.qualifier.as_ref();
        api.account.function_arn(name, qualifier)
    });
    let Some(arn) = arn else {
        // No function can have this name.
        return asking.may_ask_account(action, &api.account.id);
    };
    match operation {
        // The documents name either of them.
        Operation::InvokeAsync => {
            on_function(api, &asking, &[action, action_of(Operation::Invoke)?], &arn)
        }
        _ => on_function(api, &asking, &[action], &arn),
    }
}

/// Whether a function may be invoked under this name, if it is one of an account that is not on this host.
///
/// # Errors
/// With AWS's words for a function of another account whose policy does not allow it.
pub(super) fn to_leave_account<G>(
    api: &Api<G>,
    asking: &Asking<'_>,
    operation: Operation,
    name: &str,
) -> Result<(), WireError> {
    match resource::another_accounts(&api.account, name) {
        Some(arn) => asking.any(&[action_of(operation)?], &arn, &Document::default()),
        None => Ok(()),
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
    let said = &Said::in_body(operation, body).await?;
    let (names, uri) = (PathNames::in_request(parts)?, &parts.uri);
    let acted = resource::of(&api.account, operation, names, uri, said);
    let arn = match &acted {
        Acted::Function(arn) => Some(arn),
        Acted::Other(_) | Acted::Account => None,
    };
    let record = arn.and_then(|arn| api.catalog.get(&arn.name));
    let asked = Asked {
        operation,
        names,
        uri,
        said,
        arn,
        record: record.as_deref(),
    };
    let known = |context| condition_keys::of_operation(context, &asked);
    let asking = &asking.clone().knowing(known);
    match &acted {
        Acted::Function(arn) => {
            on_function(api, asking, &[action], arn)?;
            what_follows(api, asking, operation, said, arn)
        }
        Acted::Other(arn) => asking.any(&[action], arn, &Document::default()),
        Acted::Account => asking.may_ask_account(action, &api.account.id),
    }
}

/// Whether what an operation on a function brings with it may be done as well.
fn what_follows<G>(
    api: &Api<G>,
    asking: &Asking<'_>,
    operation: Operation,
    said: &Said,
    arn: &FunctionArn,
) -> Result<(), WireError> {
    match operation {
        Operation::CreateFunction if said.tags.as_ref().is_some_and(|tags| !tags.0.is_empty()) => {
            on_function(api, asking, &[action_of(Operation::TagResource)?], arn)
        }
        // Records invoke the function that they go to, in the name of nobody.
        Operation::PutFunctionEventInvokeConfig | Operation::UpdateFunctionEventInvokeConfig => {
            let invoke = action_of(Operation::Invoke)?;
            let mut to = said.function_destinations(&api.account);
            to.try_for_each(|to| on_function(api, asking, &[invoke], &to))
        }
        _ => Ok(()),
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
        Acted::Function(arn) => on_function(api, asking, &[action_of(list_tags)?], &arn),
        Acted::Other(_) | Acted::Account => Ok(()),
    };
    Ok(asked.err().map(|refused| HiddenTags(refused.text())))
}

/// Asks for one of these actions on a function, a version or an alias as it is addressed, whose own policy counts.
fn on_function<G>(
    api: &Api<G>,
    asking: &Asking<'_>,
    actions: &[&str],
    arn: &FunctionArn,
) -> Result<(), WireError> {
    let Some(record) = api.catalog.get(&arn.name) else {
        return asking.any(actions, &arn.text(), &Document::default());
    };
    let attached = record.attached(arn.qualifier.as_ref());
    let asking = asking
        .clone()
        .knowing(|context| condition_keys::with_tags(context, &record));
    asking.any(actions, &arn.text(), &attached.policy)
}

fn action_of(operation: Operation) -> Result<&'static str, WireError> {
    let action = operation.action();
    action.ok_or_else(|| WireError::internal(format!("{operation} has no action")))
}
