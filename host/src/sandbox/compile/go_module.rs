//! Modules for preview 1 that Go's compiler made, which take all memory behind their data for their own.
//!
//! The adapter that makes a component of a module keeps a little state in the module's memory: it grows the
//! memory, or asks the module. Go's allocator does not know: what it gets by growing is where it thinks the
//! memory ended, so that one day both write to the same place. A Go module therefore gets some pages between
//! its data and its heap, and a function that hands them to the adapter. Where the heap begins, Go reads from
//! its table of the program's sections, the end of the last of them.
//!
//! ```text
//! before  | data, bss | heap ─▶ …
//! after   | data, bss | for the adapter | heap ─▶ …
//! ```

use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, MemorySection, Module, TypeSection, ValType,
};
use wasmparser::{DataKind, Imports, Operator, Parser, Payload, TypeRef};

const PAGE_BYTES: u64 = 64 * 1024;

/// Pages for the adapter, which has a stack and a state of one page each.
const ADAPTER_PAGES: u64 = 4;

/// The largest memory whose contents are looked through: that of a program with more data than any has.
const PAGES_MAX: u64 = 4_096;

/// What Go's linker adds to the memory behind the data.
const SLACK_BYTES: u64 = 1 << 20;

/// What Go's linker leaves free before the data.
const DATA_ADDRESS_MIN: u64 = 4_096;

/// The section in which Go's linker puts the program's build id.
const GO_SECTION: &str = "go:buildid";

/// How the adapter asks a module for memory.
const ALLOCATE: &str = "cabi_realloc";

/// The bounds of a program's sections, in the order in which Go's table has them; the end comes last.
const BOUNDS: usize = 11;

/// The module with room for the adapter; `None` where it is not Go's or has no need.
pub(in crate::sandbox) fn with_room_for_the_adapter(module: &[u8]) -> Option<Vec<u8>> {
    let outline = Outline::of(module)?;
    let mut room = Room {
        end: outline.end_of_data()?,
        outline,
    };
    let mut encoded = Module::new();
    room.parse_core_module(&mut encoded, Parser::new(0), module)
        .ok()?;
    Some(encoded.finish())
}

/// What a module has, as far as something is added to it.
#[derive(Default)]
struct Outline {
    is_go: bool,
    types: u32,
    functions: u32,
    globals: u32,
    pages: u64,
    /// The memory as it is at the start, as far as there is data.
    memory: Vec<u8>,
}

/// A value in memory: where it is, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    address: u32,
    value: u64,
}

impl Outline {
    /// The outline of a module of Go's that has no function for the adapter yet.
    fn of(module: &[u8]) -> Option<Self> {
        let mut outline = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            outline.read(payload.ok()?)?;
        }
        outline.is_go.then_some(outline)
    }

    fn read(&mut self, payload: Payload<'_>) -> Option<()> {
        match payload {
            Payload::CustomSection(section) => self.is_go |= section.name() == GO_SECTION,
            Payload::TypeSection(section) => self.types = section.count(),
            Payload::ImportSection(section) => {
                for imports in section {
                    let Imports::Single(_, import) = imports.ok()? else {
                        return None;
                    };
                    self.functions += u32::from(matches!(import.ty, TypeRef::Func(_)));
                    self.globals += u32::from(matches!(import.ty, TypeRef::Global(_)));
                }
            }
            Payload::FunctionSection(section) => self.functions += section.count(),
            Payload::GlobalSection(section) => self.globals += section.count(),
            Payload::MemorySection(section) => {
                let memory = section.into_iter().next()?.ok()?;
                self.pages = memory.initial;
                (self.pages <= PAGES_MAX && memory.page_size_log2.is_none()).then_some(())?;
            }
            Payload::ExportSection(section) => {
                let mut exports = section.into_iter().flatten();
                exports
                    .all(|export| export.name != ALLOCATE)
                    .then_some(())?;
            }
            // What is added to the data is not counted anew.
            Payload::DataCountSection { .. } => return None,
            Payload::DataSection(section) => {
                for data in section {
                    let data = data.ok()?;
                    let DataKind::Active {
                        memory_index: 0,
                        offset_expr,
                    } = data.kind
                    else {
                        return None;
                    };
                    let offset = offset_expr.get_operators_reader().read().ok()?;
                    let Operator::I32Const { value } = offset else {
                        return None;
                    };
                    self.fill(usize::try_from(value).ok()?, data.data)?;
                }
            }
            _ => {}
        }
        Some(())
    }

    fn fill(&mut self, offset: usize, data: &[u8]) -> Option<()> {
        let end = offset.checked_add(data.len())?;
        (end as u64 <= self.pages * PAGE_BYTES).then_some(())?;
        if self.memory.len() < end {
            self.memory.resize(end, 0);
        }
        self.memory[offset..end].copy_from_slice(data);
        Some(())
    }

    /// The last of the bounds of the program's sections: rising numbers, of which the last is as far from
    /// the end of the memory as Go's linker lets it be. There must be one such place.
    fn end_of_data(&self) -> Option<Cell> {
        let slack_pages = SLACK_BYTES / PAGE_BYTES;
        let least = self.pages.checked_sub(slack_pages)? * PAGE_BYTES;
        let numbers: Vec<u64> = self
            .memory
            .as_chunks()
            .0
            .iter()
            .map(|bytes| u64::from_le_bytes(*bytes))
            .collect();
        let windows = numbers.windows(BOUNDS + 1).enumerate();
        let mut found = windows.filter(|(_, numbers)| {
            let (bounds, next) = (&numbers[..BOUNDS], numbers[BOUNDS]);
            let end = bounds[BOUNDS - 1];
            // The last sections may be empty, so that the end is there several times.
            (least..least + PAGE_BYTES).contains(&end)
                && next != end
                && (DATA_ADDRESS_MIN..bounds[1]).contains(&bounds[0])
                && bounds.is_sorted()
        });
        let (index, bounds) = found.next()?;
        if found.next().is_some() {
            return None;
        }
        Some(Cell {
            address: u32::try_from((index + BOUNDS - 1) * size_of::<u64>()).ok()?,
            value: bounds[BOUNDS - 1],
        })
    }
}

/// Makes room in a module.
struct Room {
    outline: Outline,
    end: Cell,
}

impl Room {
    /// Where the room begins.
    fn begin(&self) -> u64 {
        self.end.value.next_multiple_of(PAGE_BYTES)
    }

    /// Hands out the room piece by piece, and takes nothing back: parameters are those of a reallocation.
    fn allocate(&self) -> Function {
        const ALIGNMENT: u32 = 2;
        const NEW_BYTES: u32 = 3;
        const PLACE: u32 = 4;
        let next = self.outline.globals;
        let end = constant(self.begin() + ADAPTER_PAGES * PAGE_BYTES);
        let mut function = Function::new([(1, ValType::I32)]);
        let mut code = function.instructions();
        // place = (next + alignment - 1) & -alignment
        code.global_get(next)
            .local_get(ALIGNMENT)
            .i32_add()
            .i32_const(1)
            .i32_sub()
            .i32_const(0)
            .local_get(ALIGNMENT)
            .i32_sub()
            .i32_and()
            .local_tee(PLACE);
        // next = place + bytes, which must be within the room
        code.local_get(NEW_BYTES)
            .i32_add()
            .global_set(next)
            .local_get(NEW_BYTES)
            .i32_const(end)
            .local_get(PLACE)
            .i32_sub()
            .i32_gt_u()
            .if_(wasm_encoder::BlockType::Empty)
            .unreachable()
            .end()
            .local_get(PLACE)
            .end();
        function
    }
}

type Done = Result<(), Error<Infallible>>;

impl Reencode for Room {
    type Error = Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Done {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32; 4], [ValType::I32]);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Done {
        utils::parse_function_section(self, functions, section)?;
        functions.function(self.outline.types);
        Ok(())
    }

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: wasmparser::MemorySectionReader<'_>,
    ) -> Done {
        for memory in section {
            let mut memory = self.memory_type(memory?)?;
            memory.minimum += ADAPTER_PAGES;
            memory.maximum = memory.maximum.map(|maximum| maximum + ADAPTER_PAGES);
            memories.memory(memory);
        }
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Done {
        utils::parse_global_section(self, globals, section)?;
        let next = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        globals.global(next, &ConstExpr::i32_const(constant(self.begin())));
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Done {
        utils::parse_export_section(self, exports, section)?;
        exports.export(ALLOCATE, ExportKind::Func, self.outline.functions);
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Done {
        utils::parse_code_section(self, code, section)?;
        code.function(&self.allocate());
        Ok(())
    }

    /// The later of two pieces of data for one place counts.
    fn parse_data_section(
        &mut self,
        data: &mut DataSection,
        section: wasmparser::DataSectionReader<'_>,
    ) -> Done {
        utils::parse_data_section(self, data, section)?;
        let moved = self.end.value + ADAPTER_PAGES * PAGE_BYTES;
        let address = ConstExpr::i32_const(constant(u64::from(self.end.address)));
        data.active(0, &address, moved.to_le_bytes());
        Ok(())
    }
}

/// An address, as wasm writes it.
fn constant(address: u64) -> i32 {
    u32::try_from(address).unwrap_or(u32::MAX).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module whose memory has so many pages and these numbers at address 4096.
    fn module(section: &str, pages: u64, numbers: &[u64]) -> Vec<u8> {
        let numbers = numbers.iter().flat_map(|number| number.to_le_bytes());
        let data: String = numbers.map(|byte| format!("\\{byte:02x}")).collect();
        let text = format!(
            r#"(module
                 (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
                 (memory (export "memory") {pages})
                 (global (mut i32) (i32.const 0))
                 (func (export "_start"))
                 (data (i32.const 4096) "{data}")
                 (@custom "{section}" "id"))"#
        );
        wat::parse_str(text).expect("a module")
    }

    /// As in a program of Go's: the bounds of its text, of its data, and three sections that are empty.
    fn bounds(end: u64) -> Vec<u64> {
        let data = (4..11).map(|n| n * 8192);
        let text = [0, 23_440].into_iter();
        text.chain(data).chain([end; 4]).chain([7]).collect()
    }

    /// Where the last of them is.
    const END_ADDRESS: i32 = 4096 + 12 * 8;

    const PAGES: u64 = 20;
    /// Within the last page that Go's linker lets it be in.
    const END: u64 = 4 * PAGE_BYTES + 72;

    #[test]
    fn a_module_of_gos_gets_pages_between_its_data_and_its_heap() {
        let made = with_room_for_the_adapter(&module(GO_SECTION, PAGES, &bounds(END)));
        let made = made.expect("it is Go's");
        wasmparser::validate(&made).expect("it is valid");
        let mut pages = 0;
        let mut exports = Vec::new();
        let mut last_data = (0, Vec::new());
        for payload in Parser::new(0).parse_all(&made) {
            match payload.expect("it is valid") {
                Payload::MemorySection(section) => {
                    pages = section
                        .into_iter()
                        .next()
                        .expect("one")
                        .expect("valid")
                        .initial;
                }
                Payload::ExportSection(section) => {
                    exports.extend(
                        section
                            .into_iter()
                            .map(|export| export.expect("valid").name),
                    );
                }
                Payload::DataSection(section) => {
                    let data = section.into_iter().last().expect("some").expect("valid");
                    let DataKind::Active { offset_expr, .. } = data.kind else {
                        panic!("it is active");
                    };
                    let offset = offset_expr.get_operators_reader().read();
                    let Ok(Operator::I32Const { value }) = offset else {
                        panic!("it is a number");
                    };
                    last_data = (value, data.data.to_vec());
                }
                _ => {}
            }
        }
        assert_eq!(pages, PAGES + ADAPTER_PAGES);
        assert_eq!(exports, ["memory", "_start", ALLOCATE]);
        let moved = END + ADAPTER_PAGES * PAGE_BYTES;
        assert_eq!(last_data, (END_ADDRESS, moved.to_le_bytes().to_vec()));
    }

    #[test]
    fn what_is_not_sure_to_be_gos_stays_as_it_is() {
        let untouched = |module: &[u8]| assert_eq!(with_room_for_the_adapter(module), None);
        untouched(&module("producers", PAGES, &bounds(END)));
        untouched(&module(GO_SECTION, PAGES, &bounds(END + PAGE_BYTES)));
        let twice = [bounds(END), bounds(END)].concat();
        untouched(&module(GO_SECTION, PAGES, &twice));
        untouched(&module(GO_SECTION, 2, &[]));
        untouched(&module(GO_SECTION, PAGES_MAX + 1, &bounds(END)));
        untouched(b"\0asm\x01\0\0\0");
        untouched(b"no module");
    }
}
