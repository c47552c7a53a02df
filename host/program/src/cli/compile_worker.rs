//! The process that compiles for a host; the host starts it by itself.

use std::process::ExitCode;

use clap::Args;
use rustix::thread::disable_transparent_huge_pages;
use sparkler::internals::compile_worker_outside;
use sparkler::{CompileLimits, compile_worker};

#[derive(Debug, Args)]
pub(super) struct CompileWorker {
    /// Address space, in bytes.
    #[arg(long)]
    memory_bytes: u64,
    /// Processor time, in seconds.
    #[arg(long)]
    cpu_seconds: u64,
    /// Keep what the jail would take away.
    #[arg(long)]
    no_jail: bool,
}

impl CompileWorker {
    pub(super) fn run(self) -> ExitCode {
        // The host has switched them off for itself; a compiler uses all that it takes, and is quicker with them.
        let _ = disable_transparent_huge_pages(false);
        let work = match self.no_jail {
            true => compile_worker_outside,
            false => compile_worker,
        };
        work(CompileLimits {
            memory_bytes_max: self.memory_bytes,
            cpu_seconds_max: self.cpu_seconds,
        })
    }
}
