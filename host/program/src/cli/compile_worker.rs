//! The process that compiles for a host; the host starts it by itself.

use std::process::ExitCode;

use clap::Args;
use sparkler::{CompileLimits, compile_worker};

#[derive(Debug, Args)]
pub(super) struct CompileWorker {
    /// Address space, in bytes.
    #[arg(long)]
    memory_bytes: u64,
    /// Processor time, in seconds.
    #[arg(long)]
    cpu_seconds: u64,
}

impl CompileWorker {
    pub(super) fn run(self) -> ExitCode {
        compile_worker(CompileLimits {
            memory_bytes_max: self.memory_bytes,
            cpu_seconds_max: self.cpu_seconds,
        })
    }
}
