//! What is compiled: wasmtime's command from its crate, and a function from its sources.

use std::path::{Path, PathBuf};

use super::Tools;
use super::step::run;
use crate::dist::cargo;

/// The line of releases that the host is built on.
pub(crate) const WASMTIME: &str = "48.0.8";

/// What `wasmtime serve` needs, and what its published build has that a request could meet. Left out is
/// what only other subcommands use, which would take as long again to compile.
const FEATURES: &str = "run,serve,component-model-async,cranelift,parallel-compilation,pooling-allocator,\
cache,backtrace,addr2line,demangle,logging,gc,gc-drc,gc-null,threads,wat,clap/default";

impl Tools {
    /// The program `wasmtime`.
    pub(crate) async fn wasmtime(&self) -> anyhow::Result<PathBuf> {
        let name = format!("wasmtime-{WASMTIME}");
        let folder = self
            .peer(&name, async |folder| {
                let built = folder.join("build");
                let mut command = cargo();
                command.args(["install", "wasmtime-cli", "--version", WASMTIME, "--locked"]);
                command.args(["--no-default-features", "--features", FEATURES]);
                command
                    .arg("--root")
                    .arg(folder)
                    .arg("--target-dir")
                    .arg(&built);
                run("installing wasmtime-cli from crates", &mut command).await?;
                // A gigabyte that nobody needs again.
                std::fs::remove_dir_all(built)?;
                Ok(())
            })
            .await?;
        Ok(folder.join("bin/wasmtime"))
    }

    /// A copy of a Rust project outside of the workspace, compiled.
    pub(crate) async fn cargo_project(&self, name: &str, from: &Path) -> anyhow::Result<PathBuf> {
        self.peer(name, async |folder| {
            std::fs::create_dir_all(folder.join("src"))?;
            for file in ["Cargo.toml", "src/main.rs"] {
                std::fs::copy(from.join(file), folder.join(file))?;
            }
            let mut command = cargo();
            command.args(["build", "--release"]).current_dir(folder);
            // In its own folder, where its users have it.
            command.env_remove("CARGO_TARGET_DIR");
            run("compiling the function", &mut command).await?;
            Ok(())
        })
        .await
    }
}
