//! The boundary of a component: the bindings, and the entry that the host calls.

use crate::call::Call;
use crate::context::RawContext;
use crate::error::FunctionError;
use crate::log::flush_log;
use crate::panic::report_panics;

/// What is generated from the WIT package.
#[expect(missing_docs, reason = "generated code, described in the WIT package")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "function",
        export_macro_name: "export_function",
        pub_export_macro: true,
        default_bindings_module: "sparkler_guest::__private::bindings",
    });
}

pub use bindings::export_function;
pub use bindings::exports::sparkler::function::handler::Guest;

/// The values that cross the boundary.
pub mod wire {
    pub use crate::component::bindings::sparkler::function::types::{Context, FunctionError};
}

/// Answers one call of the host.
pub fn answer(
    event: Vec<u8>,
    context: wire::Context,
    call: Call,
) -> Result<Vec<u8>, wire::FunctionError> {
    run(|| call(event, context.into()))
}

/// Runs a handler of either kind.
pub(crate) fn run<T>(
    handler: impl FnOnce() -> Result<T, FunctionError>,
) -> Result<T, wire::FunctionError> {
    report_panics(|failure| bindings::sparkler::function::failure::report(&failure.into()));
    let outcome = handler();
    flush_log();
    outcome.map_err(Into::into)
}

impl From<wire::Context> for RawContext {
    fn from(context: wire::Context) -> Self {
        Self {
            request_id: context.request_id,
            invoked_function_arn: context.invoked_function_arn,
            function_version: context.function_version,
            deadline_ms: context.deadline_ms,
            trace_id: context.trace_id,
            client_context: context.client_context,
            tenant_id: context.tenant_id,
        }
    }
}

impl From<FunctionError> for wire::FunctionError {
    fn from(error: FunctionError) -> Self {
        Self {
            error_type: error.error_type,
            error_message: error.error_message,
            stack_trace: error.stack_trace,
        }
    }
}
