//! What happens before a function can be called.

use crate::answers::INITIALIZATION_TYPE;
use crate::call::Failure;

/// How a start ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// The function can be called.
    Ready,
    /// The start fails, and says why.
    Fails(Failure),
    /// The process ends with status 0.
    Exits,
    /// The process breaks without a word.
    Crashes,
}

pub(crate) fn fail() -> Start {
    Start::Fails(Failure::new("Exception", "Runtime startup fails"))
}

pub(crate) fn fail_where_provisioned() -> Start {
    start_as(std::env::var(INITIALIZATION_TYPE).ok().as_deref())
}

fn start_as(initialization_type: Option<&str>) -> Start {
    match initialization_type {
        Some("provisioned-concurrency") => Start::Fails(Failure::new("Exception", "no")),
        _ => Start::Ready,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_provisioned_start_fails() {
        assert_eq!(start_as(None), Start::Ready);
        assert_eq!(start_as(Some("on-demand")), Start::Ready);
        assert!(matches!(
            start_as(Some("provisioned-concurrency")),
            Start::Fails(_)
        ));
    }
}
