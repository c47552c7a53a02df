//! The code that opens streams again: a core module whose start function calls what the component imports.

use std::collections::BTreeMap;

use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, CodeSection, ComponentAliasSection,
    ComponentExportKind, EntityType, ExportKind, Function, FunctionSection,
    ImportSection, InstanceSection, Module, ModuleArg, StartSection, TypeSection,
    ValType,
};
use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind,
    ExternalKind, Parser, Payload,
};

use super::StandardStream;

/// Appends it to `component`.
pub(super) fn append(
    mut component: Vec<u8>,
    open: &BTreeMap<u32, StandardStream>,
) -> Result<Vec<u8>, String> {
    let spaces = IndexSpaces::of(&component).map_err(|error| error.to_string())?;
    let plan = Plan::of(open);
    for section in spaces.sections(&plan)? {
        section.append_to_component(&mut component);
    }
    Ok(component)
}

/// What is called, one after the other.
struct Plan {
    /// The streams that are opened, each kind once.
    kinds: Vec<StandardStream>,
    /// What is opened at each place, by its index in `kinds`, and whether it stays open.
    steps: Vec<(usize, bool)>,
}

impl Plan {
    /// A place that is free between others is taken while the others are opened.
    fn of(open: &BTreeMap<u32, StandardStream>) -> Self {
        let mut kinds: Vec<StandardStream> = open.values().copied().collect();
        kinds.sort_unstable();
        kinds.dedup();
        let last = open.keys().last().copied().unwrap_or_default();
        let kind_of = |stream: &StandardStream| kinds.iter().position(|kind| kind == stream);
        let steps = (0..=last)
            .map(|place| match open.get(&place).and_then(kind_of) {
                Some(kind) => (kind, true),
                None => (0, false),
            })
            .collect();
        Self { kinds, steps }
    }

    fn has_gaps(&self) -> bool {
        self.steps.iter().any(|(_, stays)| !stays)
    }

    /// The function that carries it out: functions of the kinds are 0, 1 …, and `drop` is behind them.
    fn function(&self) -> Function {
        let drop = index(self.kinds.len());
        let gaps = self.steps.iter().filter(|(_, stays)| !stays).count();
        let mut function = Function::new([(index(gaps), ValType::I32)]);
        let mut taken = 0;
        for (kind, stays) in &self.steps {
            function.instructions().call(index(*kind));
            if *stays {
                function.instructions().drop();
            } else {
                function.instructions().local_set(taken);
                taken += 1;
            }
        }
        for local in 0..taken {
            function.instructions().local_get(local).call(drop);
        }
        function.instructions().end();
        function
    }

    fn module(&self) -> Module {
        let mut types = TypeSection::new();
        types.ty().function([], [ValType::I32]);
        types.ty().function([ValType::I32], []);
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        for (name, import) in self.imports().iter().enumerate() {
            imports.import("", &name.to_string(), EntityType::Function(*import));
        }
        let mut functions = FunctionSection::new();
        functions.function(2);
        let mut code = CodeSection::new();
        code.function(&self.function());
        let mut module = Module::new();
        module
            .section(&types)
            .section(&imports)
            .section(&functions)
            .section(&StartSection {
                function_index: index(self.imports().len()),
            })
            .section(&code);
        module
    }

    /// The types of what the module imports.
    fn imports(&self) -> Vec<u32> {
        let mut imports = vec![0; self.kinds.len()];
        if self.has_gaps() {
            imports.push(1);
        }
        imports
    }
}

/// How much a component has of everything, so that what is appended can be named; and what it imports.
#[derive(Default)]
struct IndexSpaces {
    instances: u32,
    functions: u32,
    types: u32,
    core_modules: u32,
    core_instances: u32,
    core_functions: u32,
    imported_instances: Vec<(String, u32)>,
}

type Section = Box<dyn wasm_encoder::ComponentSection>;

impl IndexSpaces {
    fn of(component: &[u8]) -> wasmparser::Result<Self> {
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
            ComponentAlias::CoreInstanceExport { kind, .. } => {
                let is_function = matches!(kind, ExternalKind::Func | ExternalKind::FuncExact);
                self.core_functions += u32::from(is_function);
            }
            ComponentAlias::Outer { kind, .. } => match kind {
                ComponentOuterAliasKind::Type => self.types += 1,
                ComponentOuterAliasKind::CoreModule => self.core_modules += 1,
                ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Component => {}
            },
        }
    }

    /// The only import of a stream's interface: a handle belongs to the interface that gave it.
    fn import(&self, stream: StandardStream) -> Result<u32, String> {
        let [interface, ..] = stream.interface();
        let mut imports = self
            .imported_instances
            .iter()
            .filter(|(name, _)| name.starts_with(interface));
        match (imports.next(), imports.next()) {
            (Some((_, instance)), None) => Ok(*instance),
            _ => Err(format!(
                "it holds a stream open that its import of {interface}0.2 gave it, and has no such \
                 import or more than one"
            )),
        }
    }

    /// The sections that carry `plan` out.
    fn sections(&self, plan: &Plan) -> Result<Vec<Section>, String> {
        let mut aliases = ComponentAliasSection::new();
        let mut canonicals = CanonicalFunctionSection::new();
        for (function, stream) in (self.functions..).zip(&plan.kinds) {
            let [_, name, _] = stream.interface();
            aliases.alias(Alias::InstanceExport {
                instance: self.import(*stream)?,
                kind: ComponentExportKind::Func,
                name,
            });
            canonicals.lower(function, [] as [CanonicalOption; 0]);
        }
        if plan.has_gaps() {
            let stream = plan.kinds[0];
            let [_, _, name] = stream.interface();
            aliases.alias(Alias::InstanceExport {
                instance: self.import(stream)?,
                kind: ComponentExportKind::Type,
                name,
            });
            canonicals.resource_drop(self.types);
        }
        let functions = (self.core_functions..).zip(plan.imports());
        let items = functions.enumerate().map(|(name, (function, _))| {
            let name = name.to_string();
            (name, ExportKind::Func, function)
        });
        let mut instances = InstanceSection::new();
        instances.export_items(items.collect::<Vec<_>>());
        instances.instantiate(
            self.core_modules,
            [("", ModuleArg::Instance(self.core_instances))],
        );
        Ok(vec![
            Box::new(aliases),
            Box::new(canonicals),
            Box::new(RawModule(plan.module().finish())),
            Box::new(instances),
        ])
    }
}

/// A module section that owns its module.
struct RawModule(Vec<u8>);

impl wasm_encoder::Encode for RawModule {
    fn encode(&self, sink: &mut Vec<u8>) {
        self.0.encode(sink);
    }
}

impl wasm_encoder::ComponentSection for RawModule {
    fn id(&self) -> u8 {
        wasm_encoder::ComponentSectionId::CoreModule.into()
    }
}

/// The count of what a plan has, which is bounded by the handles that a guest may hold.
fn index(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
