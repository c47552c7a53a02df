//! The names of runtimes. A component needs none; tools insist on one, so it is checked and shown.

use crate::contract::constraint::Quoted;
use crate::contract::error::WireError;
use crate::domain::runtime::{RETIRED_RUNTIMES, SUPPORTED_RUNTIMES};

/// Checks the name of a runtime.
///
/// # Errors
/// For unknown and for retired ones, with the texts that AWS has for them.
pub(in crate::contract) fn check(runtime: &str) -> Result<(), WireError> {
    if SUPPORTED_RUNTIMES.contains(&runtime) {
        return Ok(());
    }
    if RETIRED_RUNTIMES.contains(&runtime) {
        return Err(WireError::invalid_parameter(format!(
            "The runtime parameter of {runtime} is no longer supported for creating or updating AWS \
             Lambda functions. We recommend you use a supported runtime while creating or updating \
             functions."
        )));
    }
    Err(WireError::invalid_parameter(format!(
        "Value {} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \
         [{}] or be a valid ARN",
        Quoted(runtime),
        SUPPORTED_RUNTIMES.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supported_runtimes_pass_and_others_are_told_why_they_do_not() {
        assert!(check("provided.al2023").is_ok());
        let unknown = format!("{:?}", check("PYTHON3.9").expect_err("names have a case"));
        assert!(unknown.contains(
            "Value PYTHON3.9 at 'runtime' failed to satisfy constraint: Member must satisfy enum \
             value set: [nodejs20.x, python3.14,"
        ));
        let retired = format!("{:?}", check("go1.x").expect_err("it is retired"));
        assert!(retired.contains("The runtime parameter of go1.x is no longer supported"));
    }
}
