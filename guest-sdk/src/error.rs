//! How a function fails.

use std::any::type_name;
use std::fmt;

/// Any error, as handlers for AWS's Rust runtime return it: `?` converts whatever it meets.
pub type Error = Box<dyn std::error::Error + Send + Sync + 'static>;

/// The failure that a handler reports.
///
/// The caller gets it as a JSON object with `errorType`, `errorMessage` and `stackTrace`.
///
/// A handler may return it directly, or any type that converts into it: [`Error`], strings,
/// [`std::io::Error`], [`serde_json::Error`], [`Diagnostic`] and whatever converts into that, and a
/// type of your own that says how:
///
/// ```
/// use sparkler_guest::FunctionError;
///
/// enum Refusal {
///     SoldOut { item: String },
/// }
///
/// impl From<Refusal> for FunctionError {
///     fn from(refusal: Refusal) -> Self {
///         match refusal {
///             Refusal::SoldOut { item } => Self::new("SoldOut", format!("No {item} is left.")),
///         }
///     }
/// }
/// ```
///
/// As an error value it also passes through [`Error`] unchanged: a helper may return it, and a
/// handler may hand it on with `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunctionError {
    /// A name that programs can match on.
    pub error_type: String,
    /// A sentence for people.
    pub error_message: String,
    /// Where it happened, innermost first, and what caused it; may be empty.
    pub stack_trace: Vec<String>,
}

impl FunctionError {
    /// A failure without a trace.
    pub fn new(error_type: impl Into<String>, error_message: impl Into<String>) -> Self {
        Self {
            error_type: error_type.into(),
            error_message: error_message.into(),
            stack_trace: Vec::new(),
        }
    }

    /// A failure with the name of the error's type, its message, and its sources as the trace.
    ///
    /// ```
    /// use sparkler_guest::FunctionError;
    ///
    /// let error = FunctionError::from_error(&"many".parse::<u8>().unwrap_err());
    /// assert_eq!(error.error_type, "core::num::error::ParseIntError");
    /// assert_eq!(error.error_message, "invalid digit found in string");
    /// ```
    pub fn from_error<E: std::error::Error>(error: &E) -> Self {
        Self::named(type_name::<E>(), error)
    }

    /// The same with a name of the caller's choice.
    pub(crate) fn named(error_type: &str, error: &dyn std::error::Error) -> Self {
        Self {
            error_type: error_type.into(),
            error_message: error.to_string(),
            stack_trace: causes(error),
        }
    }
}

/// One line for each source of `error`, outermost first.
pub(crate) fn causes(error: &dyn std::error::Error) -> Vec<String> {
    std::iter::successors(error.source(), |cause| cause.source())
        .map(|cause| format!("caused by: {cause}"))
        .collect()
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type, self.error_message)
    }
}

impl std::error::Error for FunctionError {}

/// A failure as handlers for AWS's Rust runtime describe it.
///
/// What converts into it converts into a [`FunctionError`], so an error type of a ported function
/// works as it is:
///
/// ```
/// use sparkler_guest::{Diagnostic, LambdaEvent, handler};
///
/// struct Refused(&'static str);
///
/// impl From<Refused> for Diagnostic {
///     fn from(refused: Refused) -> Self {
///         Self { error_type: "Refused".into(), error_message: refused.0.into() }
///     }
/// }
///
/// #[handler]
/// async fn refuse(_event: LambdaEvent<()>) -> Result<(), Refused> {
///     Err(Refused("Not today."))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A name that programs can match on.
    pub error_type: String,
    /// A sentence for people.
    pub error_message: String,
}
