//! Secrets: values that a function uses and nobody is shown.

use std::fmt;
use std::path::PathBuf;

use super::name::GrantName;
use crate::domain::{AccountId, FunctionName};

/// How the value of a variable begins that is a reference.
const START: &str = "{{secret:";

/// How it ends.
const END: &str = "}}";

/// A secret as the host's owner names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSecret {
    /// The account whose functions may refer to it; the host's own, where none is named.
    pub account: Option<AccountId>,
    /// The one function that may use it; any, where none is named.
    pub function: Option<FunctionName>,
    /// What functions call it by.
    pub name: GrantName,
    /// Where its value comes from.
    pub source: SecretSource,
}

/// Where the value of a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A file, read when the host starts. A line break at its end is not part of the value.
    File(PathBuf),
    /// A variable of the host's environment, read when the host starts.
    Variable(String),
    /// The program that embeds the host.
    Value(SecretValue),
}

/// A value that shows itself to nobody who does not ask for it by name.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(String);

impl SecretValue {
    /// A value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Whether a value is meant as a reference, well-formed or not.
pub(super) fn is_meant(value: &str) -> bool {
    // Asked of every variable at every invocation; nearly none has a brace.
    value.contains('{') && value.contains(START)
}

/// The secret that the value of a variable refers to: the whole value is `{{secret:NAME}}`. `None` where
/// it is a value like any other.
///
/// # Errors
/// With the rest of a sentence that begins with the variable, where it is meant as a reference and is
/// none.
pub(crate) fn secret_reference(value: &str) -> Option<Result<GrantName, String>> {
    if !is_meant(value) {
        return None;
    }
    let name = value
        .strip_prefix(START)
        .and_then(|rest| rest.strip_suffix(END))
        .and_then(GrantName::parse);
    Some(name.ok_or_else(|| {
        "does not refer to a secret as it seems to: the whole value is {{secret:NAME}}, and a name has \
         letters, digits, '-', '_' and '.'."
            .into()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_the_whole_value_and_nothing_else_is_one() {
        let name = |value: &str| secret_reference(value).map(|name| name.map(|n| n.to_string()));
        assert_eq!(name("{{secret:api-key}}"), Some(Ok("api-key".into())));
        for plain in ["", "secret:api-key", "{{name}}", "{{ secret:a }}"] {
            assert_eq!(name(plain), None, "{plain}");
        }
        for malformed in [
            "{{secret:}}",
            "{{secret:a",
            "{{secret:a b}}",
            "x{{secret:a}}",
            "{{secret:a}}{{secret:b}}",
        ] {
            assert!(matches!(name(malformed), Some(Err(_))), "{malformed}");
        }
    }

    #[test]
    fn a_value_is_not_shown_by_accident() {
        let secret = HostSecret {
            account: None,
            function: None,
            name: GrantName::parse("key").expect("a name"),
            source: SecretSource::Value(SecretValue::new("hunter2")),
        };
        assert!(!format!("{secret:?}").contains("hunter2"));
    }
}
