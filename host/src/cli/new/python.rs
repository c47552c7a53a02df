//! The files that a function in Python starts with.

use super::templates::Template;

pub(super) const TEMPLATES: &[Template] = &[];
