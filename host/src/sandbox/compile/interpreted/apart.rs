//! Takes an interpreter apart: its code, which imports its memory, and the state that it starts from.

use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode, ReencodeComponent, component_utils, utils};
use wasm_encoder::{
    Component, ComponentImportSection, ComponentTypeRef, CoreTypeSection, DataSection, EntityType,
    ExportKind, ExportSection, ImportSection, InstanceSection, MemorySection, Module, ModuleArg,
    ModuleSection, ModuleType, SectionId,
};
use wasmparser::{
    Data, DataKind, ExportSectionReader, ImportSectionReader, MemorySectionReader, Parser,
};

use super::outline::{self, Outline, global_export};
use super::reading;
use super::state::{MEMORY_EXPORT, State, memory_type};
use crate::sandbox::guest::loaded::STATE_IMPORT;

/// An interpreter in its parts.
pub(super) struct Apart {
    /// A component that imports a state.
    pub(super) code: Vec<u8>,
    /// What it starts from.
    pub(super) base: State,
}

/// Takes `component` apart, which is valid.
///
/// # Errors
/// With what of it keeps it from being taken apart.
pub(super) fn take_apart(component: &[u8]) -> Result<Apart, String> {
    let outline = Outline::of(component)?;
    let pages = outline.base.pages();
    let mut code = Component::new();
    import_state(&mut code, pages);
    let mut whole = Whole {
        outline: &outline,
        depth: 0,
        modules_seen: 0,
    };
    whole
        .parse_component(&mut code, Parser::new(0), component)
        .map_err(|error| error.to_string())?;
    let code = reading::append(code.finish(), &outline)?;
    Ok(Apart {
        code,
        base: outline.base,
    })
}

/// What an interpreter starts from.
pub(super) fn base_of(component: &[u8]) -> Result<State, String> {
    Outline::of(component).map(|outline| outline.base)
}

fn import_state(code: &mut Component, pages: u64) {
    let mut module = ModuleType::new();
    module.export(MEMORY_EXPORT, EntityType::Memory(memory_type(pages)));
    let mut types = CoreTypeSection::new();
    types.ty().module(&module);
    let mut imports = ComponentImportSection::new();
    imports.import(STATE_IMPORT, ComponentTypeRef::Module(0));
    let mut instances = InstanceSection::new();
    instances.instantiate(0, std::iter::empty::<(&str, ModuleArg)>());
    code.section(&types).section(&imports).section(&instances);
}

/// The component, in which the state is the first module and the first instance.
struct Whole<'a> {
    outline: &'a Outline,
    depth: u32,
    modules_seen: usize,
}

impl Whole<'_> {
    fn shifted(&self, index: u32) -> u32 {
        index + u32::from(self.depth == 0)
    }
}

impl Reencode for Whole<'_> {
    type Error = Infallible;
}

impl ReencodeComponent for Whole<'_> {
    fn push_depth(&mut self) {
        self.depth += 1;
    }

    fn pop_depth(&mut self) {
        self.depth -= 1;
    }

    fn module_index(&mut self, index: u32) -> u32 {
        self.shifted(index)
    }

    fn instance_index(&mut self, index: u32) -> u32 {
        self.shifted(index)
    }

    fn parse_component_submodule(
        &mut self,
        component: &mut Component,
        parser: Parser,
        bytes: &[u8],
    ) -> Result<(), Error<Infallible>> {
        if self.depth > 0 {
            return component_utils::parse_component_submodule(self, component, parser, bytes);
        }
        let mut part = ModulePart {
            outline: &self.outline.modules[self.modules_seen],
            main_pages: (self.modules_seen == self.outline.main).then(|| self.outline.base.pages()),
            has_memory: false,
        };
        self.modules_seen += 1;
        let mut module = Module::new();
        utils::parse_core_module(&mut part, &mut module, parser, bytes)?;
        component.section(&ModuleSection(&module));
        Ok(())
    }

    fn parse_instance(
        &mut self,
        instances: &mut InstanceSection,
        instance: wasmparser::Instance<'_>,
    ) -> Result<(), Error<Infallible>> {
        match &instance {
            wasmparser::Instance::Instantiate { module_index, args }
                if self.depth == 0 && *module_index as usize == self.outline.main =>
            {
                let args = args.iter().map(|arg| (arg.name, self.shifted(arg.index)));
                let args: Vec<_> = args.chain([(STATE_IMPORT, 0)]).collect();
                let args = args
                    .iter()
                    .map(|(name, index)| (*name, ModuleArg::Instance(*index)));
                instances.instantiate(self.shifted(*module_index), args);
                Ok(())
            }
            _ => component_utils::parse_instance(self, instances, instance),
        }
    }
}

/// A module of it, whose globals can be read.
struct ModulePart<'a> {
    outline: &'a outline::Module,
    /// Of the module whose memory comes from the state: how many pages it had.
    main_pages: Option<u64>,
    /// Whether the import of that is written.
    has_memory: bool,
}

impl ModulePart<'_> {
    fn import_memory(&mut self, imports: &mut ImportSection) {
        if let Some(pages) = self.main_pages {
            let memory = EntityType::Memory(memory_type(pages));
            imports.import(STATE_IMPORT, MEMORY_EXPORT, memory);
        }
        self.has_memory = true;
    }
}

impl Reencode for ModulePart<'_> {
    type Error = Infallible;

    /// A module that imports nothing has no section for that, which stands behind its types.
    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), Error<Infallible>> {
        let is_early = matches!(before, Some(SectionId::Custom | SectionId::Type));
        let has_section = self.outline.has_imports || self.has_memory;
        if !has_section && !is_early && self.main_pages.is_some() {
            let mut imports = ImportSection::new();
            self.import_memory(&mut imports);
            module.section(&imports);
        }
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_import_section(self, imports, section)?;
        self.import_memory(imports);
        Ok(())
    }

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: MemorySectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        match self.main_pages {
            Some(_) => Ok(()),
            None => utils::parse_memory_section(self, memories, section),
        }
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_export_section(self, exports, section)?;
        for (index, _) in &self.outline.globals {
            exports.export(&global_export(*index), ExportKind::Global, *index);
        }
        Ok(())
    }

    /// What is in the state already is left out; numbers of segments stay.
    fn parse_data(
        &mut self,
        data: &mut DataSection,
        datum: Data<'_>,
    ) -> Result<(), Error<Infallible>> {
        match (&datum.kind, self.main_pages) {
            (DataKind::Active { .. }, Some(_)) => {
                data.passive([]);
                Ok(())
            }
            _ => utils::parse_data(self, data, datum),
        }
    }
}
