//! Whether this host provides an interface.

use super::guest_state::PARTS;

/// Whether an import of this name can be satisfied.
pub(in crate::sandbox) fn is_provided(import: &str) -> bool {
    let mut provided = PARTS.iter().flat_map(|part| part.provided);
    provided.any(|interface| interface.is(import))
}

#[cfg(test)]
mod tests;
