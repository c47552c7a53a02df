//! Standard output and error of a component, written straight to the host's log.
//!
//! The C library below Rust's standard library reaches its streams through a dozen imports, all of which a
//! sandbox has to be given before it runs, whether it writes a line or not. They are a third of the work of
//! setting up a small one. Where a function is linked with `--wrap` for each of them, as `sparkler build`
//! does it, the functions below take their places: standard output and error go to the log, standard input
//! is never read, and none of them is a terminal. A component that reads, or opens files or sockets, needs
//! the real ones, and is linked without.
//!
//! Streams are told apart by nothing, since all that is written goes to the same log.

#![expect(
    unsafe_code,
    reason = "these stand for functions of the C library, and are called by it"
)]

use bindings::sparkler::function::log;

/// What is generated from the WIT package.
mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "log-writer",
    });
}

/// What stands for a stream. The C library only passes it on.
const STREAM: i32 = 1;

/// Most bytes of one write: what the host takes at once.
const WRITE_BYTES_MAX: u64 = 64 * 1024;

/// The case of a variant that comes first: `ok` of a result, `none` of an option.
const FIRST_CASE: u8 = 0;

/// Where the payload of a `result<u64, …>` lies behind its case.
const WIDE_PAYLOAD_OFFSET: usize = 8;

macro_rules! stands_for {
    ($(fn $name:ident($($argument:ident: $type:ty),*) $(-> $answer:ty)? $body:block)*) => {$(
        // SAFETY: nobody else defines a symbol of such a name, and the arguments are those of the import that it
        // stands for, in the canonical ABI.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: $type),*) $(-> $answer)? $body
    )*};
}

stands_for! {
    fn __wrap___wasm_import_stdin_get_stdin() -> i32 { STREAM }
    fn __wrap___wasm_import_stdout_get_stdout() -> i32 { STREAM }
    fn __wrap___wasm_import_stderr_get_stderr() -> i32 { STREAM }

    fn __wrap___wasm_import_terminal_stdin_get_terminal_stdin(answer: *mut u8) {
        unsafe { *answer = FIRST_CASE }
    }
    fn __wrap___wasm_import_terminal_stdout_get_terminal_stdout(answer: *mut u8) {
        unsafe { *answer = FIRST_CASE }
    }
    fn __wrap___wasm_import_terminal_stderr_get_terminal_stderr(answer: *mut u8) {
        unsafe { *answer = FIRST_CASE }
    }
    fn __wrap___wasm_import_terminal_input_terminal_input_drop(_terminal: i32) {}
    fn __wrap___wasm_import_terminal_output_terminal_output_drop(_terminal: i32) {}

    fn __wrap___wasm_import_streams_method_output_stream_check_write(_stream: i32, answer: *mut u8) {
        unsafe {
            *answer = FIRST_CASE;
            answer.add(WIDE_PAYLOAD_OFFSET).cast::<u64>().write(WRITE_BYTES_MAX);
        }
    }
    fn __wrap___wasm_import_streams_method_output_stream_write(
        _stream: i32,
        bytes: *const u8,
        length: usize,
        answer: *mut u8
    ) {
        if length > 0 {
            log::write(unsafe { std::slice::from_raw_parts(bytes, length) });
        }
        unsafe { *answer = FIRST_CASE }
    }
    fn __wrap___wasm_import_streams_method_output_stream_blocking_flush(_stream: i32, answer: *mut u8) {
        unsafe { *answer = FIRST_CASE }
    }
    fn __wrap___wasm_import_streams_method_output_stream_subscribe(_stream: i32) -> i32 { STREAM }
    fn __wrap___wasm_import_streams_input_stream_drop(_stream: i32) {}
    fn __wrap___wasm_import_streams_output_stream_drop(_stream: i32) {}
    fn __wrap___wasm_import_io_error_error_drop(_error: i32) {}

    fn __wrap___wasm_import_poll_method_pollable_block(_pollable: i32) {}
    fn __wrap___wasm_import_poll_pollable_drop(_pollable: i32) {}
}
