//! The one place that writes to the terminal.
//!
//! Data goes to stdout, what is said about it to stderr. A reader that has gone away, as `head` does,
//! ends the program quietly, as it ends any other.
//!
//! Names, logs and errors come from strangers, and a terminal obeys what it is sent. So text is always
//! shown with its control characters escaped, and colours are only put on here, after that. Stdout that
//! is no terminal gets every byte as it is, since a program reads it.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write};

use console::{Style, style};

use crate::toolchain::BuildError;

/// Writes a line of data to stdout, at once.
pub(super) fn data(line: &str) {
    bytes(format!("{line}\n").as_bytes());
}

/// Writes bytes to stdout as they are, at once; to a terminal as text with its controls escaped.
pub(super) fn bytes(bytes: &[u8]) {
    match io::stdout().is_terminal() {
        true => write(escaped(&String::from_utf8_lossy(bytes)).as_bytes()),
        false => write(bytes),
    }
}

fn write(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    if written.is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        std::process::exit(0);
    }
}

/// Writes a heading to stdout.
pub(super) fn heading(text: &str) {
    write(format!("{}\n", style(escaped(text)).bold()).as_bytes());
}

/// Writes JSON to stdout, indented.
pub(super) fn json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    data(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Writes a line to stderr.
pub(super) fn note(line: &str) {
    say(&escaped(line));
}

/// Writes a line to stderr that matters less than those around it.
pub(super) fn aside(text: &str) {
    say(&dim(text));
}

/// Writes a line to stderr that somebody says.
pub(super) fn quote(speaker: &str, line: &str) {
    say(&format!("{} {}", label(speaker), escaped(line)));
}

/// Writes a line to stderr that is about somebody and matters less than those around it.
pub(super) fn quote_aside(speaker: &str, line: &str) {
    say(&format!("{} {}", label(speaker), dim(line)));
}

/// Writes to stderr what made the command fail.
pub(super) fn error(error: &anyhow::Error) {
    let text = format!("{error:#}");
    let text = match error.is::<BuildError>() {
        true => diagnostic_escaped(&text),
        false => escaped(&text).into_owned(),
    };
    say(&format!(
        "{} {text}",
        style("error:").for_stderr().red().bold()
    ));
}

/// Writes a warning to stderr.
pub(super) fn warning(text: &str) {
    marked(style("warning:").for_stderr().yellow().bold(), text);
}

/// Writes to stderr that a step is done.
pub(super) fn done(text: &str) {
    marked(style("✓").for_stderr().green().bold(), text);
}

/// Writes to stderr that a step failed.
pub(super) fn failed(text: &str) {
    marked(style("✗").for_stderr().red().bold(), text);
}

/// Writes to stderr what the compiler says, in the compiler's own colours.
pub(super) fn diagnostic(text: &str) {
    say(&diagnostic_escaped(text));
}

fn marked(mark: console::StyledObject<&str>, text: &str) {
    say(&format!("{mark} {}", escaped(text)));
}

/// Stderr for the server's own log, whose lines are coloured already.
pub(super) struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = diagnostic_escaped(&String::from_utf8_lossy(bytes));
        io::stderr().lock().write_all(text.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Writes a line to stderr as it is.
fn say(line: &str) {
    // Nobody could be told that stderr is gone.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

fn dim(text: &str) -> String {
    let dim = Style::new().for_stderr().dim();
    dim.apply_to(escaped(text)).to_string()
}

fn label(speaker: &str) -> String {
    style(escaped(speaker)).for_stderr().cyan().to_string()
}

/// `text` with every control character but tab and newline as in JSON: `\u001b` for escape.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_command) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match is_command(character) {
            true => shown.push_str(&format!("\\u{:04x}", u32::from(character))),
            false => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Whether a terminal would act on it instead of showing it.
fn is_command(character: char) -> bool {
    character.is_control() && !matches!(character, '\t' | '\n')
}

/// As [`escaped`], but colours stay.
fn diagnostic_escaped(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut shown = escaped(pieces.next().unwrap_or_default()).into_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        let is_colour = rest.starts_with('m');
        shown.push_str(if is_colour { "\u{1b}[" } else { "\\u001b[" });
        shown.push_str(&escaped(piece));
    }
    shown
}

/// A count of bytes for people: `300 bytes`, `61.5 KiB`, `3.2 MiB`.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".into(),
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", tenths(bytes, 1024)),
        _ => format!("{} MiB", tenths(bytes, 1_048_576)),
    }
}

fn tenths(bytes: u64, unit: u64) -> String {
    let tenths = bytes.saturating_mul(10) / unit;
    match tenths % 10 {
        0 => format!("{}", tenths / 10),
        rest => format!("{}.{rest}", tenths / 10),
    }
}

/// `1 function`, `2 functions`.
pub(super) fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let sizes = [0, 1, 1023, 1024, 63_000, 262_144, 3_355_443].map(size);
        assert_eq!(
            sizes,
            [
                "0 bytes",
                "1 byte",
                "1023 bytes",
                "1 KiB",
                "61.5 KiB",
                "256 KiB",
                "3.1 MiB"
            ]
        );
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        let text = "\u{1b}]0;owned\u{7}\r\u{9b}31mred\u{7f}\tnext\nline – ✓";
        assert_eq!(
            escaped(text),
            "\\u001b]0;owned\\u0007\\u000d\\u009b31mred\\u007f\tnext\nline – ✓"
        );
        assert!(matches!(escaped("plain\ttext\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn of_the_compiler_only_colours_reach_the_terminal() {
        let text = "\u{1b}[1;38;5;9merror\u{1b}[0m\u{1b}[2J\u{1b}]0;x\u{7}";
        assert_eq!(
            diagnostic_escaped(text),
            "\u{1b}[1;38;5;9merror\u{1b}[0m\\u001b[2J\\u001b]0;x\\u0007"
        );
    }

    #[test]
    fn nothing_else_writes_to_the_terminal() {
        let cli = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli");
        for file in rust_files(&cli) {
            let text = std::fs::read_to_string(&file).unwrap();
            let is_this = file.ends_with("cli/output.rs");
            for writer in ["println!", "print!(", "io::stdout", "io::stderr"] {
                assert!(is_this || !text.contains(writer), "{writer} in {file:?}");
            }
        }
    }

    fn rust_files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
        let entries = folder
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let found = entries.flat_map(|path| match path.is_dir() {
            true => rust_files(&path),
            false => vec![path],
        });
        found
            .filter(|path| path.extension().is_some_and(|e| e == "rs"))
            .collect()
    }

    #[test]
    fn one_thing_has_no_plural() {
        assert_eq!(count(1, "function"), "1 function");
        assert_eq!(count(0, "function"), "0 functions");
    }
}
