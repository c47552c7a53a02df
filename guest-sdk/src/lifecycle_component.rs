//! The boundary of a component that does something before its first event: the bindings, and the entries
//! that the host calls.

use crate::call::Hook;
use crate::component::{run, wire};

/// What is generated from the WIT package.
#[expect(missing_docs, reason = "generated code, described in the WIT package")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "lifecycle-hooks",
        with: {
            "sparkler:function/types@0.1.0": crate::component::bindings::sparkler::function::types,
            "sparkler:function/failure@0.1.0": crate::component::bindings::sparkler::function::failure,
        },
        export_macro_name: "export_lifecycle",
        pub_export_macro: true,
        default_bindings_module: "sparkler_guest::__private::lifecycle_bindings",
    });
}

pub use bindings::export_lifecycle;
pub use bindings::exports::sparkler::function::lifecycle::Guest;

/// Runs what a function does before its first event, or after it was restored.
pub fn prepare(hook: Hook) -> Result<(), wire::FunctionError> {
    run(hook)
}
