//! The boundary of a component that streams: the bindings, the entry that the host calls, and where the
//! response goes.

use std::io;

use crate::call::StreamingCall;
use crate::component::{run, wire};
use crate::response::ResponseStream;

/// What is generated from the WIT package.
#[expect(missing_docs, reason = "generated code, described in the WIT package")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "streaming-function",
        with: {
            "sparkler:function/types@0.1.0": crate::component::bindings::sparkler::function::types,
            "sparkler:function/failure@0.1.0": crate::component::bindings::sparkler::function::failure,
        },
        export_macro_name: "export_streaming_function",
        pub_export_macro: true,
        default_bindings_module: "sparkler_guest::__private::streaming_bindings",
    });
}

pub use bindings::export_streaming_function;
pub use bindings::exports::sparkler::function::streaming_handler::Guest;

/// Most bytes of one call: far below what the host takes out of a guest at once.
const WRITE_BYTES_MAX: usize = 1024 * 1024;

/// Answers one call of the host.
pub fn stream(
    event: Vec<u8>,
    context: wire::Context,
    call: StreamingCall,
) -> Result<(), wire::FunctionError> {
    run(|| call(event, context.into(), ResponseStream::to_host(write)))
}

/// Writes to the response; gives how many bytes were taken.
fn write(bytes: &[u8]) -> io::Result<usize> {
    use bindings::sparkler::function::response::{self, WriteError};
    let piece = &bytes[..bytes.len().min(WRITE_BYTES_MAX)];
    match response::write(piece) {
        Ok(()) => Ok(piece.len()),
        Err(WriteError::Closed) => Err(io::Error::new(
            io::ErrorKind::BrokenPipe,
            "the response has ended: it is written only while its handler runs",
        )),
    }
}
