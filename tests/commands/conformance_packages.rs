//! Writes a package for each behaviour of the guest `tests/guests/conformance` into a folder, for
//! conformance checks of Lambda's contract.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use sparkler_cli::toolchain::{self, BuildOptions};
use sparkler_tests::conformance::{self, BEHAVIOURS, Behaviour};

fn main() -> ExitCode {
    match run(std::env::args_os().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            // Where stderr is closed nobody reads it.
            let _ = writeln!(io::stderr(), "{reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Vec<OsString>) -> Result<(), String> {
    let [folder] = &arguments[..] else {
        return Err("Usage: conformance-packages DIR, the folder to write NAME.wasm into.".into());
    };
    let folder = Path::new(folder);
    fs::create_dir_all(folder).map_err(|error| not_written(folder, &error))?;
    let guest = toolchain::build(BuildOptions::release(conformance::sources()))
        .map_err(|error| format!("The guest of the packages is not built: {error}"))?;
    let mut stdout = io::stdout().lock();
    for behaviour in BEHAVIOURS {
        let line = write(folder, &guest.bytes, behaviour)?;
        writeln!(stdout, "{line}").map_err(|error| format!("Cannot list packages: {error}"))?;
    }
    Ok(())
}

/// Writes a package, and says so in a line.
fn write(folder: &Path, guest: &[u8], behaviour: &Behaviour) -> Result<String, String> {
    let place = folder.join(format!("{}.wasm", behaviour.name));
    let package = conformance::package(guest, behaviour)?;
    fs::write(&place, &package).map_err(|error| not_written(&place, &error))?;
    let environment = if behaviour.warm { ", warm" } else { "" };
    Ok(format!(
        "{}  {} bytes{environment}",
        place.display(),
        package.len()
    ))
}

fn not_written(place: &Path, error: &io::Error) -> String {
    format!(
        "Cannot write {}: {error}. Name a folder that you may write to.",
        place.display()
    )
}
