//! Interpreters of languages: components that run the sources of any function, each built once for a machine.

use sparkler::internals;

use super::{BuildError, BuildEvent, BuildOptions, BuiltInterpreter, javascript, python};

/// What the interpreter of a language is built from by this program: the same text means the same.
pub fn interpreter_inputs(language: internals::Language) -> String {
    match language {
        internals::Language::Python => python::generic::inputs(),
        internals::Language::JavaScript => javascript::interpreter::inputs(),
    }
}

/// Builds the interpreter of a language from what its own people publish, and tells `observe` what happens. Blocks, for
/// minutes.
///
/// # Errors
/// When a tool is missing, or cannot be brought.
pub fn build_interpreter(
    language: internals::Language,
    options: &BuildOptions,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<BuiltInterpreter, BuildError> {
    match language {
        internals::Language::Python => python::generic::build(options, observe),
        internals::Language::JavaScript => javascript::interpreter::build(options, observe),
    }
}
