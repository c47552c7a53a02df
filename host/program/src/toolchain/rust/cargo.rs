//! Runs cargo and reads what it says.

use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;

use super::cargo_program::{cargo_program, not_started};
use super::flags;
use super::package::GuestPackage;
use super::standard_streams::StandardStreams;
use crate::toolchain::program::{Line, run_by_lines};
use crate::toolchain::{BuildError, BuildEvent, BuildOptions, MemoryLayout};

/// What came of one run of cargo.
#[derive(Default)]
pub(super) struct CargoRun {
    pub(super) succeeded: bool,
    pub(super) artifact: Option<PathBuf>,
    messages: Vec<Message>,
    /// What cargo itself said, without its progress.
    complaints: Vec<String>,
}

struct Message {
    is_error: bool,
    text: String,
}

/// Builds `package` with `memory`.
pub(super) fn run(
    package: &GuestPackage,
    memory: MemoryLayout,
    streams: StandardStreams,
    options: &BuildOptions,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<CargoRun, BuildError> {
    let mut cargo = Command::new(cargo_program());
    cargo
        .args(flags::arguments(package, memory, streams, options))
        .current_dir(&package.directory);
    let mut run = CargoRun::default();
    let status = run_by_lines(&mut cargo, |line| run.take(line, observe));
    run.succeeded = status.map_err(not_started)?.success();
    Ok(run)
}

impl CargoRun {
    /// How much initial memory the linker asks for, where that is what made it fail.
    pub(super) fn initial_memory_bytes_needed(&self) -> Option<u64> {
        if self.succeeded {
            return None;
        }
        self.messages
            .iter()
            .find_map(|message| MemoryLayout::bytes_needed(&message.text))
    }

    /// What the user has to read when the build failed.
    pub(super) fn failure_text(&self) -> String {
        let errors: Vec<_> = self
            .messages
            .iter()
            .filter(|message| message.is_error)
            .collect();
        let texts: Vec<&str> = match errors.is_empty() {
            true => self.complaints.iter().map(String::as_str).collect(),
            false => errors
                .iter()
                .map(|message| message.text.trim_end())
                .collect(),
        };
        texts.join("\n")
    }

    /// The compiler's warnings.
    pub(super) fn warnings(&self) -> impl Iterator<Item = &str> {
        let warnings = self.messages.iter().filter(|message| !message.is_error);
        warnings.map(|message| message.text.trim_end())
    }

    fn take(&mut self, line: Line, observe: &mut dyn FnMut(BuildEvent<'_>)) {
        match line {
            Line::Err(text) => self.take_said(text, observe),
            Line::Out(text) => self.take_message(&text),
        }
    }

    /// Cargo indents its progress, "   Compiling serde v1.0.0"; what is not indented is a complaint,
    /// with the lines that follow it.
    fn take_said(&mut self, text: String, observe: &mut dyn FnMut(BuildEvent<'_>)) {
        let is_complaint = ["error", "warning"]
            .iter()
            .any(|word| text.starts_with(word));
        if is_complaint || !self.complaints.is_empty() {
            self.complaints.push(text);
        } else if !text.is_empty() {
            observe(BuildEvent::Progress(text.trim_start()));
        }
    }

    fn take_message(&mut self, text: &str) {
        // A build script may print lines of its own into this stream.
        let Ok(message) = serde_json::from_str::<CargoMessage>(text) else {
            return;
        };
        match message {
            CargoMessage::CompilerMessage { message } => self.take_diagnostic(message),
            CargoMessage::CompilerArtifact { filenames } => {
                let is_component = |path: &PathBuf| path.extension().is_some_and(|e| e == "wasm");
                self.artifact = filenames
                    .into_iter()
                    .find(is_component)
                    .or(self.artifact.take());
            }
            CargoMessage::Other => (),
        }
    }

    fn take_diagnostic(&mut self, diagnostic: Diagnostic) {
        if let Some(text) = diagnostic.rendered
            && !diagnostic.level.starts_with("failure-note")
        {
            self.messages.push(Message {
                is_error: diagnostic.level.starts_with("error"),
                text,
            });
        }
    }
}

/// The messages of `cargo --message-format=json` that matter here.
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum CargoMessage {
    CompilerMessage {
        message: Diagnostic,
    },
    CompilerArtifact {
        filenames: Vec<PathBuf>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    rendered: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_that_said(stdout: &[&str], stderr: &[&str]) -> CargoRun {
        let mut run = CargoRun::default();
        for text in stdout {
            run.take(Line::Out((*text).to_owned()), &mut |_| ());
        }
        for text in stderr {
            run.take(Line::Err((*text).to_owned()), &mut |_| ());
        }
        run
    }

    #[test]
    fn the_linkers_wish_for_memory_is_read_from_a_failed_run_only() {
        let message = r#"{"reason":"compiler-message","message":{"level":"error","rendered":
            "error: linking failed\n  = note: rust-lld: error: initial memory too small, 72640 bytes needed\n"}}"#;
        let mut run = run_that_said(&[&message.replace('\n', "")], &[]);
        assert_eq!(run.initial_memory_bytes_needed(), Some(72_640));
        run.succeeded = true;
        assert_eq!(run.initial_memory_bytes_needed(), None);
    }

    #[test]
    fn the_component_is_the_wasm_file_of_the_last_artifact() {
        let run = run_that_said(
            &[
                r#"{"reason":"compiler-artifact","filenames":["/t/libserde.rlib"]}"#,
                r#"{"reason":"compiler-artifact","filenames":["/t/hello.wasm"]}"#,
                "a line of a build script",
                r#"{"reason":"build-finished","success":true}"#,
            ],
            &[],
        );
        assert_eq!(run.artifact, Some(PathBuf::from("/t/hello.wasm")));
    }

    #[test]
    fn errors_of_the_compiler_are_shown_without_its_warnings() {
        let message = |level: &str, text: &str| {
            serde_json::json!({"reason": "compiler-message",
                "message": {"level": level, "rendered": text}})
            .to_string()
        };
        let run = run_that_said(
            &[
                &message("warning", "unused\n"),
                &message("error", "mismatched types\n"),
            ],
            &["   Compiling hello", "error: could not compile `hello`"],
        );
        assert_eq!(run.failure_text(), "mismatched types");
        assert_eq!(run.warnings().collect::<Vec<_>>(), ["unused"]);
    }

    #[test]
    fn what_cargo_itself_refuses_is_shown_with_its_cause() {
        let run = run_that_said(
            &[],
            &[
                "    Updating index",
                "error: no matching package",
                "  needed by hello",
            ],
        );
        assert_eq!(
            run.failure_text(),
            "error: no matching package\n  needed by hello"
        );
    }
}
