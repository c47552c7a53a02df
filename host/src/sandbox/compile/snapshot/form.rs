//! What of a component's form keeps it from being snapshotted, beyond what `wizer` looks at itself.

use wasmparser::{Encoding, Parser, Payload};

/// Whether the state of all modules can be read.
///
/// A module that exports nothing has no place for what lets its state be read, which would be lost
/// without a word.
///
/// # Errors
/// With the reason.
pub(super) fn check(component: &[u8]) -> Result<(), String> {
    let mut modules: Vec<Option<Module>> = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|error| error.to_string())? {
            Payload::Version { encoding, .. } => {
                modules.push((encoding == Encoding::Module).then(Module::default));
            }
            Payload::End(_) => match modules.pop().flatten() {
                Some(module) if module.has_state && !module.has_exports => {
                    return Err(
                        "a module in it has state of its own and exports nothing, so that \
                                its state cannot be read"
                            .into(),
                    );
                }
                _ => {}
            },
            payload => {
                if let Some(Some(module)) = modules.last_mut() {
                    module.look_at(&payload);
                }
            }
        }
    }
    Ok(())
}

/// What a core module has.
#[derive(Default)]
struct Module {
    has_state: bool,
    has_exports: bool,
}

impl Module {
    fn look_at(&mut self, payload: &Payload<'_>) {
        match payload {
            Payload::MemorySection(memories) => self.has_state |= memories.count() > 0,
            Payload::GlobalSection(globals) => {
                let mut globals = globals.clone().into_iter().flatten();
                self.has_state |= globals.any(|global| global.ty.mutable);
            }
            Payload::ExportSection(_) => self.has_exports = true,
            _ => {}
        }
    }
}
