//! The program: everything is in the library, so that it can be embedded and tested.

use std::ffi::c_long;
use std::process::ExitCode;

use libmimalloc_sys::{mi_option_set, mi_option_t};

#[cfg(feature = "unlimited-for-benchmarks")]
compile_error!(
    "the feature `unlimited-for-benchmarks` takes away every limit of the sandbox, to measure what the limits \
     cost. It is for one benchmark, which uses the library: build the program without it."
);

/// Compiling and serving allocate much in many threads, where the system's allocator is slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// For how long the allocator keeps memory that was freed before it gives it back, in milliseconds. To give it
/// back takes the lock of the whole process's memory and interrupts the other cores in the middle of calls, and
/// soon it is taken again.
const FREED_MEMORY_KEPT_MS: c_long = 60_000;

/// mimalloc's option `purge_delay`, which its crate has no name for.
const PURGE_DELAY: mi_option_t = 15;

fn main() -> ExitCode {
    keep_freed_memory();
    sparkler::cli::main()
}

#[expect(
    unsafe_code,
    reason = "the allocator's options are set through its C interface"
)]
fn keep_freed_memory() {
    // SAFETY: it stores a number, and no other thread runs yet.
    unsafe { mi_option_set(PURGE_DELAY, FREED_MEMORY_KEPT_MS) }
}
