//! The boundary of the component: its start, and the entry that the host calls.

use sparkler_guest::__private::bindings::sparkler::function::failure;
use sparkler_guest::__private::wire::{Context as WireContext, FunctionError};
use sparkler_guest::__private::{Guest, bindings, export_function};

use crate::call::{Call, Context, Failure};
use crate::selection::selected;
use crate::start::Start;

struct Function;

export_function!(Function with_types_in bindings);

impl Guest for Function {
    fn handle(event: Vec<u8>, context: WireContext) -> Result<Vec<u8>, FunctionError> {
        let behaviour = selected().ok_or_else(no_behaviour)?;
        let call = Call {
            event,
            context: context.into(),
        };
        (behaviour.handle)(&call).map_err(Into::into)
    }
}

/// Runs while the component is instantiated. A constructor would only run in the first call.
#[unsafe(no_mangle)]
#[expect(
    unsafe_code,
    reason = "what runs at the start is found by this name, which nothing else in the component has"
)]
extern "C" fn _initialize() {
    if let Some(behaviour) = selected() {
        enact((behaviour.start)());
    }
}

fn enact(start: Start) {
    match start {
        Start::Ready => (),
        Start::Fails(reason) => {
            failure::report(&reason.into());
            std::process::exit(1)
        }
        Start::Exits => std::process::exit(0),
        Start::Crashes => std::arch::wasm32::unreachable(),
    }
}

fn no_behaviour() -> FunctionError {
    let reason = "This is the guest as it was compiled: a package has the name of a behaviour \
                  written into it. The command `conformance-packages` makes them.";
    Failure::new("NoBehaviour", reason).into()
}

impl From<WireContext> for Context {
    fn from(context: WireContext) -> Self {
        Self {
            request_id: context.request_id,
            invoked_function_arn: context.invoked_function_arn,
            function_version: context.function_version,
            client_context: context.client_context,
        }
    }
}

impl From<Failure> for FunctionError {
    fn from(failure: Failure) -> Self {
        Self {
            error_type: failure.error_type,
            error_message: failure.error_message,
            stack_trace: Vec::new(),
        }
    }
}
