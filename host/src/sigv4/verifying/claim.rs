//! Who a request says it is from.

use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use super::denial::Denial;
use super::request::Rules;
use super::scope::{Scope, Time};
use crate::limits::SIGNED_HEADERS_MAX;

/// Who a request says it is from, and by what it would prove that.
///
/// It is not shown: its token is as good as a secret while it is used.
#[derive(Clone)]
pub(crate) struct Claim {
    pub(super) form: Form,
    pub(super) scope: Scope,
    pub(super) time: Time,
    /// Names in lower case, separated by semicolons.
    pub(super) signed_headers: String,
    pub(super) signature: String,
    pub(super) token: Option<Zeroizing<String>>,
}

/// Where a request says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In the header `Authorization`.
    Header,
    /// In the query, for so long.
    Query(Duration),
}

impl Claim {
    /// The id of the key.
    pub(crate) fn key_id(&self) -> &str {
        &self.scope.key_id
    }

    /// The day that the key is for, such as `20260102`.
    pub(crate) fn day(&self) -> &str {
        &self.scope.day
    }

    /// The region that the key is for.
    pub(crate) fn region(&self) -> &str {
        &self.scope.region
    }

    /// The token of a session.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref().map(String::as_str)
    }

    /// Whether the claim is for what the rules ask for, and made about now.
    ///
    /// # Errors
    /// With what is wrong with its scope, or with its time.
    pub(crate) fn check(&self, rules: &Rules<'_>, now: SystemTime) -> Result<(), Denial> {
        self.scope.check(&self.time, rules)?;
        let good_for = match self.form {
            Form::Header => rules.skew,
            Form::Query(good_for) => good_for,
        };
        self.time.check(now, rules.skew, good_for)
    }
}

/// The headers that are to be signed. `host` has to be one of them.
pub(super) fn signed_headers(text: &str) -> Result<String, Denial> {
    let names: Vec<&str> = text.split(';').collect();
    if names.len() > SIGNED_HEADERS_MAX {
        return Err(Denial::Incomplete(format!(
            "The signature is over {} headers: sign at most {SIGNED_HEADERS_MAX}.",
            names.len()
        )));
    }
    match names
        .iter()
        .any(|name| ["host", ":authority"].contains(name))
    {
        true => Ok(text.into()),
        false => Err(Denial::Invalid(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".into(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;
    use crate::sigv4::Presented;

    /// Which of the two is meant can be told for what cannot be shown alone.
    trait NotShown<T> {
        const IS_SO: bool = true;
    }
    impl<T: ?Sized> NotShown<()> for T {}
    impl<T: Debug + ?Sized> NotShown<u8> for T {}

    #[test]
    fn nothing_can_print_what_a_request_brings_to_be_believed() {
        const { assert!(<Claim as NotShown<_>>::IS_SO && <Presented<'static> as NotShown<_>>::IS_SO) };
    }
}
