//! `sparkler inspect`: what a file is, and what it would need.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::anyhow;
use bytes::Bytes;
use clap::Args;
use sparkler::internals::{
    self, ALLOW_HTTP_VARIABLE, Import, Inspection, PackageError, Precompiled,
};

use super::functions::CodeSource;
use super::{CommandResult, output};

const EXAMPLES: &str = "\
Examples:
  sparkler inspect hello.wasm
  sparkler inspect hello.zip --json | jq '.imports[] | select(.provided | not)'";

/// What the sentence about a broken zip speaks of, which is AWS's and meant for a server's client.
const UPLOAD: &str = "uploaded file";

/// Show what a component exports, imports and needs, and whether it can be deployed
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Inspect {
    /// A component, a core module, a zip that holds one, or the folder of a function that was built
    file: PathBuf,

    /// Print the same as JSON
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub(super) fn run(self) -> CommandResult {
        let file = CodeSource::at(&self.file, None).read_package()?;
        if Precompiled::is_one(&file) {
            return self.show_compiled(&file);
        }
        let wasm = internals::wasm_of(&file).map_err(|error| self.unreadable(&error))?;
        let inspection = internals::inspect(wasm.into())
            .map_err(|error| anyhow!("{}: {error}", self.file.display()))?;
        if self.json {
            output::json(&inspection)?;
        } else {
            describe(&inspection)
                .iter()
                .for_each(|line| output::data(line));
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Inspect {
    /// Compiled code is not looked into: what it fits is all that can be said of it.
    fn show_compiled(&self, file: &Bytes) -> CommandResult {
        let compiled = Precompiled::read(file).map_err(|error| self.unreadable(&error))?;
        let (engine, component) = (&compiled.engine, compiled.component);
        let bytes = compiled.code.len();
        if self.json {
            output::json(&serde_json::json!({
                "kind": "compiled",
                "engine": engine,
                "component": component.to_string(),
                "bytes": bytes,
            }))?;
        } else {
            output::data("Kind: compiled code, for hosts that are started with --trust-artifacts");
            output::data(&format!("Size: {}", output::size(bytes as u64)));
            output::data(&format!("Engine: {engine}"));
            output::data(&format!(
                "Made of: the component with the SHA-256 {component}"
            ));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn unreadable(&self, error: &PackageError) -> anyhow::Error {
        let file = self.file.display();
        match error.0.contains(UPLOAD) {
            true => anyhow!(
                "{file} begins like a zip and cannot be unpacked: it is damaged or cut short. Make \
                 or copy it anew."
            ),
            false => anyhow!("{file}: {error}"),
        }
    }
}

/// What was found, line by line.
pub(super) fn describe(inspection: &Inspection) -> Vec<String> {
    let mut lines = vec![format!("{} {}", "Kind:", kind(inspection))];
    let modules = output::count(inspection.core_modules, "core module");
    lines.push(format!(
        "{} {}, {modules}",
        "Size:",
        output::size(inspection.bytes as u64)
    ));
    for memory in &inspection.memories {
        let most = match memory.maximum_bytes {
            Some(bytes) => format!("at most {}", output::size(bytes)),
            None => "grows as its function's memory setting lets it".into(),
        };
        let heading = "Memory:";
        lines.push(format!(
            "{heading} {} at the start, {most}",
            output::size(memory.initial_bytes)
        ));
    }
    lines.push("Exports:".into());
    lines.extend(listed(
        inspection.exports.iter().map(|name| format!("  {name}")),
    ));
    lines.push("Imports:".into());
    lines.extend(listed(inspection.imports.iter().map(import)));
    if sends_requests(inspection) {
        lines.push(format!(
            "It may send HTTP requests: list where to in {ALLOW_HTTP_VARIABLE} (allow-http in \
             sparkler.toml), such as https://api.example.com; all others are denied."
        ));
    }
    lines.push(match inspection.accept() {
        Ok(_) => "It can be deployed here.".into(),
        Err(rejection) => format!("It cannot be deployed here. {rejection}"),
    });
    lines
}

fn sends_requests(inspection: &Inspection) -> bool {
    let mut imports = inspection.imports.iter();
    imports.any(|import| import.name.starts_with("wasi:http/outgoing-handler@"))
}

fn kind(inspection: &Inspection) -> String {
    let kind = match &inspection.kind {
        Some(kind) => kind.to_string(),
        None => "not a function".into(),
    };
    match inspection.wrapped {
        true => format!("{kind}, made from a core module for WASI preview 1"),
        false => kind,
    }
}

fn listed(lines: impl Iterator<Item = String>) -> Vec<String> {
    let lines: Vec<_> = lines.collect();
    match lines.is_empty() {
        true => vec!["  nothing".into()],
        false => lines,
    }
}

fn import(import: &Import) -> String {
    match import.provided {
        true => format!("  ✓ {}", import.name),
        false => format!("  ✗ {} (not provided by this host)", import.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zip_that_was_cut_short_is_called_damaged() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"PK\x03\x04 cut").unwrap();
        let inspect = Inspect {
            file: file.path().to_owned(),
            json: false,
        };
        let text = inspect.run().unwrap_err().to_string();
        assert!(text.contains("damaged or cut short"), "{text}");
        assert!(!text.contains("upload"), "{text}");
    }

    #[test]
    fn a_core_module_is_called_one() {
        let module = b"\0asm\x01\0\0\0".to_vec();
        let lines = describe(&internals::inspect(module).unwrap()).join("\n");
        assert!(lines.contains("The file is a core module"), "{lines}");
        assert!(lines.contains("is not a function"), "{lines}");
    }
}
