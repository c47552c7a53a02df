//! What is asked.

use super::identity::Identity;
use super::keys::Context;

/// May `identity` do `action` with `resource`?
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who asks.
    pub identity: &'a Identity,
    /// Such as `lambda:InvokeFunction`.
    pub action: &'a str,
    /// The ARN as it was addressed; `*` for what is about the account.
    pub resource: &'a str,
    /// What else is known.
    pub context: &'a Context,
}
