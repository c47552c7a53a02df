//! What converts into a [`FunctionError`].
//!
//! A type name is given where the type says something. What is known only as some error, and a
//! plain text, are of the type `Error`.

use std::convert::Infallible;

use crate::error::{Diagnostic, Error, FunctionError};

/// The type of a failure whose own type is not known.
const UNNAMED: &str = "Error";

impl<T: Into<Diagnostic>> From<T> for FunctionError {
    fn from(error: T) -> Self {
        let diagnostic = error.into();
        Self::new(diagnostic.error_type, diagnostic.error_message)
    }
}

impl From<Error> for FunctionError {
    fn from(error: Error) -> Self {
        match error.downcast::<FunctionError>() {
            Ok(error) => *error,
            Err(error) => named_where_known(error.as_ref()),
        }
    }
}

impl From<Box<dyn std::error::Error>> for FunctionError {
    fn from(error: Box<dyn std::error::Error>) -> Self {
        match error.downcast::<FunctionError>() {
            Ok(error) => *error,
            Err(error) => named_where_known(error.as_ref()),
        }
    }
}

#[cfg(feature = "anyhow")]
impl From<anyhow::Error> for FunctionError {
    fn from(error: anyhow::Error) -> Self {
        error
            .downcast::<FunctionError>()
            .unwrap_or_else(|error| named_where_known(error.as_ref()))
    }
}

impl From<std::io::Error> for FunctionError {
    fn from(error: std::io::Error) -> Self {
        named_where_known(&error)
    }
}

impl From<serde_json::Error> for FunctionError {
    fn from(error: serde_json::Error) -> Self {
        named_where_known(&error)
    }
}

impl From<String> for FunctionError {
    fn from(message: String) -> Self {
        Self::new(UNNAMED, message)
    }
}

impl From<&str> for FunctionError {
    fn from(message: &str) -> Self {
        Self::new(UNNAMED, message)
    }
}

impl From<Infallible> for FunctionError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// A box has lost the name of what is in it, but can still be asked for the usual ones.
fn named_where_known(error: &(dyn std::error::Error + 'static)) -> FunctionError {
    let name = if error.is::<std::io::Error>() {
        "std::io::Error"
    } else if error.is::<serde_json::Error>() {
        "serde_json::Error"
    } else {
        UNNAMED
    };
    FunctionError::named(name, error)
}

#[cfg(test)]
mod tests {
    use std::{fmt, io};

    use super::*;

    #[derive(Debug)]
    struct Outer(io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the list cannot be read")
        }
    }

    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[track_caller]
    fn check(error: impl Into<FunctionError>, name: &str, message: &str) {
        assert_eq!(error.into(), FunctionError::new(name, message));
    }

    #[test]
    fn texts_and_common_errors_convert() {
        check("no", "Error", "no");
        check(String::from("no"), "Error", "no");
        check(io::Error::other("disk"), "std::io::Error", "disk");
        let error = serde_json::from_str::<u8>("x").expect_err("not a number");
        check(
            error,
            "serde_json::Error",
            "expected value at line 1 column 1",
        );
    }

    #[test]
    fn a_boxed_error_keeps_its_name_where_it_is_known() {
        check(Error::from("no"), "Error", "no");
        check(
            Error::from(io::Error::other("disk")),
            "std::io::Error",
            "disk",
        );
        let boxed: Box<dyn std::error::Error> = io::Error::other("disk").into();
        check(boxed, "std::io::Error", "disk");
    }

    #[test]
    fn a_function_error_passes_through_a_box_unchanged() {
        let mut error = FunctionError::new("SoldOut", "No tea is left.");
        error.stack_trace.push("shelf 3".into());
        assert_eq!(FunctionError::from(Error::from(error.clone())), error);
    }

    #[test]
    fn the_sources_of_an_error_are_its_trace() {
        let outer = || Outer(io::Error::other("disk"));
        let error = FunctionError::from(Error::from(outer()));
        assert_eq!(error.error_message, "the list cannot be read");
        assert_eq!(error.stack_trace, ["caused by: disk"]);
        let named = FunctionError::from_error(&outer());
        assert!(named.error_type.ends_with("::Outer"), "{named}");
        assert_eq!(named.stack_trace, error.stack_trace);
    }

    #[test]
    fn what_converts_into_a_diagnostic_converts() {
        struct Refused;
        impl From<Refused> for Diagnostic {
            fn from(_: Refused) -> Self {
                Self {
                    error_type: "Refused".into(),
                    error_message: "Not today.".into(),
                }
            }
        }
        check(Refused, "Refused", "Not today.");
        check(Diagnostic::from(Refused), "Refused", "Not today.");
    }

    #[cfg(feature = "anyhow")]
    #[test]
    fn an_anyhow_error_keeps_its_contexts() {
        let error = anyhow::Error::from(io::Error::other("disk")).context("no list");
        let error = FunctionError::from(error);
        assert_eq!(error.error_message, "no list");
        assert_eq!(error.stack_trace, ["caused by: disk"]);
        let typed = FunctionError::new("SoldOut", "No tea is left.");
        assert_eq!(
            FunctionError::from(anyhow::Error::from(typed.clone())),
            typed
        );
    }
}
