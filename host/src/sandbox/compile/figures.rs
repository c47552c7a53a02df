//! What the engine keeps of every instance of a component beside its memories and tables: its globals, what it
//! imports, and an entry for each function that can be reached otherwise than by name; and what it copies to set one
//! up. The engine does not say, so it is counted here, rather too much than too little.

use std::collections::HashSet;

use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, ConstExpr,
    DataKind, ElementItems, Encoding, ExternalKind, Instance, Operator, Parser, Payload, Result,
    TypeRef,
};

use super::inspect::memory_of;
use crate::limits;
use crate::sandbox::engine::compiled::Figures;
use crate::sandbox::engine::engines::AddressSpace;
use crate::sandbox::guest::loaded::STATE_IMPORT;

/// What a core instance has, however small.
const INSTANCE_BYTES: u64 = 1024;

/// What is imported, and a function that is called through a pointer: some pointers each.
const ENTRY_BYTES: u64 = 32;

/// A global: room for the largest of values.
const GLOBAL_BYTES: u64 = 16;

/// A function of the host, or of another component, as an instance of a component has it.
const LOWERED_BYTES: u64 = 64;

/// Of what is not known without a look at what is imported.
const UNKNOWN: u64 = u64::MAX;

/// The figures of `component`, compiled for such an address space.
pub(in crate::sandbox) fn figures(component: &[u8], space: AddressSpace) -> Result<Figures> {
    let mut open: Vec<Open> = Vec::new();
    let (mut largest, mut copied_bytes) = (0, 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { encoding, .. } => open.push(match encoding {
                Encoding::Module => Open::Module(Module::default()),
                Encoding::Component => Open::Component(Level::default()),
            }),
            Payload::End(_) => match (open.pop(), open.last_mut()) {
                (Some(Open::Module(module)), Some(Open::Component(parent))) => {
                    largest = largest.max(module.bytes());
                    copied_bytes += module.copied_bytes(space);
                    parent.modules.push(module.bytes());
                }
                (Some(Open::Component(level)), Some(Open::Component(parent))) => {
                    parent.components.push(level.bytes);
                }
                (Some(Open::Component(level)), _) => {
                    let most = largest.saturating_mul(limits::CORE_INSTANCES_MAX.into());
                    return Ok(Figures {
                        instance_bytes: level.bytes.min(most),
                        copied_bytes,
                    });
                }
                _ => {}
            },
            payload => match open.last_mut() {
                Some(Open::Module(module)) => module.read(payload)?,
                Some(Open::Component(level)) => level.read(payload)?,
                None => {}
            },
        }
    }
    Ok(Figures {
        instance_bytes: 0,
        copied_bytes,
    })
}

/// What is being read.
enum Open {
    Module(Module),
    Component(Level),
}

/// A core module.
#[derive(Default)]
struct Module {
    bytes: u64,
    /// Functions that are called through pointers.
    reached: HashSet<u32>,
    /// Its memories together, as they are at the start.
    memory_bytes: u64,
    imported_memories: u32,
    /// What is written to memories at the start.
    data_bytes: u64,
    /// Whether only its instance knows where some of it is written, or to whose memory.
    is_placed_late: bool,
}

impl Module {
    fn bytes(&self) -> u64 {
        INSTANCE_BYTES + self.bytes + self.reached.len() as u64 * ENTRY_BYTES
    }

    /// What is copied to set up an instance. Mostly nothing: the engine maps an image of a memory with its data,
    /// where there is the address space for it, the image is not too large, and it is known what is in it.
    fn copied_bytes(&self, space: AddressSpace) -> u64 {
        let is_mapped = space == AddressSpace::Ample
            && self.memory_bytes <= limits::MEMORY_IMAGE_BYTES_MAX
            && !self.is_placed_late;
        if is_mapped { 0 } else { self.data_bytes }
    }

    fn read(&mut self, payload: Payload<'_>) -> Result<()> {
        match payload {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    match import?.ty {
                        TypeRef::Tag(_) => continue,
                        TypeRef::Memory(_) => self.imported_memories += 1,
                        _ => {}
                    }
                    self.bytes += ENTRY_BYTES;
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    self.bytes += GLOBAL_BYTES;
                    self.reach(&global?.init_expr)?;
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let initial_bytes = memory_of(memory?).initial_bytes;
                    self.memory_bytes = self.memory_bytes.saturating_add(initial_bytes);
                    self.bytes += ENTRY_BYTES;
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    let data = data?;
                    if let DataKind::Active {
                        memory_index,
                        offset_expr,
                    } = data.kind
                    {
                        self.data_bytes += data.data.len() as u64;
                        let offset = offset_expr.get_operators_reader().read()?;
                        self.is_placed_late |= memory_index < self.imported_memories
                            || !matches!(
                                offset,
                                Operator::I32Const { .. } | Operator::I64Const { .. }
                            );
                    }
                }
            }
            Payload::TableSection(section) => {
                self.bytes += u64::from(section.count()) * ENTRY_BYTES
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        self.reached.insert(export.index);
                    }
                }
            }
            Payload::ElementSection(section) => {
                for element in section {
                    match element?.items {
                        ElementItems::Functions(functions) => {
                            for function in functions {
                                self.reached.insert(function?);
                            }
                        }
                        ElementItems::Expressions(_, expressions) => {
                            for expression in expressions {
                                self.reach(&expression?)?;
                            }
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn reach(&mut self, expression: &ConstExpr<'_>) -> Result<()> {
        for operator in expression.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator? {
                self.reached.insert(function_index);
            }
        }
        Ok(())
    }
}

/// A component, of which others may be part.
#[derive(Default)]
struct Level {
    /// What its instances take together.
    bytes: u64,
    modules: Vec<u64>,
    components: Vec<u64>,
}

impl Level {
    fn read(&mut self, payload: Payload<'_>) -> Result<()> {
        match payload {
            Payload::InstanceSection(section) => {
                for instance in section {
                    if let Instance::Instantiate { module_index, .. } = instance? {
                        self.add(self.modules.get(module_index as usize).copied());
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    if let ComponentInstance::Instantiate {
                        component_index, ..
                    } = instance?
                    {
                        self.add(self.components.get(component_index as usize).copied());
                    }
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                self.add(Some(u64::from(section.count()) * LOWERED_BYTES));
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import?;
                    match import.ty.kind() {
                        // Nothing else is linked under this name, and nothing where it is not an interpreter.
                        ComponentExternalKind::Module if import.name.name == STATE_IMPORT => {
                            self.modules.push(INSTANCE_BYTES + ENTRY_BYTES);
                        }
                        kind => self.name(kind),
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    self.name(export?.kind);
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    match alias? {
                        ComponentAlias::InstanceExport { kind, .. } => self.name(kind),
                        ComponentAlias::Outer { kind, .. } => match kind {
                            ComponentOuterAliasKind::CoreModule => self.modules.push(UNKNOWN),
                            ComponentOuterAliasKind::Component => self.components.push(UNKNOWN),
                            _ => {}
                        },
                        ComponentAlias::CoreInstanceExport { .. } => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, bytes: Option<u64>) {
        self.bytes = self.bytes.saturating_add(bytes.unwrap_or(UNKNOWN));
    }

    /// One more module or component has a number here.
    fn name(&mut self, kind: ComponentExternalKind) {
        match kind {
            ComponentExternalKind::Module => self.modules.push(UNKNOWN),
            ComponentExternalKind::Component => self.components.push(UNKNOWN),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn bytes(text: &str) -> u64 {
        let component = wat::parse_str(text).expect("a component");
        let figures = figures(&component, AddressSpace::Ample);
        figures.expect("it can be read").instance_bytes
    }

    /// A module with so many globals.
    fn module(globals: usize) -> String {
        format!(
            "(core module $m {})",
            "(global i32 (i32.const 1))".repeat(globals)
        )
    }

    #[test]
    fn every_instance_of_a_module_counts_with_its_globals() {
        let (small, large) = (module(1), module(10_000));
        assert_eq!(
            bytes(&format!("(component {large})")),
            0,
            "there is no instance"
        );
        let once = bytes(&format!(
            "(component {large} (core instance (instantiate $m)))"
        ));
        assert!((160_000..170_000).contains(&once), "{once}");
        let twice = format!(
            "(component {large} (core instance (instantiate $m)) (core instance (instantiate $m)))"
        );
        assert_eq!(bytes(&twice), 2 * once);
        let small_one = format!(
            "(component {large} (core instance (instantiate $m)) {} (core instance (instantiate $n)))",
            small.replace("$m", "$n")
        );
        assert!(bytes(&small_one) < once + 2_000);
    }

    #[test]
    fn functions_that_pointers_lead_to_count_and_others_do_not() {
        let with = |more: &str| {
            bytes(&format!(
                "(component (core module $m {} {more}) (core instance (instantiate $m)))",
                "(func)".repeat(100)
            ))
        };
        let plain = with("");
        assert!(with("(table 3 funcref) (elem (i32.const 0) func 0 1 1 2)") >= plain + 3 * 32);
        assert!(with("(export \"a\" (func 0)) (export \"b\" (func 1))") >= plain + 2 * 32);
    }

    #[test]
    fn components_in_components_count_as_often_as_they_are_there() {
        let inner = |globals| {
            let module = module(globals);
            format!("(component $c {module} (core instance (instantiate $m)))")
        };
        let once = bytes(&format!(
            "(component {} (instance (instantiate $c)))",
            inner(1_000)
        ));
        let twice = format!(
            "(component {} (instance (instantiate $c)) (instance (instantiate $c)))",
            inner(1_000)
        );
        assert_eq!(bytes(&twice), 2 * once);
    }

    #[test]
    fn what_cannot_be_told_is_taken_for_as_much_as_there_may_be() {
        let module = module(100);
        let text = format!(
            "(component $outer {module} (component $c
                (alias outer $outer $m (core module $same)) (core instance (instantiate $same)))
                (instance (instantiate $c)))"
        );
        let largest = INSTANCE_BYTES + 100 * GLOBAL_BYTES;
        assert_eq!(
            bytes(&text),
            largest * u64::from(limits::CORE_INSTANCES_MAX)
        );
    }

    #[test]
    fn data_is_copied_where_there_is_no_image_of_it() {
        let copied = |pages, space| {
            let text = format!(
                "(component (core module (memory {pages})
                    (data (i32.const 0) \"four\") (data \"passive\")))"
            );
            let component = wat::parse_str(text).expect("a component");
            let figures = figures(&component, space).expect("it can be read");
            figures.copied_bytes
        };
        let most = limits::MEMORY_IMAGE_BYTES_MAX >> 16;
        assert_eq!(copied(most, AddressSpace::Ample), 0);
        assert_eq!(copied(most + 1, AddressSpace::Ample), 4);
        assert_eq!(copied(1, AddressSpace::Scarce), 4);
        let linked = "(component (core module (import \"a\" \"m\" (memory 1))
            (import \"a\" \"base\" (global $base i32)) (memory $own 1)
            (data (memory $own) (i32.const 0) \"four\") MORE))";
        for (more, expected) in [
            ("", 0),
            ("(data (memory 0) (i32.const 0) \"five5\")", 9),
            ("(data (memory $own) (global.get $base) \"five5\")", 9),
        ] {
            let component = wat::parse_str(linked.replace("MORE", more)).expect("a component");
            let figures = figures(&component, AddressSpace::Ample).expect("it can be read");
            assert_eq!(figures.copied_bytes, expected, "{more}");
        }
    }
}
