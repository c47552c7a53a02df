//! `sparkler:function/failure`: what a guest says of its failure before it breaks, and what its errors are for the host.

use wasmtime::component::Linker;

use super::names::Provided;
use super::part::{Called, Calls, InSnapshot, Part, Reaches};
use super::shared::Shared;
use crate::domain::FunctionError;
use crate::limits;
use crate::sandbox::bindings::sparkler::function::{failure, types};

/// The last words of a guest, which are kept where they can be read when it has ended.
pub(in crate::sandbox) struct Failure;

impl Part for Failure {
    type Host = ();
    const TITLE: &'static str = "errors of the function's own";
    const PROVIDED: &'static [Provided] = &[
        Provided::only("sparkler:function/types", "0.1.0"),
        Provided::only("sparkler:function/failure", "0.1.0"),
    ];
    const NEEDED: Option<&'static str> = None;
    const IN_SNAPSHOT: InSnapshot = InSnapshot::There;

    fn new((): &(), _: &Shared) -> Self {
        Self
    }

    fn link<T: Reaches<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        types::add_to_linker::<T, Calls<Self>>(linker, T::called)?;
        failure::add_to_linker::<T, Calls<Self>>(linker, T::called)
    }
}

impl types::Host for Called<'_, Failure> {}

impl failure::Host for Called<'_, Failure> {
    fn report(&mut self, error: types::FunctionError) {
        self.shared.vitals.report_failure(handler_error(error));
    }
}

/// The error that a handler returned, its texts bounded.
pub(in crate::sandbox) fn handler_error(error: types::FunctionError) -> FunctionError {
    let mut room = limits::FUNCTION_ERROR_TEXT_BYTES_MAX;
    FunctionError::Handler {
        error_type: clip(error.error_type, &mut room),
        message: clip(error.error_message, &mut room),
        stack_trace: error
            .stack_trace
            .into_iter()
            .take(limits::FUNCTION_ERROR_FRAMES_MAX)
            .map_while(|frame| (room > 0).then(|| clip(frame, &mut room)))
            .collect(),
    }
}

/// At most `room` bytes of `text`, cut between characters; takes them from `room`.
fn clip(mut text: String, room: &mut usize) -> String {
    text.truncate(text.floor_char_boundary(*room));
    // Or what was cut off would stay in memory with it.
    text.shrink_to_fit();
    *room -= text.len();
    text
}
