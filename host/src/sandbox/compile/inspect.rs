//! What a wasm file is: what it exports, what it would need, how much memory it starts with.

use serde::{Deserialize, Serialize};
use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};

use crate::deployer::Rejection;
use crate::sandbox::kinds::command::COMMAND_EXPORT;
use crate::sandbox::kinds::entry::GuestKind;
use crate::sandbox::kinds::function::HANDLER_EXPORT;
use crate::sandbox::kinds::http_guest::HTTP_EXPORT;
use crate::sandbox::kinds::streaming_function::STREAMING_HANDLER_EXPORT;
use crate::sandbox::reach::provided::is_provided;

/// What was found in a wasm file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// What it is to this host; `None` where it cannot be invoked.
    pub kind: Option<GuestKind>,
    /// Whether it was a core module, which is wrapped into a component before it is used.
    pub wrapped: bool,
    /// Names of the component's exports.
    pub exports: Vec<String>,
    /// The component's imports.
    pub imports: Vec<Import>,
    /// How many core modules there are inside.
    pub core_modules: usize,
    /// The linear memories that those define.
    pub memories: Vec<Memory>,
    /// Size of the component in bytes.
    pub bytes: usize,
}

/// Something that a component needs from its host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Its name, such as `wasi:cli/environment@0.2.3`.
    pub name: String,
    /// Whether this host has it.
    pub provided: bool,
}

/// A linear memory as it is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Its size before the guest runs.
    pub initial_bytes: u64,
    /// The size that it may grow to, where one is declared.
    pub maximum_bytes: Option<u64>,
}

impl Inspection {
    /// Whether the component can be invoked here.
    ///
    /// # Errors
    /// With what is missing, by name.
    pub fn accept(&self) -> Result<GuestKind, Rejection> {
        let missing: Vec<&str> = self
            .imports
            .iter()
            .filter(|import| !import.provided)
            .map(|import| import.name.as_str())
            .collect();
        let Some(kind) = self.kind else {
            return Err(self.no_function());
        };
        if !missing.is_empty() {
            return Err(Rejection::of_code(format!(
                "{} imports what this host does not provide: {}. Build it without these imports; \
                 `sparkler inspect FILE` lists what is provided.",
                self.subject(),
                missing.join(", ")
            )));
        }
        Ok(kind)
    }

    /// What was inspected, as its owner knows it.
    fn subject(&self) -> &'static str {
        match self.wrapped {
            true => "The file is a core module, and the component made from it",
            false => "The component",
        }
    }

    fn no_function(&self) -> Rejection {
        Rejection::of_code(format!(
            "{} is not a function: it exports {} and imports {}. Export one of: {HANDLER_EXPORT} or \
             {STREAMING_HANDLER_EXPORT}, for example with the crate sparkler-guest; {HTTP_EXPORT}@0.2.x, \
             as servers for HTTP do; {COMMAND_EXPORT}@0.2.x, as programs with a main function do.",
            self.subject(),
            list_or_nothing(self.exports.iter().map(String::as_str)),
            list_or_nothing(self.imports.iter().map(|import| import.name.as_str())),
        ))
    }
}

fn list_or_nothing<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const NAMES_SHOWN_MAX: usize = 40;
    let names: Vec<&str> = names.collect();
    match names.len() {
        0 => "nothing".into(),
        count if count > NAMES_SHOWN_MAX => {
            format!(
                "{} and {} more",
                names[..NAMES_SHOWN_MAX].join(", "),
                count - NAMES_SHOWN_MAX
            )
        }
        _ => names.join(", "),
    }
}

/// Validates a component and lists what is in it.
///
/// # Errors
/// When it is not a valid component, with the reason and the offset.
pub(in crate::sandbox) fn inspect_component(component: &[u8]) -> Result<Inspection, Rejection> {
    validate(component)?;
    check_whole(component)?;
    let mut found = Inspection {
        kind: None,
        wrapped: false,
        exports: Vec::new(),
        imports: Vec::new(),
        core_modules: 0,
        memories: Vec::new(),
        bytes: component.len(),
    };
    read(component, &mut found)
        .map_err(|error| Rejection::of_code(format!("The code cannot be read: {error}.")))?;
    found.kind = GuestKind::of(&found.exports);
    Ok(found)
}

/// Makes sure that a component or a core module is sound, before anything else looks into it.
///
/// # Errors
/// With the reason and the offset.
pub(in crate::sandbox) fn validate(wasm: &[u8]) -> Result<(), Rejection> {
    let validated = Validator::new_with_features(features()).validate_all(wasm);
    validated
        .map(drop)
        .map_err(|error| Rejection::of_code(format!("The code is not valid WebAssembly: {error}.")))
}

/// Makes sure that no module or component in it is cut off. For one that is nested, the validator takes the end of the
/// file for its end.
fn check_whole(component: &[u8]) -> Result<(), Rejection> {
    let is_cut_off = |payload: Payload<'_>| match payload {
        Payload::ModuleSection {
            unchecked_range, ..
        }
        | Payload::ComponentSection {
            unchecked_range, ..
        } => unchecked_range.end > component.len(),
        _ => false,
    };
    match Parser::new(0)
        .parse_all(component)
        .flatten()
        .any(is_cut_off)
    {
        false => Ok(()),
        true => Err(Rejection::of_code(
            "The code is not valid WebAssembly: it is cut off in the middle of a module or a component. \
             Build or copy it anew.",
        )),
    }
}

/// What the engine is built to run; anything else is refused here, by the same rules.
fn features() -> WasmFeatures {
    // The engine is built without a collector, so that the one kind of reference there is are functions.
    WasmFeatures::WASM2.difference(WasmFeatures::GC_TYPES)
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::RELAXED_SIMD
        | WasmFeatures::MEMORY64
        | WasmFeatures::COMPONENT_MODEL
}

/// Whether the bytes are a component rather than a core module.
pub(in crate::sandbox) fn is_component(wasm: &[u8]) -> bool {
    Parser::is_component(wasm)
}

fn read(component: &[u8], found: &mut Inspection) -> wasmparser::Result<()> {
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { encoding, .. } => {
                depth += 1;
                found.core_modules += usize::from(encoding == Encoding::Module);
            }
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    let name = import?.name.name.to_owned();
                    found.imports.push(Import {
                        provided: is_provided(&name),
                        name,
                    });
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    found.exports.push(export?.name.name.to_owned());
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    found.memories.push(memory_of(memory?));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn memory_of(memory: wasmparser::MemoryType) -> Memory {
    let page_bytes = 1_u64 << memory.page_size_log2.unwrap_or(16);
    Memory {
        initial_bytes: memory.initial.saturating_mul(page_bytes),
        maximum_bytes: memory.maximum.map(|pages| pages.saturating_mul(page_bytes)),
    }
}
