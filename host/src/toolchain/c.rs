//! Builds functions in C.

use super::{BuildError, BuildEvent, BuildOptions, BuiltGuest};

/// Builds the function in the folder that `options` name.
pub(super) fn build(
    options: &BuildOptions,
    _observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<BuiltGuest, BuildError> {
    Err(BuildError::Unsuitable(format!(
        "{} holds a function in C, which this version of Sparkler does not build.",
        options.directory.display()
    )))
}
