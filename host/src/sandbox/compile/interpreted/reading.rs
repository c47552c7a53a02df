//! The code that lets the host read a state: a function of the interpreter that no function reaches.

use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, CodeSection, ComponentAliasSection,
    ComponentExportKind, ComponentExportSection, ComponentSection as _, ComponentTypeSection,
    ComponentValType, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalType,
    ImportSection, InstanceSection, MemArg, Module, ModuleArg, PrimitiveValType, TypeSection,
    ValType,
};

use super::outline::{FORGET_FOLDERS, Outline, global_export};
use super::state::{MEMORY_EXPORT, memory_type};
use crate::sandbox::compile::core_module::CoreModule;
use crate::sandbox::compile::index_spaces::IndexSpaces;

/// The export of an interpreter's code that gives what its memory holds, and behind that its mutable globals.
pub(super) const READ_EXPORT: &str = "sparkler-state";

/// What a global has of what is read.
const GLOBAL_BYTES: usize = 8;

const PAGE_BYTES: usize = 64 * 1024;
const PAGE_BITS: i32 = 16;

/// The instance that the state is made into.
const STATE_INSTANCE: u32 = 0;

/// A global that is read: where it is, and what it is.
struct Global {
    instance: u32,
    name: String,
    ty: ValType,
}

/// Appends it to the code of an interpreter, whose instances have numbers that are one larger than in the outline.
pub(super) fn append(mut code: Vec<u8>, outline: &Outline) -> Result<Vec<u8>, String> {
    let spaces = IndexSpaces::of(&code).map_err(|error| error.to_string())?;
    let reading = Reading {
        globals: globals(outline)?,
        forgetting: outline
            .modules
            .iter()
            .filter(|module| module.forgets_folders)
            .find_map(|module| module.instances.first().map(|instance| instance + 1)),
        pages: outline.base.pages(),
    };
    reading.append_to(&mut code, &spaces);
    Ok(code)
}

fn globals(outline: &Outline) -> Result<Vec<Global>, String> {
    let mut globals = Vec::new();
    for module in &outline.modules {
        for (index, ty) in &module.globals {
            let ty = match ty {
                wasmparser::ValType::I32 => ValType::I32,
                wasmparser::ValType::I64 => ValType::I64,
                wasmparser::ValType::F32 => ValType::F32,
                wasmparser::ValType::F64 => ValType::F64,
                wasmparser::ValType::V128 | wasmparser::ValType::Ref(_) => {
                    return Err("a module in it has a global whose value cannot be read".into());
                }
            };
            let instance = module
                .instances
                .first()
                .ok_or("a module in it is never used")?
                + 1;
            globals.push(Global {
                instance,
                name: global_export(*index),
                ty,
            });
        }
    }
    Ok(globals)
}

struct Reading {
    globals: Vec<Global>,
    /// Whose function forgets folders.
    forgetting: Option<u32>,
    pages: u64,
}

impl Reading {
    /// The module: it grows the memory, writes the globals behind what there was, and behind them where all of it is.
    fn module(&self) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        types.ty().function([], [ValType::I32]);
        let mut imports = ImportSection::new();
        imports.import(
            "",
            MEMORY_EXPORT,
            EntityType::Memory(memory_type(self.pages)),
        );
        for (number, global) in self.globals.iter().enumerate() {
            let ty = GlobalType {
                val_type: global.ty,
                mutable: true,
                shared: false,
            };
            imports.import("", &format!("g{number}"), EntityType::Global(ty));
        }
        if self.forgetting.is_some() {
            imports.import("", "forget", EntityType::Function(0));
        }
        let mut functions = FunctionSection::new();
        functions.function(1);
        let mut exports = ExportSection::new();
        exports.export(
            "read",
            ExportKind::Func,
            u32::from(self.forgetting.is_some()),
        );
        let mut code = CodeSection::new();
        code.function(&self.function());
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions);
        module.section(&exports).section(&code);
        module.finish()
    }

    fn function(&self) -> Function {
        const START: u32 = 0;
        let globals_bytes = self.globals.len() * GLOBAL_BYTES;
        let pages = (globals_bytes + 8).div_ceil(PAGE_BYTES);
        let mut function = Function::new([(1, ValType::I32)]);
        let mut code = function.instructions();
        if self.forgetting.is_some() {
            code.call(0);
        }
        code.i32_const(number(pages))
            .memory_grow(0)
            .local_tee(START);
        code.i32_const(-1).i32_eq();
        code.if_(wasm_encoder::BlockType::Empty).unreachable().end();
        code.local_get(START)
            .i32_const(PAGE_BITS)
            .i32_shl()
            .local_set(START);
        for (index, global) in self.globals.iter().enumerate() {
            let place = (index * GLOBAL_BYTES) as u64;
            code.local_get(START);
            code.global_get(u32::try_from(index).unwrap_or(u32::MAX));
            match global.ty {
                ValType::I64 => code.i64_store(at(place)),
                ValType::F32 => code.f32_store(at(place)),
                ValType::F64 => code.f64_store(at(place)),
                _ => code.i32_store(at(place)),
            };
        }
        let end = globals_bytes as u64;
        code.local_get(START).i32_const(0).i32_store(at(end));
        code.local_get(START)
            .local_get(START)
            .i32_const(number(globals_bytes))
            .i32_add();
        code.i32_store(at(end + 4));
        code.local_get(START)
            .i32_const(number(globals_bytes))
            .i32_add();
        code.end();
        function
    }

    fn append_to(&self, component: &mut Vec<u8>, spaces: &IndexSpaces) {
        let mut aliases = ComponentAliasSection::new();
        aliases.alias(core_export(
            STATE_INSTANCE,
            ExportKind::Memory,
            MEMORY_EXPORT,
        ));
        for Global { instance, name, .. } in &self.globals {
            aliases.alias(core_export(*instance, ExportKind::Global, name));
        }
        if let Some(instance) = self.forgetting {
            aliases.alias(core_export(instance, ExportKind::Func, FORGET_FOLDERS));
        }
        let mut items = vec![(
            MEMORY_EXPORT.to_owned(),
            ExportKind::Memory,
            spaces.core_memories,
        )];
        let globals = (spaces.core_globals..).take(self.globals.len()).enumerate();
        items.extend(
            globals.map(|(number, index)| (format!("g{number}"), ExportKind::Global, index)),
        );
        let mut core_functions = spaces.core_functions;
        if self.forgetting.is_some() {
            items.push(("forget".into(), ExportKind::Func, core_functions));
            core_functions += 1;
        }
        let mut instances = InstanceSection::new();
        instances.export_items(
            items
                .iter()
                .map(|(name, kind, index)| (name.as_str(), *kind, *index)),
        );
        instances.instantiate(
            spaces.core_modules,
            [("", ModuleArg::Instance(spaces.core_instances))],
        );
        let mut read = ComponentAliasSection::new();
        read.alias(core_export(
            spaces.core_instances + 1,
            ExportKind::Func,
            "read",
        ));
        let mut types = ComponentTypeSection::new();
        types
            .defined_type()
            .list(ComponentValType::Primitive(PrimitiveValType::U8));
        types
            .function()
            .params([] as [(&str, ComponentValType); 0])
            .result(Some(ComponentValType::Type(spaces.types)));
        let mut canonicals = CanonicalFunctionSection::new();
        let options = [CanonicalOption::Memory(spaces.core_memories)];
        canonicals.lift(core_functions, spaces.types + 1, options);
        let mut exports = ComponentExportSection::new();
        exports.export(
            READ_EXPORT,
            ComponentExportKind::Func,
            spaces.functions,
            None,
        );
        aliases.append_to_component(component);
        CoreModule(self.module()).append_to_component(component);
        instances.append_to_component(component);
        read.append_to_component(component);
        types.append_to_component(component);
        canonicals.append_to_component(component);
        exports.append_to_component(component);
    }
}

fn core_export(instance: u32, kind: ExportKind, name: &str) -> Alias<'_> {
    Alias::CoreInstanceExport {
        instance,
        kind,
        name,
    }
}

fn at(offset: u64) -> MemArg {
    MemArg {
        offset,
        align: 2,
        memory_index: 0,
    }
}

/// Globals are few.
fn number(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
