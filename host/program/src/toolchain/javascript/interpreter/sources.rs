//! The crate of the interpreter, as this program carries it along.

/// The folder of the crate, below the one that all is written to.
pub(super) const PACKAGE: &str = "js/interpreter";

/// A file of the crate.
macro_rules! file {
    ($name:literal) => {
        (
            concat!("js/interpreter/", $name),
            include_str!(concat!("../../../../kits/js/interpreter/", $name)),
        )
    };
}

/// Its files, and the contract, where the crate looks for it.
pub(super) const FILES: &[(&str, &str)] = &[
    ("wit/function.wit", sparkler::WIT),
    file!("Cargo.toml"),
    file!("Cargo.lock"),
    file!("build.rs"),
    file!("src/lib.rs"),
    file!("src/answer.rs"),
    file!("src/exports.rs"),
    file!("src/runtime.rs"),
    file!("wit/world.wit"),
    file!("runtime/async_context.js"),
    file!("runtime/context.js"),
    file!("runtime/entry.js"),
    file!("runtime/failure.js"),
    file!("runtime/files.js"),
    file!("runtime/handler.js"),
    file!("runtime/http.js"),
    file!("runtime/importer.js"),
    file!("runtime/intl.js"),
    file!("runtime/invocation.js"),
    file!("runtime/log.js"),
    file!("runtime/source_maps.js"),
    file!("runtime/streaming.js"),
    file!("runtime/uncaught.js"),
];
