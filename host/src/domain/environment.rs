//! The variables that a function's owner sets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Environment variables that the owner sets. Names and total size are checked where they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment(pub BTreeMap<String, String>);

/// Variables that the host sets and the owner cannot, as AWS documents them.
pub(crate) const RESERVED_VARIABLES: [&str; 18] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

/// Why a variable cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadName {
    /// The host sets it.
    Reserved,
    /// It is not a letter and then letters, digits and underscores.
    Malformed,
    /// It is one letter alone, which AWS does not take.
    TooShort,
}

/// Looks whether an owner may set the variable `name`.
///
/// # Errors
/// Why not, as AWS documents it.
pub fn check_name(name: &str) -> Result<(), BadName> {
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if RESERVED_VARIABLES.contains(&name) {
        Err(BadName::Reserved)
    } else if !begins_well || !name.bytes().all(in_name) {
        Err(BadName::Malformed)
    } else if name.len() == 1 {
        Err(BadName::TooShort)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_a_letter_and_then_letters_digits_and_underscores() {
        for (name, expected) in [
            ("OK", Ok(())),
            ("a_1", Ok(())),
            ("a", Err(BadName::TooShort)),
            ("", Err(BadName::Malformed)),
            ("1a", Err(BadName::Malformed)),
            ("_a", Err(BadName::Malformed)),
            ("a b", Err(BadName::Malformed)),
            ("äb", Err(BadName::Malformed)),
            ("_HANDLER", Err(BadName::Reserved)),
        ] {
            assert_eq!(check_name(name), expected, "{name}");
        }
    }
}
