//! Instructions that write, copy or fill any amount of memory, in pieces.
//!
//! A guest gives up its thread where its code looks at the clock: in loops and calls. One instruction that fills
//! a gigabyte looks at nothing meanwhile, and whoever waits for the same thread waits with it, deadlines included.
//! Every such instruction therefore becomes a call of a function that the module is given, which does the same
//! piece by piece. What a guest sees is the same: where it would be out of bounds it ends, and nobody sees how
//! much was written before.

mod piecewise;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, Encode as _, FunctionSection, Instruction, Module, NameMap, NameSection,
    TypeSection,
};
use wasmparser::{BinaryReader, BinaryReaderError, MemoryType, Operator, Parser, Payload, TypeRef};

use crate::sandbox::engine::compiled::ADDED_FUNCTION;
use piecewise::{Bulk, PIECE_BYTES, Piecewise};

/// Magic number and version.
const HEADER_BYTES: usize = 8;

/// The sections of a component that hold a core module and a component.
const MODULE_SECTION: u8 = 1;
const COMPONENT_SECTION: u8 = 4;

/// Components within components: real ones have a few, and each is copied once more than the one around it.
const NESTING_MAX: u32 = 32;

/// Why a component has no such form.
#[derive(Debug, thiserror::Error)]
pub(in crate::sandbox) enum Unreadable {
    #[error("{0}")]
    Malformed(#[from] BinaryReaderError),
    #[error("{0}")]
    Strange(String),
    #[error("components are nested more than {NESTING_MAX} deep in it")]
    Nested,
}

type Result<T, E = Unreadable> = std::result::Result<T, E>;

/// The component, with its bulk instructions in pieces.
///
/// # Errors
/// Where it cannot be read.
pub(in crate::sandbox) fn in_pieces(component: &[u8]) -> Result<Vec<u8>> {
    nested_in_pieces(component, 0)
}

fn nested_in_pieces(component: &[u8], depth: u32) -> Result<Vec<u8>> {
    if depth > NESTING_MAX {
        return Err(Unreadable::Nested);
    }
    let mut reader = BinaryReader::new(component, 0);
    let mut done = reader.read_bytes(HEADER_BYTES)?.to_vec();
    while !reader.eof() {
        let id = reader.read_u8()?;
        let length = reader.read_var_u32()? as usize;
        let content = reader.read_bytes(length)?;
        let changed = match id {
            MODULE_SECTION => module_in_pieces(content)?,
            COMPONENT_SECTION => Some(nested_in_pieces(content, depth + 1)?),
            _ => None,
        };
        done.push(id);
        changed.as_deref().unwrap_or(content).encode(&mut done);
    }
    Ok(done)
}

/// The module, with its bulk instructions in pieces; `None` where it has none.
fn module_in_pieces(module: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut outline = Outline::default();
    for payload in Parser::new(0).parse_all(module) {
        outline.read(payload?)?;
    }
    let mut pieces = Pieces::of(&outline);
    if pieces.functions.is_empty() {
        return Ok(None);
    }
    let mut encoded = Module::new();
    match pieces.parse_core_module(&mut encoded, Parser::new(0), module) {
        Ok(()) => {
            encoded.section(&pieces.names());
            Ok(Some(encoded.finish()))
        }
        Err(Error::ParseError(error)) => Err(error.into()),
        Err(error) => Err(Unreadable::Strange(error.to_string())),
    }
}

/// What a module has, as far as something is added to it.
#[derive(Default)]
struct Outline {
    types: u32,
    functions: u32,
    memories: Vec<MemoryType>,
    bulk: BTreeSet<Bulk>,
    data_bytes: Vec<usize>,
}

impl Outline {
    fn read(&mut self, payload: Payload<'_>) -> Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    self.types += u32::try_from(group?.types().len()).unwrap_or(u32::MAX);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    match import?.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => self.functions += 1,
                        TypeRef::Memory(memory) => self.memories.push(memory),
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(section) => self.functions += section.count(),
            Payload::MemorySection(section) => {
                for memory in section {
                    self.memories.push(memory?);
                }
            }
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader()? {
                    if let Some(bulk) = Bulk::of(&operator?) {
                        self.bulk.insert(bulk);
                    }
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    self.data_bytes.push(data?.data.len());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether it is to be done in pieces: data that is small is written at once.
    fn is_large(&self, bulk: Bulk) -> bool {
        match bulk {
            Bulk::Init { data, .. } => self
                .data_bytes
                .get(data as usize)
                .is_some_and(|bytes| *bytes > PIECE_BYTES as usize),
            Bulk::Fill { .. } | Bulk::Copy { .. } => true,
        }
    }
}

/// Puts functions in the place of bulk instructions.
struct Pieces {
    /// Types that the module has of its own.
    types: u32,
    /// What is added to the module, by what it does, each with its number among the functions.
    functions: BTreeMap<Bulk, (u32, Piecewise)>,
}

impl Pieces {
    fn of(outline: &Outline) -> Self {
        let large = outline.bulk.iter().filter(|bulk| outline.is_large(**bulk));
        let added = large.filter_map(|bulk| Piecewise::of(*bulk, &outline.memories));
        let numbered = (outline.functions..).zip(added);
        Self {
            types: outline.types,
            functions: numbered
                .map(|(number, function)| (function.bulk(), (number, function)))
                .collect(),
        }
    }

    /// The names of what is added, beside those that the module has. All of them are read, wherever they stand.
    fn names(&self) -> NameSection {
        let mut functions = NameMap::new();
        for (number, _) in self.functions.values() {
            functions.append(*number, ADDED_FUNCTION);
        }
        let mut names = NameSection::new();
        names.functions(&functions);
        names
    }

    fn added(&self) -> impl Iterator<Item = &Piecewise> {
        self.functions.values().map(|(_, function)| function)
    }
}

type Done = Result<(), Error<Infallible>>;

impl Reencode for Pieces {
    type Error = Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Done {
        utils::parse_type_section(self, types, section)?;
        for function in self.added() {
            types.ty().function(function.parameters(), []);
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Done {
        utils::parse_function_section(self, functions, section)?;
        for (_, own_type) in self.added().zip(self.types..) {
            functions.function(own_type);
        }
        Ok(())
    }

    /// As it is: names need not be right, and nothing gets another number.
    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: wasmparser::CustomSectionReader<'_>,
    ) -> Done {
        module.section(&self.custom_section(section)?);
        Ok(())
    }

    fn instruction<'a>(
        &mut self,
        operator: Operator<'a>,
    ) -> Result<Instruction<'a>, Error<Infallible>> {
        let added = Bulk::of(&operator).and_then(|bulk| self.functions.get(&bulk));
        match added {
            Some((number, _)) => Ok(Instruction::Call(*number)),
            None => utils::instruction(self, operator),
        }
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Done {
        utils::parse_code_section(self, code, section)?;
        for function in self.added() {
            code.function(&function.body());
        }
        Ok(())
    }
}
