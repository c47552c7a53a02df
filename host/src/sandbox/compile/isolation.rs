//! Where components are compiled, and within which limits.

use std::path::PathBuf;

use crate::limits;

/// Where components are compiled.
#[derive(Clone, Debug)]
pub enum CompileIsolation {
    /// In this process: for trusted components only, since nothing bounds what the compiler uses.
    InProcess,
    /// In a child process with limits of its own, started for each component. The program must run
    /// `sparkler::sandbox::compile_worker` when it is started with these arguments, followed by
    /// `--memory-bytes N --cpu-seconds N`.
    Child {
        /// The program, usually the one that runs.
        program: PathBuf,
        /// What tells it to be the worker.
        arguments: Vec<String>,
        /// What the worker is to hold itself to.
        limits: CompileLimits,
    },
}

/// What the process that compiles may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompileLimits {
    /// Address space, in bytes.
    pub memory_bytes_max: u64,
    /// Processor time over all threads, in seconds.
    pub cpu_seconds_max: u64,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            memory_bytes_max: limits::COMPILE_MEMORY_BYTES_MAX,
            cpu_seconds_max: limits::COMPILE_CPU_SECONDS_MAX,
        }
    }
}
