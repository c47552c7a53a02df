//! `sparkler compile`: compiles a component for hosts that have no compiler.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use sparkler::Interfaces;
use sparkler::internals::{self, Precompiled};

use super::functions::CodeSource;
use super::{CommandResult, output};

const EXAMPLES: &str = "\
Examples:
  sparkler compile hello.wasm               Write hello.cwasm beside it
  sparkler compile hello.wasm -o out.cwasm  Write it to another place

What it makes fits hosts of this very version, on machines of this kind: another kind of machine, or
a processor that lacks what this one has, needs another run there. A host takes it like a component:
  sparkler serve --trust-artifacts hello.cwasm
Compiled code runs as a part of the host, so a host takes it only where its owner says so.";

/// What such a file is called.
const EXTENSION: &str = "cwasm";

/// Compile a component ahead of time, for hosts that were built without the compiler
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Compile {
    /// A component, a core module, a zip that holds one, or the folder of a crate that was built
    file: PathBuf,

    /// Where to write the compiled code [default: beside FILE, as .cwasm]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// What to compile for; only the kind of machine that this one is can be named
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
}

impl Compile {
    pub(super) fn run(self) -> CommandResult {
        if let Some(target) = &self.target {
            check_target(target)?;
        }
        let place = self.place()?;
        let file = CodeSource::at(&self.file, None).read_package()?;
        let shown = self.file.display();
        if Precompiled::is_one(&file) {
            bail!("{shown} is compiled code already. Name the component that it was made of.");
        }
        let wasm = internals::wasm_of(&file).map_err(|error| anyhow!("{shown}: {error}"))?;
        let compiled = internals::precompile(wasm.into(), &Interfaces::default())
            .map_err(|rejection| anyhow!("{shown}: {rejection}"))?;
        std::fs::write(&place, &compiled)
            .with_context(|| format!("{} cannot be written", place.display()))?;
        output::done(&format!(
            "{shown} is compiled: {}",
            output::size(compiled.len() as u64)
        ));
        output::data(&place.display().to_string());
        Ok(ExitCode::SUCCESS)
    }

    fn place(&self) -> anyhow::Result<PathBuf> {
        match &self.output {
            Some(place) => Ok(place.clone()),
            None if self.file.is_dir() => {
                let folder = std::path::absolute(&self.file)?;
                let name = folder.file_name().context("name a place with --output")?;
                Ok(Path::new(name).with_extension(EXTENSION))
            }
            None => Ok(self.file.with_extension(EXTENSION)),
        }
    }
}

/// The compiler in this program makes code for its own kind of machine only.
fn check_target(target: &str) -> anyhow::Result<()> {
    use std::env::consts::{ARCH, OS};
    let mut parts = target.split('-');
    match parts.next() == Some(ARCH) && parts.any(|part| part == OS) {
        true => Ok(()),
        false => bail!(
            "{target} is not what this program compiles for, which is {ARCH} with {OS}. Run `sparkler \
             compile` on a machine of that kind."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_machines_of_this_kind_are_compiled_for() {
        use std::env::consts::{ARCH, OS};
        assert!(check_target(&format!("{ARCH}-unknown-{OS}-gnu")).is_ok());
        for other in ["riscv64gc-unknown-linux-gnu", "x86_64-pc-windows-msvc", ""] {
            let text = check_target(other).expect_err(other).to_string();
            assert!(text.contains("on a machine of that kind"), "{text}");
        }
    }
}
