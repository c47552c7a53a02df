//! Which behaviour this package has.

use std::hint::black_box;

use crate::behaviours::{BEHAVIOURS, Behaviour};

/// What is in the data of the compiled guest where a package has the name of its behaviour, followed
/// by zeros. It has no zero itself, so that it lies in the file in one piece.
pub const PLACEHOLDER: [u8; 64] =
    *b"<sparkler:behaviour> the name of the behaviour is written here: ";

static NAME: [u8; 64] = PLACEHOLDER;

/// The behaviour of this package; `None` in a guest that nobody has given one.
#[cfg_attr(
    not(any(test, target_family = "wasm")),
    expect(dead_code, reason = "only a component has a behaviour")
)]
pub(crate) fn selected() -> Option<&'static Behaviour> {
    // What is written into the file afterwards must not be known to the compiler.
    named(black_box(&NAME))
}

fn named(name: &[u8]) -> Option<&'static Behaviour> {
    let end = name.iter().position(|byte| *byte == 0)?;
    BEHAVIOURS
        .iter()
        .find(|behaviour| behaviour.name.as_bytes() == &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_with_a_zero() {
        let name = |bytes| named(bytes).map(|behaviour| behaviour.name);
        assert_eq!(name(b"echo\0\0"), Some("echo"));
        assert_eq!(name(b"echoes\0"), None);
        assert_eq!(name(b"echo"), None);
    }

    #[test]
    fn a_guest_as_it_was_compiled_has_no_behaviour() {
        assert!(selected().is_none());
    }
}
