//! The program: everything is in the library, so that it can be embedded and tested.

use std::process::ExitCode;

#[cfg(feature = "unlimited-for-benchmarks")]
compile_error!(
    "the feature `unlimited-for-benchmarks` takes away every limit of the sandbox, to measure what the limits \
     cost. It is for one benchmark, which uses the library: build the program without it."
);

/// Compiling and serving allocate much in many threads, where the system's allocator is slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    sparkler::cli::main()
}
