//! How much a component has of everything, so that what is appended to it can be named.

use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind,
    ExternalKind, Parser, Payload,
};

/// The counts of a component's index spaces, and the instances that it imports.
#[derive(Default)]
pub(in crate::sandbox) struct IndexSpaces {
    pub(in crate::sandbox) functions: u32,
    pub(in crate::sandbox) types: u32,
    pub(in crate::sandbox) core_modules: u32,
    pub(in crate::sandbox) core_instances: u32,
    pub(in crate::sandbox) core_functions: u32,
    pub(in crate::sandbox) core_memories: u32,
    pub(in crate::sandbox) core_globals: u32,
    instances: u32,
    imported_instances: Vec<(String, u32)>,
}

impl IndexSpaces {
    pub(in crate::sandbox) fn of(component: &[u8]) -> wasmparser::Result<Self> {
        let mut spaces = Self::default();
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(component) {
            let payload = payload?;
            if depth == 0 {
                spaces.count(&payload)?;
            }
            match payload {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        Ok(spaces)
    }

    /// The only import of an interface: a handle belongs to the import that gave it.
    pub(in crate::sandbox) fn import(&self, interface: &str) -> Result<u32, String> {
        let named = |import: &&(String, u32)| import.0.starts_with(interface);
        let mut imports = self.imported_instances.iter().filter(named);
        match (imports.next(), imports.next()) {
            (Some((_, instance)), None) => Ok(*instance),
            _ => Err(format!(
                "it holds a stream open that cannot be opened again, since it imports {interface}0.2 \
                 more than once or not at all"
            )),
        }
    }

    fn count(&mut self, payload: &Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::ModuleSection { .. } => self.core_modules += 1,
            Payload::InstanceSection(section) => self.core_instances += section.count(),
            Payload::ComponentInstanceSection(section) => self.instances += section.count(),
            Payload::ComponentTypeSection(section) => self.types += section.count(),
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    let import = import?;
                    let kind = import.ty.kind();
                    if kind == ComponentExternalKind::Instance {
                        let name = import.name.name.to_owned();
                        self.imported_instances.push((name, self.instances));
                    }
                    self.add(kind);
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    self.add(export?.kind);
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section.clone() {
                    self.add_alias(&alias?);
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section.clone() {
                    match function? {
                        CanonicalFunction::Lift { .. } => self.functions += 1,
                        _ => self.core_functions += 1,
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, kind: ComponentExternalKind) {
        match kind {
            ComponentExternalKind::Func => self.functions += 1,
            ComponentExternalKind::Type => self.types += 1,
            ComponentExternalKind::Instance => self.instances += 1,
            ComponentExternalKind::Module => self.core_modules += 1,
            ComponentExternalKind::Component | ComponentExternalKind::Value => {}
        }
    }

    fn add_alias(&mut self, alias: &ComponentAlias<'_>) {
        match alias {
            ComponentAlias::InstanceExport { kind, .. } => self.add(*kind),
            ComponentAlias::CoreInstanceExport { kind, .. } => match kind {
                ExternalKind::Func | ExternalKind::FuncExact => self.core_functions += 1,
                ExternalKind::Memory => self.core_memories += 1,
                ExternalKind::Global => self.core_globals += 1,
                ExternalKind::Table | ExternalKind::Tag => {}
            },
            ComponentAlias::Outer { kind, .. } => match kind {
                ComponentOuterAliasKind::Type => self.types += 1,
                ComponentOuterAliasKind::CoreModule => self.core_modules += 1,
                ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Component => {}
            },
        }
    }
}
