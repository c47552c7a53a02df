//! The program: everything is in the library beside it, so that it can be tested.

use std::process::ExitCode;

/// Compiling and serving allocate much in many threads, where the system's allocator is slower.
#[global_allocator]
static ALLOCATOR: sparkler_cli::Allocator = sparkler_cli::Allocator;

fn main() -> ExitCode {
    sparkler_cli::main()
}
