//! Runs a tool of a language, tells its lines while it runs, and keeps them for when it fails.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::thread;

use super::{BuildError, BuildEvent, BuildOptions, bounds};

/// Lines that are kept of what a tool says: its last ones tell why it failed.
const LINES_KEPT_MAX: usize = 400;

/// What came of a run.
#[derive(Debug)]
pub(super) struct Run {
    /// Whether the tool says that all went well.
    pub(super) succeeded: bool,
    /// What it said last, on either stream.
    pub(super) text: String,
}

/// Where `program` lies in the search path of a build.
pub(super) fn find(program: &str, options: &BuildOptions) -> Option<PathBuf> {
    let path = match &options.search_path {
        Some(path) => OsString::from(path),
        None => std::env::var_os("PATH")?,
    };
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|place| is_program(place))
}

/// A command with the search path of a build.
pub(super) fn command(program: &Path, options: &BuildOptions) -> Command {
    let mut command = Command::new(program);
    if let Some(path) = &options.search_path {
        command.env("PATH", path);
    }
    command
}

/// Runs `command` to its end; each line is told as progress.
pub(super) fn run(
    command: &mut Command,
    remedy: &'static str,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<Run, BuildError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let not_started = |source: io::Error| BuildError::Program {
        program,
        source,
        remedy,
    };
    run_streamed(command, observe).map_err(not_started)
}

fn run_streamed(command: &mut Command, observe: &mut dyn FnMut(BuildEvent<'_>)) -> io::Result<Run> {
    let mut kept = Vec::new();
    let status = run_by_lines(command, |line| {
        let (Line::Out(line) | Line::Err(line)) = line;
        if !line.trim().is_empty() {
            observe(BuildEvent::Progress(line.trim()));
        }
        if kept.len() == LINES_KEPT_MAX {
            kept.remove(0);
        }
        kept.push(line);
    })?;
    Ok(Run {
        succeeded: status.success(),
        text: kept.join("\n").trim().to_owned(),
    })
}

/// A line that a tool wrote, by the stream that it came on.
pub(super) enum Line {
    Out(String),
    Err(String),
}

/// Runs `command` to its end; `take` is given each line while it runs.
pub(super) fn run_by_lines(
    command: &mut Command,
    take: impl FnMut(Line),
) -> io::Result<ExitStatus> {
    let mut child = start(command)?;
    thread::scope(|scope| {
        let (sender, lines) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            let sender = sender.clone();
            scope.spawn(move || send_lines(stdout, &sender, Line::Out));
        }
        if let Some(stderr) = child.stderr.take() {
            scope.spawn(move || send_lines(stderr, &sender, Line::Err));
        }
        lines.into_iter().for_each(take);
    });
    child.wait()
}

/// Runs `command` to its end, and gives what it wrote.
pub(super) fn output(command: &mut Command) -> io::Result<Output> {
    start(command)?.wait_with_output()
}

/// Every program of a build is started here.
fn start(command: &mut Command) -> io::Result<Child> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    bounds::start(command)
}

fn send_lines(stream: impl Read, lines: &mpsc::Sender<Line>, kind: fn(String) -> Line) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    while stream
        .read_until(b'\n', &mut line)
        .is_ok_and(|read| read > 0)
    {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if lines.send(kind(text)).is_err() {
            return;
        }
        line.clear();
    }
}

fn is_program(place: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        place
            .metadata()
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    {
        place.is_file()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tool_says_is_told_and_kept() {
        let options = BuildOptions::default();
        let shell = find("sh", &options).expect("a shell");
        let mut told = Vec::new();
        let mut command = command(&shell, &options);
        command.args(["-c", "echo one; echo; echo two >&2; exit 3"]);
        let run = run(&mut command, "", &mut |event| {
            if let BuildEvent::Progress(line) = event {
                told.push(line.to_owned());
            }
        })
        .unwrap();
        told.sort();
        assert_eq!(told, ["one", "two"]);
        assert!(!run.succeeded);
        assert!(
            run.text.contains("one") && run.text.contains("two"),
            "{}",
            run.text
        );
    }

    #[test]
    fn a_program_that_is_missing_is_named_with_the_remedy() {
        let options = BuildOptions {
            search_path: Some("/nowhere".into()),
            ..BuildOptions::default()
        };
        assert_eq!(find("sh", &options), None);
        let mut command = command(Path::new("/nowhere/tool"), &options);
        let error = run(&mut command, "Install the tool.", &mut |_| ()).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("/nowhere/tool") && text.ends_with("Install the tool."),
            "{text}"
        );
    }
}
