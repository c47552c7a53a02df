//! What figures belong to: the machine, the versions, the day.

use std::path::Path;
use std::process::Command;

/// Lines of a table: what, and its value.
pub(crate) fn described(workspace: &Path, mode: &str) -> Vec<(&'static str, String)> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    vec![
        ("processor", format!("{cores} cores of {}", processor())),
        ("memory", memory()),
        (
            "system",
            format!(
                "{}, Linux {}",
                system(),
                first_line("/proc/sys/kernel/osrelease")
            ),
        ),
        (
            "busy before the run",
            format!("load average {}", load_average()),
        ),
        ("compiler", said(workspace, "rustc", &["--version"])),
        ("commit", commit(workspace)),
        ("load generator", generator(workspace)),
        ("run", format!("{mode}, {}", day())),
    ]
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.and_then(|rest| rest.split_once(':'));
    model.map_or_else(unknown, |(_, name)| name.trim().to_owned())
}

fn memory() -> String {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes = total.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kibibytes.map_or_else(unknown, |kibibytes| {
        format!("{:.1} GiB", kibibytes / 1024.0 / 1024.0)
    })
}

fn system() -> String {
    let text = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map_or_else(unknown, |name| name.trim_matches('"').to_owned())
}

/// Of the last minute: one that is not near 0 disturbs.
fn load_average() -> String {
    let text = first_line("/proc/loadavg");
    text.split_whitespace()
        .next()
        .map_or_else(unknown, str::to_owned)
}

/// The commit and its day, and whether something is not in it.
fn commit(workspace: &Path) -> String {
    let commit = said(workspace, "git", &["log", "-1", "--format=%h of %cs"]);
    let changes = said(
        workspace,
        "git",
        &["status", "--porcelain", "--untracked-files=no"],
    );
    match changes.is_empty() || changes == unknown() {
        true => commit,
        false => format!("{commit}, with changes"),
    }
}

fn generator(workspace: &Path) -> String {
    use crate::tools::{Installs, Tools};
    let wrk = Tools::here(Installs::Nothing)
        .ok()
        .and_then(|tools| tools.find("wrk"));
    // It ends with a failure after it has told its version.
    let output = wrk.and_then(|wrk| {
        Command::new(wrk)
            .arg("-v")
            .current_dir(workspace)
            .output()
            .ok()
    });
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let line = text.as_deref().and_then(|text| text.lines().next());
    line.and_then(|line| line.split(" [").next())
        .map_or_else(unknown, str::to_owned)
}

fn day() -> String {
    let now = time::OffsetDateTime::now_utc();
    format!(
        "{:04}-{:02}-{:02}",
        now.year(),
        u8::from(now.month()),
        now.day()
    )
}

fn said(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output();
    match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        _ => unknown(),
    }
}

fn first_line(path: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().next().map_or_else(unknown, str::to_owned)
}

fn unknown() -> String {
    "unknown".into()
}
