//! What the component exports.

use crate::answer::Answer;
use crate::bindings::exports::sparkler::function::handler;
use crate::bindings::exports::sparkler::function::lifecycle;
use crate::bindings::exports::sparkler::function::streaming_handler;
use crate::bindings::exports::sparkler::javascript::loaded;
use crate::bindings::sparkler::function::types::{Context, FunctionError};
use crate::runtime::{self, Environment};
use crate::{Component, bindings};

/// Implements the world on the module `entry.js` of `runtime`.
pub(crate) struct Interpreter;

impl lifecycle::Guest for Interpreter {
    fn init() -> Result<(), FunctionError> {
        runtime::start();
        let environment = Environment::read();
        runtime::know_folders_above(environment.get("LAMBDA_TASK_ROOT").unwrap_or("/"));
        let answer: Answer<()> = runtime::call(&["init"], (environment,));
        runtime::close_preopened_folders();
        answer.0
    }

    fn after_restore() -> Result<(), FunctionError> {
        runtime::renew();
        runtime::call::<_, Answer<()>>(&["afterRestore"], (Environment::read(),)).0
    }
}

impl handler::Guest for Interpreter {
    fn handle(event: Vec<u8>, context: Context) -> Result<Vec<u8>, FunctionError> {
        let arguments = (runtime::text(event), runtime::context(context));
        let answer: Answer<String> = runtime::call(&["handle"], arguments);
        answer.0.map(String::into_bytes)
    }
}

impl streaming_handler::Guest for Interpreter {
    fn handle(event: Vec<u8>, context: Context) -> Result<(), FunctionError> {
        let arguments = (runtime::text(event), runtime::context(context));
        let answer: Answer<()> = runtime::call(&["handleStreaming"], arguments);
        answer.0
    }
}

impl loaded::Guest for Interpreter {
    fn streams() -> bool {
        runtime::call(&["streams"], ())
    }
}

/// What the generator adds to each world, for a tool of its own.
impl bindings::Guest for Interpreter {
    fn wizer_initialize() {
        <Component as bindings::Guest>::wizer_initialize();
    }

    fn wasm_rquickjs_wizer_restore_v1() {
        <Component as bindings::Guest>::wasm_rquickjs_wizer_restore_v1();
    }
}
