//! What is to be known of an interpreter before it is taken apart.

#[cfg(test)]
mod tests;

use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, DataKind, Encoding,
    ExternalKind, Instance, Operator, Parser, Payload, TypeRef, ValType,
};

use super::state::State;

/// A function of the C library that forgets the folders that a program begins in: what they were is not what they are
/// where the program goes on.
pub(super) const FORGET_FOLDERS: &str = "__wasilibc_reset_preopens";

const PAGE_BYTES: u64 = 64 * 1024;

/// An interpreter, as far as it is taken apart.
pub(super) struct Outline {
    /// The module whose memory is the interpreter's, by its number.
    pub(super) main: usize,
    /// What the memory holds at the start.
    pub(super) base: State,
    pub(super) modules: Vec<Module>,
}

/// A core module of an interpreter.
#[derive(Default)]
pub(super) struct Module {
    /// The mutable globals that it defines, by their numbers.
    pub(super) globals: Vec<(u32, ValType)>,
    pub(super) forgets_folders: bool,
    /// The core instances that are made of it, by their numbers.
    pub(super) instances: Vec<u32>,
    global_count: u32,
    memory_pages: Option<u64>,
    /// Whether it has a section of imports, into which another can go.
    pub(super) has_imports: bool,
    imports_memory: bool,
    has_exports: bool,
    data: Vec<(u32, Vec<u8>)>,
    oddity: Option<&'static str>,
}

impl Outline {
    /// Reads `component`, which is valid.
    ///
    /// # Errors
    /// With what of it keeps it from being taken apart.
    pub(super) fn of(component: &[u8]) -> Result<Self, String> {
        let modules = modules(component)?;
        let defines = |module: &(usize, &Module)| module.1.memory_pages.is_some();
        let mut with_memory = modules.iter().enumerate().filter(defines);
        let (main, module) = with_memory.next().ok_or("it has no memory")?;
        if with_memory.next().is_some() {
            return Err("it has several memories".into());
        }
        for module in &modules {
            module.check()?;
        }
        let base = module.state()?;
        Ok(Self {
            main,
            base,
            modules,
        })
    }
}

impl Module {
    fn check(&self) -> Result<(), String> {
        if let Some(oddity) = self.oddity {
            return Err(oddity.into());
        }
        let has_state = self.memory_pages.is_some() || !self.globals.is_empty();
        if has_state && self.instances.len() != 1 {
            return Err(
                "a module in it that has a state is instantiated more than once, or not at all"
                    .into(),
            );
        }
        match has_state && !self.has_exports {
            true => Err("a module in it has a state and exports nothing".into()),
            false => Ok(()),
        }
    }

    fn state(&self) -> Result<State, String> {
        let pages = self.memory_pages.unwrap_or_default();
        let mut state = State::empty(pages * PAGE_BYTES)?;
        for (place, bytes) in &self.data {
            state
                .write(*place, bytes)
                .ok_or("its data is larger than its memory")?;
        }
        Ok(state)
    }

    fn read(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::ImportSection(section) => {
                self.has_imports = true;
                for import in section.into_imports() {
                    match import?.ty {
                        TypeRef::Global(_) => self.global_count += 1,
                        TypeRef::Memory(_) => self.imports_memory = true,
                        _ => {}
                    }
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory?;
                    let is_plain = !memory.memory64
                        && !memory.shared
                        && memory.page_size_log2.is_none()
                        && memory.maximum.is_none();
                    if !is_plain || self.imports_memory || self.memory_pages.is_some() {
                        self.oddity = Some("its memory is not an ordinary one without a maximum");
                    }
                    self.memory_pages = Some(memory.initial);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let ty = global?.ty;
                    if ty.mutable {
                        self.globals.push((self.global_count, ty.content_type));
                    }
                    self.global_count += 1;
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    self.has_exports = true;
                    self.forgets_folders |=
                        export.kind == ExternalKind::Func && export.name == FORGET_FOLDERS;
                }
            }
            Payload::StartSection { .. } if self.memory_pages.is_some() => {
                self.oddity = Some("the module with its memory has a start function");
            }
            Payload::DataSection(section) => {
                for data in section {
                    let data = data?;
                    let DataKind::Active { offset_expr, .. } = data.kind else {
                        continue;
                    };
                    match offset_expr.get_operators_reader().read()? {
                        Operator::I32Const { value } if self.memory_pages.is_some() => {
                            self.data.push((value.cast_unsigned(), data.data.to_vec()));
                        }
                        _ => {
                            self.oddity =
                                Some("not all of its data has a fixed place in its memory");
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The modules at the top of a component, with the instances that are made of them.
fn modules(component: &[u8]) -> Result<Vec<Module>, String> {
    let mut found: Vec<Module> = Vec::new();
    // What is open: modules, and components in which none may have a state.
    let mut open: Vec<Encoding> = Vec::new();
    let mut core_instances = 0;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.map_err(|error| error.to_string())?;
        let at_top = open.len() == 1;
        match payload {
            Payload::Version { encoding, .. } => {
                open.push(encoding);
                if encoding == Encoding::Module && open.len() == 2 {
                    found.push(Module::default());
                }
            }
            Payload::End(_) => drop(open.pop()),
            Payload::InstanceSection(section) if at_top => {
                for instance in section {
                    if let Instance::Instantiate { module_index, .. } =
                        instance.map_err(|error| error.to_string())?
                    {
                        let module = found.get_mut(module_index as usize);
                        module
                            .ok_or("its modules have other numbers")?
                            .instances
                            .push(core_instances);
                    }
                    core_instances += 1;
                }
            }
            payload if open.len() == 2 && open[1] == Encoding::Module => {
                if let Some(module) = found.last_mut() {
                    module.read(payload).map_err(|error| error.to_string())?;
                }
            }
            payload => check_surroundings(&payload).map_err(str::to_owned)?,
        }
    }
    Ok(found)
}

/// Whether what is no module of the component's own leaves the numbers of those as they are.
fn check_surroundings(payload: &Payload<'_>) -> Result<(), &'static str> {
    match payload {
        Payload::CoreTypeSection(_) => Err("it has types of modules"),
        Payload::MemorySection(_) | Payload::GlobalSection(_) => {
            Err("a component in it has a state of its own")
        }
        Payload::ComponentImportSection(section) => {
            let mut kinds = section.clone().into_iter().flatten();
            match kinds.any(|import| import.ty.kind() == ComponentExternalKind::Module) {
                true => Err("it imports a module already"),
                false => Ok(()),
            }
        }
        Payload::ComponentAliasSection(section) => {
            let is_module = |alias: ComponentAlias<'_>| match alias {
                ComponentAlias::InstanceExport { kind, .. } => {
                    kind == ComponentExternalKind::Module
                }
                ComponentAlias::Outer { kind, .. } => kind == ComponentOuterAliasKind::CoreModule,
                ComponentAlias::CoreInstanceExport { .. } => false,
            };
            match section.clone().into_iter().flatten().any(is_module) {
                true => Err("it has modules that stand elsewhere"),
                false => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// The name under which a module shows a global that it did not show.
pub(super) fn global_export(index: u32) -> String {
    format!("sparkler:global:{index}")
}
