//! How the event's bytes become what a handler takes.

use std::any::type_name;

use serde::de::DeserializeOwned;

use crate::context::{Context, RawContext};
use crate::error::FunctionError;

/// An event together with its context, as handlers for AWS's Rust runtime take it.
#[derive(Clone, Debug)]
pub struct LambdaEvent<T> {
    /// The event.
    pub payload: T,
    /// What is told about the invocation.
    pub context: Context,
}

impl<T> LambdaEvent<T> {
    /// Puts the two together, such as for a test.
    pub fn new(payload: T, context: Context) -> Self {
        Self { payload, context }
    }

    /// Takes the two apart.
    pub fn into_parts(self) -> (T, Context) {
        (self.payload, self.context)
    }
}

/// What a handler can take as its first parameter.
#[diagnostic::on_unimplemented(
    message = "a handler cannot take `{Self}` as its event",
    label = "not an event",
    note = "an event implements `serde::Deserialize` and borrows nothing: derive it for your type"
)]
pub trait FromEvent: Sized {
    /// Reads the event, and the context where it is asked for.
    fn from_event(event: &[u8], context: RawContext) -> Result<Self, FunctionError>;
}

impl<T: DeserializeOwned> FromEvent for T {
    fn from_event(event: &[u8], _context: RawContext) -> Result<Self, FunctionError> {
        parse(event)
    }
}

impl<T: DeserializeOwned> FromEvent for LambdaEvent<T> {
    fn from_event(event: &[u8], context: RawContext) -> Result<Self, FunctionError> {
        Ok(Self::new(parse(event)?, context.try_into()?))
    }
}

fn parse<T: DeserializeOwned>(event: &[u8]) -> Result<T, FunctionError> {
    serde_json::from_slice(event).map_err(|error| misfit(type_name::<T>(), &error))
}

/// Kept apart from the generic function, so that it is in a component once.
#[cold]
fn misfit(type_name: &str, error: &serde_json::Error) -> FunctionError {
    FunctionError::new(
        "Runtime.UnmarshalError",
        format!("The event does not fit the handler's type `{type_name}`: {error}"),
    )
}
