//! What is asked, with what follows from it.

use std::borrow::Cow;

use super::identity::{Identity, Kind};
use super::pattern::ARN_SEGMENTS;
use super::principal::{Principal, Reach};
use super::request::Request;
use super::steps::Steps;

/// A request while it is decided on.
pub(super) struct Asked<'a> {
    request: Request<'a>,
    /// In lower case: actions are told apart without it.
    action: String,
    steps: Steps,
}

impl<'a> Asked<'a> {
    pub(super) fn new(request: Request<'a>) -> Self {
        Self {
            request,
            action: request.action.to_ascii_lowercase(),
            steps: Steps::new(),
        }
    }

    pub(super) fn identity(&self) -> &'a Identity {
        self.request.identity
    }

    pub(super) fn action(&self) -> &str {
        &self.action
    }

    pub(super) fn resource(&self) -> &'a str {
        self.request.resource
    }

    pub(super) fn steps(&self) -> &Steps {
        &self.steps
    }

    /// Whether what is asked for belongs to the account of who asks. What belongs to none does: it is the
    /// account itself that is asked.
    pub(super) fn stays_in_account(&self) -> bool {
        match self.resource() {
            "*" => true,
            arn => account_of(arn).is_some() && account_of(arn) == self.identity().account(),
        }
    }

    /// Whether these principals name the identity, and all that it acts as: the account, and the role of a
    /// session. A statement that denies everybody else spares no one of whom only a part is named.
    pub(super) fn is_wholly_named(&self, named: &[Principal]) -> bool {
        let identity = self.identity();
        let is_named = |reach: Reach| named.iter().any(|one| one.reach(identity) == reach);
        match identity.kind {
            Kind::Anonymous => false,
            Kind::Service | Kind::Root => is_named(Reach::Own),
            Kind::User | Kind::Role | Kind::FederatedUser => {
                is_named(Reach::Own) && is_named(Reach::Account)
            }
            Kind::Session => {
                is_named(Reach::Own) && is_named(Reach::Shared) && is_named(Reach::Account)
            }
        }
    }

    /// The values of a condition key, by its name in lower case; none where it is absent.
    pub(super) fn values(&self, key: &str) -> Vec<Cow<'a, str>> {
        match self.derived(key) {
            Some(derived) => derived.into_iter().collect(),
            None => self.request.context.values(key),
        }
    }

    /// The value of a key that follows from who asks for what; `None` for all others.
    fn derived(&self, key: &str) -> Option<Option<Cow<'a, str>>> {
        let identity = self.identity();
        let is_service = identity.kind == Kind::Service;
        let text = |text: &'a str| Some(Cow::Borrowed(text));
        let flag = |flag: bool| text(if flag { "true" } else { "false" });
        Some(match key {
            "aws:principalarn" if identity.account().is_none() => None,
            "aws:principalarn" => Some(identity.lasting_arn()),
            "aws:principalaccount" => identity.account().and_then(text),
            "aws:principaltype" => text(identity.kind_name()),
            "aws:principalisawsservice" => flag(is_service),
            "aws:principalservicename" if is_service => text(identity.arn()),
            "aws:principalservicename" => None,
            "aws:viaawsservice" => flag(false),
            "aws:username" if identity.kind == Kind::User => text(identity.name()),
            "aws:username" => None,
            "aws:resourceaccount" => match self.resource() {
                "*" => identity.account().and_then(text),
                arn => account_of(arn).and_then(text),
            },
            _ => return None,
        })
    }
}

/// The account in an ARN.
fn account_of(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.splitn(ARN_SEGMENTS, ':').collect();
    match parts[..] {
        ["arn", _, _, _, account, _] if !account.is_empty() => Some(account),
        _ => None,
    }
}
