//! The steps around a handler: bytes to event, outcome to bytes.

use serde::Serialize;

use crate::context::RawContext;
use crate::error::FunctionError;
use crate::event::FromEvent;
use crate::response::ResponseStream;

/// A handler with its types wrapped away.
pub type Call = fn(Vec<u8>, RawContext) -> Result<Vec<u8>, FunctionError>;

/// A streaming handler with its types wrapped away.
pub type StreamingCall = fn(Vec<u8>, RawContext, ResponseStream) -> Result<(), FunctionError>;

/// Reads what the handler takes. The event's bytes are given back before the handler runs.
pub fn read<T: FromEvent>(event: Vec<u8>, context: RawContext) -> Result<T, FunctionError> {
    T::from_event(&event, context)
}

/// Writes what the handler returned.
pub fn write(output: impl Output) -> Result<Vec<u8>, FunctionError> {
    output.write()
}

/// What a handler can return.
#[diagnostic::on_unimplemented(
    message = "a handler cannot return `{Self}`",
    label = "not the result of a handler",
    note = "a handler returns `Result<R, F>`, where `R` implements `serde::Serialize` and `F` converts \
            into `sparkler_guest::FunctionError`"
)]
pub trait Output {
    /// The answer as JSON, or the failure.
    fn write(self) -> Result<Vec<u8>, FunctionError>;
}

impl<R: Serialize, F: Into<FunctionError>> Output for Result<R, F> {
    fn write(self) -> Result<Vec<u8>, FunctionError> {
        let answer = self.map_err(F::into)?;
        serde_json::to_vec(&answer).map_err(|error| unwritable(&error))
    }
}

/// Ends a streaming handler with what it returned.
pub fn end(outcome: impl End) -> Result<(), FunctionError> {
    outcome.end()
}

/// What a streaming handler can return.
#[diagnostic::on_unimplemented(
    message = "a streaming handler cannot return `{Self}`",
    label = "not the result of a streaming handler",
    note = "a streaming handler writes its response and returns `Result<(), F>`, where `F` converts into \
            `sparkler_guest::FunctionError`"
)]
pub trait End {
    /// Nothing more, or the failure.
    fn end(self) -> Result<(), FunctionError>;
}

impl<F: Into<FunctionError>> End for Result<(), F> {
    fn end(self) -> Result<(), FunctionError> {
        self.map_err(F::into)
    }
}

/// Something that a function does before its first event, with its types wrapped away.
pub type Hook = fn() -> Result<(), FunctionError>;

/// Ends a hook with what it returned.
pub fn done(outcome: impl Done) -> Result<(), FunctionError> {
    outcome.done()
}

/// What `init` and `after_restore` can return.
#[diagnostic::on_unimplemented(
    message = "what runs before the first event cannot return `{Self}`",
    label = "neither nothing nor a result",
    note = "`init` and `after_restore` return nothing or `Result<(), F>`, where `F` converts into \
            `sparkler_guest::FunctionError`"
)]
pub trait Done {
    /// Nothing, or the failure.
    fn done(self) -> Result<(), FunctionError>;
}

impl Done for () {
    fn done(self) -> Result<(), FunctionError> {
        Ok(())
    }
}

impl<F: Into<FunctionError>> Done for Result<(), F> {
    fn done(self) -> Result<(), FunctionError> {
        self.map_err(F::into)
    }
}

/// Its argument: what a type must be, said where the compiler can point at it.
pub fn same<T>(value: T) -> T {
    value
}

#[cold]
fn unwritable(error: &serde_json::Error) -> FunctionError {
    FunctionError::new(
        "Runtime.MarshalError",
        format!("The handler's answer cannot be written as JSON: {error}"),
    )
}
