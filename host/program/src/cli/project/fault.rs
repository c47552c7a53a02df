//! A value of a project file that cannot be.

use toml::Spanned;

/// A value that cannot be, and where it stands.
pub(in crate::cli) struct Fault {
    pub(in crate::cli) offset: usize,
    pub(in crate::cli) problem: String,
}

/// What `check` makes of a value.
pub(in crate::cli) fn checked<T, U>(
    value: Spanned<T>,
    check: impl FnOnce(T) -> Result<U, String>,
) -> Result<U, Fault> {
    let offset = value.span().start;
    check(value.into_inner()).map_err(|problem| Fault { offset, problem })
}
