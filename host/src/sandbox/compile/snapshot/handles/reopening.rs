//! The code that opens handles again: a core module whose start function calls what the component imports.

use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, CodeSection, ComponentAliasSection,
    ComponentExportKind, ComponentSection as _, EntityType, ExportKind, Function, FunctionSection,
    ImportSection, InstanceSection, Instruction, Module, ModuleArg, StartSection, TypeSection,
    ValType,
};

use super::{Handle, OpenHandles, StandardStream};
use crate::sandbox::compile::core_module::CoreModule;
use crate::sandbox::compile::index_spaces::IndexSpaces;

#[cfg(test)]
mod tests;

/// Appends it to `component`.
pub(super) fn append(mut component: Vec<u8>, open: &OpenHandles) -> Result<Vec<u8>, String> {
    let spaces = IndexSpaces::of(&component).map_err(|error| error.to_string())?;
    let plan = Plan::of(open).ok_or("it waits for streams that it does not hold")?;
    plan.append_to(&mut component, &spaces)?;
    Ok(component)
}

/// A function of the host that the code calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Open(StandardStream),
    Subscribe(StandardStream),
    /// Lets go of a stream of the kind that `Open` gives.
    Drop(StandardStream),
}

impl Call {
    /// The interface, without its version, and what is in it.
    fn place(self) -> (&'static str, &'static str) {
        use StandardStream::{Error, Input, Output};
        match self {
            Self::Open(Input) => ("wasi:cli/stdin@", "get-stdin"),
            Self::Open(Output) => ("wasi:cli/stdout@", "get-stdout"),
            Self::Open(Error) => ("wasi:cli/stderr@", "get-stderr"),
            Self::Subscribe(Input) => ("wasi:io/streams@", "[method]input-stream.subscribe"),
            Self::Subscribe(Output | Error) => {
                ("wasi:io/streams@", "[method]output-stream.subscribe")
            }
            Self::Drop(Input) => ("wasi:cli/stdin@", "input-stream"),
            Self::Drop(Output) => ("wasi:cli/stdout@", "output-stream"),
            Self::Drop(Error) => ("wasi:cli/stderr@", "output-stream"),
        }
    }

    /// Its type in [`Plan::module`].
    fn core_type(self) -> u32 {
        match self {
            Self::Open(_) => 0,
            Self::Subscribe(_) => 1,
            Self::Drop(_) => 2,
        }
    }
}

/// What the code does, step by step.
#[derive(Default)]
struct Plan {
    calls: Vec<Call>,
    code: Vec<Instruction<'static>>,
}

impl Plan {
    /// All places up to the last are taken in their order, some for the time being. A place that is let go
    /// of is the next to be taken, which is how what waits for a stream gets its own.
    fn of(open: &OpenHandles) -> Option<Self> {
        let stream_at = |place: &u32| match open.get(place) {
            Some(Handle::Stream(stream)) => Some(*stream),
            Some(Handle::Pollable { .. }) | None => None,
        };
        let filler = open.keys().find_map(stream_at)?;
        let mut plan = Self::default();
        let places = 0..=*open.keys().last()?;
        for place in places.clone() {
            plan.open(stream_at(&place).unwrap_or(filler));
        }
        for (place, handle) in open {
            if let Handle::Pollable { stream } = handle {
                plan.let_go(*place, filler);
                plan.wait_for(*stream, stream_at(stream)?);
            }
        }
        for place in places.filter(|place| !open.contains_key(place)) {
            plan.let_go(place, filler);
        }
        Some(plan)
    }

    fn open(&mut self, stream: StandardStream) {
        self.call(Call::Open(stream));
        self.code.push(Instruction::Drop);
    }

    fn let_go(&mut self, place: u32, filler: StandardStream) {
        self.code.push(handle(place));
        self.call(Call::Drop(filler));
    }

    fn wait_for(&mut self, place: u32, stream: StandardStream) {
        self.code.push(handle(place));
        self.call(Call::Subscribe(stream));
        self.code.push(Instruction::Drop);
    }

    fn call(&mut self, call: Call) {
        let known = self.calls.iter().position(|known| *known == call);
        let index = known.unwrap_or_else(|| {
            self.calls.push(call);
            self.calls.len() - 1
        });
        self.code.push(Instruction::Call(count(index)));
    }

    /// The core module, which imports the calls by their numbers.
    fn module(&self) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], [ValType::I32]);
        types.ty().function([ValType::I32], [ValType::I32]);
        types.ty().function([ValType::I32], []);
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        for (name, call) in self.calls.iter().enumerate() {
            let function = EntityType::Function(call.core_type());
            imports.import("", &name.to_string(), function);
        }
        let mut functions = FunctionSection::new();
        functions.function(3);
        let mut start = Function::new([]);
        for instruction in &self.code {
            start.instruction(instruction);
        }
        start.instruction(&Instruction::End);
        let mut code = CodeSection::new();
        code.function(&start);
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions);
        module.section(&StartSection {
            function_index: count(self.calls.len()),
        });
        module.section(&code);
        module.finish()
    }

    /// Appends the sections that bring the calls and the module together.
    fn append_to(&self, component: &mut Vec<u8>, spaces: &IndexSpaces) -> Result<(), String> {
        let mut aliases = ComponentAliasSection::new();
        let mut canonicals = CanonicalFunctionSection::new();
        let (mut function, mut resource) = (spaces.functions, spaces.types);
        for call in &self.calls {
            let (interface, name) = call.place();
            let instance = spaces.import(interface)?;
            let kind = match call {
                Call::Open(_) | Call::Subscribe(_) => {
                    canonicals.lower(function, [] as [CanonicalOption; 0]);
                    function += 1;
                    ComponentExportKind::Func
                }
                Call::Drop(_) => {
                    canonicals.resource_drop(resource);
                    resource += 1;
                    ComponentExportKind::Type
                }
            };
            aliases.alias(Alias::InstanceExport {
                instance,
                kind,
                name,
            });
        }
        let calls = (spaces.core_functions..).take(self.calls.len()).enumerate();
        let calls = calls.map(|(name, index)| (name.to_string(), ExportKind::Func, index));
        let mut instances = InstanceSection::new();
        instances.export_items(calls.collect::<Vec<_>>());
        instances.instantiate(
            spaces.core_modules,
            [("", ModuleArg::Instance(spaces.core_instances))],
        );
        aliases.append_to_component(component);
        canonicals.append_to_component(component);
        CoreModule(self.module()).append_to_component(component);
        instances.append_to_component(component);
        Ok(())
    }
}

fn handle(place: u32) -> Instruction<'static> {
    Instruction::I32Const(place.saturating_add(1).cast_signed())
}

/// Handles are few.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
