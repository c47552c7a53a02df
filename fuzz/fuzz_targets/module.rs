//! Sound core modules, as programs for WASI preview 1 are: each is wrapped into a component, and what is put into that
//! leaves it sound.

#![no_main]

use std::sync::LazyLock;

use arbitrary::{Arbitrary as _, Unstructured};
use libfuzzer_sys::fuzz_target;
use wasm_smith::{Config, Module};

/// What such a program exports.
static EXPORTS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    wat::parse_str(r#"(module (func (export "_start")) (memory (export "memory") 1))"#)
        .expect("WebAssembly")
});

/// What it may import.
static IMPORTS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    wat::parse_str(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32))))"#,
    )
    .expect("WebAssembly")
});

fuzz_target!(|data: &[u8]| {
    let mut data = Unstructured::new(data);
    let Ok(mut config) = Config::arbitrary(&mut data) else {
        return;
    };
    config.available_imports = Some(IMPORTS.clone());
    config.exports = Some(EXPORTS.clone());
    config.max_imports = 8;
    if let Ok(module) = Module::new(config, &mut data) {
        sparkler::internals::check("component", &module.to_bytes());
    }
});
