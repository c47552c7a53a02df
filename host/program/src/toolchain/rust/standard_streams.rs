//! How standard output and error of a function in Rust get to the log.
//!
//! The C library reaches them through the streams of WASI. The guest SDK has functions that stand for these
//! imports and write straight to the log; `--wrap` has the linker take them. A sandbox of such a component has
//! a fifth of the imports to be given before it runs.

use wasmparser::{Parser, Payload};

/// The imports of the C library that the SDK has something to stand for, without what their symbols all begin
/// with.
const WRAPPED: [&str; 17] = [
    "io_error_error_drop",
    "poll_method_pollable_block",
    "poll_pollable_drop",
    "stderr_get_stderr",
    "stdin_get_stdin",
    "stdout_get_stdout",
    "streams_input_stream_drop",
    "streams_method_output_stream_blocking_flush",
    "streams_method_output_stream_check_write",
    "streams_method_output_stream_subscribe",
    "streams_method_output_stream_write",
    "streams_output_stream_drop",
    "terminal_input_terminal_input_drop",
    "terminal_output_terminal_output_drop",
    "terminal_stderr_get_terminal_stderr",
    "terminal_stdin_get_terminal_stdin",
    "terminal_stdout_get_terminal_stdout",
];

/// What the linker calls a function that takes another's place.
const WRAPPER: &str = "__wrap___wasm_import_";

/// The interfaces behind which there are streams, or what is waited for like one. A component that imports one
/// of them does more with streams than writing to the log.
const STREAMING_INTERFACES: [&str; 5] = [
    "wasi:io/",
    "wasi:filesystem/",
    "wasi:sockets/",
    "wasi:http/",
    "wasi:cli/terminal-",
];

/// Where standard output and error lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StandardStreams {
    /// Straight to the log.
    ToLog,
    /// To the streams of WASI.
    OfWasi,
}

impl StandardStreams {
    /// What the linker is told.
    pub(super) fn linker_flags(self) -> Vec<String> {
        match self {
            Self::OfWasi => Vec::new(),
            Self::ToLog => WRAPPED
                .iter()
                .map(|name| format!("-Clink-arg=--wrap=__wasm_import_{name}"))
                .collect(),
        }
    }
}

/// Whether the linker failed since the SDK of a package has nothing to stand for an import.
pub(super) fn is_nothing_there(messages: &str) -> bool {
    messages.contains(WRAPPER)
}

/// Whether a component needs the streams of WASI, also where its standard streams lead to the log.
pub(super) fn uses_streams(component: &[u8]) -> bool {
    let imports = |payload| match payload {
        Ok(Payload::ComponentImportSection(imports)) => {
            imports.into_iter().flatten().any(|import| {
                let mut streaming = STREAMING_INTERFACES.iter();
                streaming.any(|interface| import.name.name.starts_with(interface))
            })
        }
        _ => false,
    };
    Parser::new(0).parse_all(component).any(imports)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component_importing(interface: &str) -> Vec<u8> {
        let text = format!(r#"(component (import "{interface}" (instance)))"#);
        wat::parse_str(text).expect("a component")
    }

    #[test]
    fn a_component_that_opens_files_or_waits_needs_real_streams() {
        for interface in [
            "wasi:io/streams@0.2.6",
            "wasi:io/poll@0.2.6",
            "wasi:filesystem/preopens@0.2.6",
            "wasi:sockets/tcp@0.2.6",
            "wasi:http/outgoing-handler@0.2.6",
        ] {
            assert!(uses_streams(&component_importing(interface)), "{interface}");
        }
        for interface in [
            "wasi:cli/environment@0.2.6",
            "wasi:clocks/wall-clock@0.2.6",
            "wasi:random/random@0.2.6",
            "sparkler:function/log@0.1.0",
        ] {
            assert!(
                !uses_streams(&component_importing(interface)),
                "{interface}"
            );
        }
    }

    #[test]
    fn an_sdk_without_wrappers_is_told_by_the_linkers_message() {
        assert!(is_nothing_there(
            "rust-lld: error: libc.a: undefined symbol: __wrap___wasm_import_stdin_get_stdin"
        ));
        assert!(!is_nothing_there("undefined symbol: stdin_get_stdin"));
    }
}
