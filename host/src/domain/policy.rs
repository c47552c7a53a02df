//! Policies: who may do what with which resources, and whether somebody may do something.
//!
//! One kind of statement stands in all of them: in those of functions, versions and aliases, whether it was added
//! there alone or came with a whole document, and in those that identities bring with them. One evaluation
//! answers every question about them ([`decide`]).

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod any_input;
mod asked;
mod attached;
mod condition;
mod decision;
mod document;
mod error;
mod grant;
mod identity;
mod keys;
mod moment;
mod operator;
mod pattern;
mod principal;
mod request;
mod statement;
mod steps;
mod strict_json;
#[cfg(test)]
mod tests;
mod texts;
mod truth;

pub(crate) use attached::{
    granted, no_policy, of_resource, refuse_latest, removed, replaced, revoked, shown,
};
pub use decision::{Decision, Found, Opinion, OwnPolicies, PolicyKind, Reason, decide};
pub use document::Document;
pub use error::PolicyError;
pub(crate) use grant::{Conditions, Grant};
pub use identity::Identity;
pub use keys::Context;
pub use request::Request;
pub(crate) use statement::Statement;
