//! The policies that are known by a name, as a file of keys names them.

use std::sync::Arc;

use super::operations::Preset;
use crate::domain::Named as _;
use crate::domain::policy::{Document, PolicyError};

/// The policy of this name; for these ARNs alone, where there are some. `None` where nothing has this name.
///
/// # Errors
/// Where these are no ARNs, or more than a policy has room for.
pub(crate) fn preset(
    name: &str,
    only: Option<&[String]>,
) -> Option<Result<Arc<Document>, PolicyError>> {
    let preset = Preset::named(name)?;
    let only = only.map(|arns| arns.iter().map(String::as_str).collect::<Vec<_>>());
    let policy = preset.policy(only.as_deref().unwrap_or(&["*"]));
    Some(policy.map(Arc::new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_has_no_room_for_its_functions_is_another_thing_than_none() {
        let arn = "arn:aws:lambda:*:123456789012:function:orders-*".to_owned();
        let only = |count: usize| vec![arn.clone(); count];
        assert!(preset("deplyo", None).is_none());
        assert!(preset("deploy", Some(&only(1))).is_some_and(|policy| policy.is_ok()));
        assert!(preset("deploy", Some(&only(1_000))).is_some_and(|policy| policy.is_err()));
    }
}
