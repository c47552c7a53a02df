//! The runtime of Python functions, which this program brings along: what stands in `guest-sdk/python`, and
//! the contract.

/// The world of a function in Python.
pub(super) const WORLD: &str = "python-function";

/// The module that componentize-py imports first.
pub(super) const MAIN_MODULE: &str = "sparkler_main";

/// The interfaces, by their place in a folder of WIT.
pub(super) const WIT: [(&str, &str); 6] = [
    (
        "python.wit",
        include_str!("../../../kits/python/wit/python.wit"),
    ),
    (
        "deps/cli/cli.wit",
        include_str!("../../../kits/python/wit/cli.wit"),
    ),
    (
        "deps/clocks/clocks.wit",
        include_str!("../../../kits/python/wit/clocks.wit"),
    ),
    (
        "deps/http/http.wit",
        include_str!("../../../kits/python/wit/http.wit"),
    ),
    (
        "deps/io/io.wit",
        include_str!("../../../kits/python/wit/io.wit"),
    ),
    ("deps/function/function.wit", sparkler::WIT),
];

/// The files of one module of the runtime.
macro_rules! module {
    ($name:literal) => {
        (
            concat!("sparkler_guest/", $name),
            include_str!(concat!("../../../kits/python/sparkler_guest/", $name)),
        )
    };
}

/// The runtime's own modules.
pub(super) const MODULES: [(&str, &str); 28] = [
    module!("__init__.py"),
    module!("context.py"),
    module!("errors.py"),
    module!("function.py"),
    module!("json_text.py"),
    module!("late_imports.py"),
    module!("log.py"),
    module!("managed.py"),
    module!("processes.py"),
    module!("sources.py"),
    module!("task_files.py"),
    module!("threads.py"),
    module!("time_zones.py"),
    module!("network/__init__.py"),
    module!("network/channel.py"),
    module!("network/descriptors.py"),
    module!("network/exchange.py"),
    module!("network/failure.py"),
    module!("network/names.py"),
    module!("network/pair.py"),
    module!("network/request.py"),
    module!("network/response.py"),
    module!("network/sockets.py"),
    module!("network/tls.py"),
    module!("network/tls_constants.py"),
    module!("network/tls_errors.py"),
    module!("network/tls_marks.py"),
    module!("network/waiting.py"),
];

/// The text of the main module of the interpreter that runs many functions.
pub(super) const GENERIC_MAIN_MODULE: &str =
    "from sparkler_guest.managed import prepare\n\nHandler, Lifecycle = prepare()\n";

/// The text of the main module for a handler.
pub(super) fn main_module(handler: &str) -> String {
    format!(
        "from sparkler_guest.function import prepare\n\n\
         Handler, Lifecycle = prepare({handler:?})\n"
    )
}
