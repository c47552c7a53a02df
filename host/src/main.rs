//! The program: everything is in the library, so that it can be embedded and tested.

use std::process::ExitCode;

/// Compiling and serving allocate much in many threads, where the system's allocator is slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    sparkler::cli::main()
}
