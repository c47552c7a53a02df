//! Values of a project file, each with the place that it stands in.

use std::path::{Path, PathBuf};

use toml::Spanned;

/// A value that cannot be, and where it stands.
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) problem: String,
}

/// What `value` is where it is given and good, or else the default.
pub(super) fn optional<T, U>(
    value: Option<Spanned<T>>,
    check: fn(T) -> Result<U, String>,
    default: U,
) -> Result<U, Fault> {
    value.map_or(Ok(default), |value| checked(value, check))
}

/// What `check` makes of a value, or its fault with its place.
pub(super) fn checked<T, U>(
    value: Spanned<T>,
    check: impl FnOnce(T) -> Result<U, String>,
) -> Result<U, Fault> {
    let offset = value.span().start;
    check(value.into_inner()).map_err(|problem| Fault { offset, problem })
}

/// `hello/.` is `hello`, which reads better in a message.
pub(super) fn without_dots(path: &Path) -> PathBuf {
    path.components().collect()
}
