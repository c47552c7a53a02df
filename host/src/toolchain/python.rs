//! Builds functions in Python.

use super::{BuildError, BuildEvent, BuildOptions, BuiltGuest};

/// Builds the project in the folder that `options` name.
pub(super) fn build(
    options: &BuildOptions,
    _observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<BuiltGuest, BuildError> {
    Err(BuildError::Unsuitable(format!(
        "{} holds a function in Python, which this version of Sparkler does not build.",
        options.directory.display()
    )))
}
