//! Instructions of each stage, counted by valgrind: the same from run to run, whatever else the machine does.
//!
//! Valgrind runs this very program once more, in the mode `counted`. It is the one that `$VALGRIND` names, or
//! that in the `PATH`. Where `$SPARKLER_PROFILES` names a folder, the profiles of the stages stay there, one file
//! each, for `callgrind_annotate`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use sparkler::Storage;

use crate::timed::several_threads;
use crate::{counted, echo};

/// Has memory copied and filled by loops over wide registers. The one instruction that does so by itself counts once
/// for each few bytes under valgrind, and would hide all others.
const COPIES_BY_LOOPS: &str = "glibc.cpu.x86_rep_stosb_threshold=1073741824:\
                               glibc.cpu.x86_rep_movsb_threshold=1073741824";

/// Counts all stages, and ends with `instructions:` and a line for each.
#[expect(clippy::print_stdout, reason = "this is the benchmark's result")]
pub(crate) fn show() -> anyhow::Result<()> {
    let counts = counted()?;
    println!("\ninstructions:");
    for (stage, count) in counts {
        println!("{stage}\t{count}");
    }
    Ok(())
}

/// The stages and their instructions.
pub(crate) fn counted() -> anyhow::Result<Vec<(&'static str, u64)>> {
    let valgrind = env::var_os("VALGRIND").unwrap_or_else(|| "valgrind".into());
    let version = Command::new(&valgrind).arg("--version").output();
    version.context(
        "valgrind is missing: install it (Debian: apt-get install valgrind), or say with $VALGRIND where it is",
    )?;
    let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let data = scratch.path().join("data");
    let runtime = several_threads()?;
    runtime.block_on(async {
        let host = echo::host_with_functions(Storage::DataDir(data.clone())).await?;
        host.close().await;
        anyhow::Ok(())
    })?;
    // Whatever still holds the folder goes with it.
    drop(runtime);
    let profiles = match env::var_os("SPARKLER_PROFILES") {
        Some(folder) => PathBuf::from(folder),
        None => scratch.path().join("profiles"),
    };
    fs::create_dir_all(&profiles)?;
    let profile = profiles.join("callgrind.out");
    run(Command::new(valgrind)
        .env("GLIBC_TUNABLES", COPIES_BY_LOOPS)
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--toggle-collect={}", counted::COUNTED))
        .arg(format!("--dump-before={}", counted::END_OF_STAGE))
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(env::current_exe()?)
        .arg(counted::MODE)
        .arg(data))?;
    read_all(&profile)
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("valgrind ended with {}:\n{said}", output.status);
    }
    // Such as that there was no room for a pool, without which an invocation is another one.
    if let Some(warning) = said.lines().find(|line| line.contains(" WARN ")) {
        bail!("the host was not as it should be while instructions were counted: {warning}");
    }
    Ok(())
}

/// Reads one profile after the other: callgrind numbers what it writes.
fn read_all(profile: &Path) -> anyhow::Result<Vec<(&'static str, u64)>> {
    let stages = counted::STAGES.iter().zip(1..);
    let read = |(stage, number): (&&'static str, u32)| {
        let path = format!("{}.{number}", profile.display());
        let text = fs::read_to_string(&path)
            .with_context(|| format!("valgrind wrote no profile of the stage {stage}"))?;
        match total(&text) {
            Some(total) if total > 0 => Ok((*stage, total.div_ceil(counted::TIMES))),
            _ => bail!(
                "valgrind counted nothing of the stage {stage}: it finds the stages by the names of functions, \
                 so this program must not be stripped"
            ),
        }
    };
    stages.map(read).collect()
}

fn total(profile: &str) -> Option<u64> {
    let line = profile
        .lines()
        .find_map(|line| line.strip_prefix("totals:"))?;
    line.trim().parse().ok()
}
