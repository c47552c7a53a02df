//! Removes debug information from a core module. The names of functions stay, since stack traces need
//! them: linkers can only remove both or none.

use wasmparser::{Parser, Payload};

/// The module without the custom sections of debug information; as it is, where it is no sound module.
pub(super) fn removed(module: &[u8]) -> Vec<u8> {
    without(module).unwrap_or_else(|_| module.to_owned())
}

fn without(module: &[u8]) -> wasmparser::Result<Vec<u8>> {
    let mut kept = Vec::with_capacity(module.len());
    // Where the part begins that is neither kept nor removed yet.
    let mut start = 0;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        let end = match &payload {
            Payload::Version { range, .. } => range.end,
            Payload::CodeSectionEntry(_) => continue,
            payload => match payload.as_section() {
                Some((_, range)) => range.end,
                None => continue,
            },
        };
        let is_debug = matches!(&payload, Payload::CustomSection(section)
            if section.name().starts_with(".debug_"));
        if !is_debug {
            kept.extend(module.get(start..end).unwrap_or_default());
        }
        start = end;
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_information_goes_and_everything_else_stays() {
        let plain = r#"(module
            (memory 1) (func $greet (result i32) i32.const 1) (func i32.const 2 drop)
            (export "greet" (func $greet)) (data (i32.const 0) "words") (@custom "kept" "here")"#;
        let module = |more: &str| wat::parse_str(format!("{plain} {more})")).unwrap();
        let debug = r#"(@custom ".debug_info" "lines") (@custom ".debug_line" "more")"#;
        assert_eq!(removed(&module(debug)), removed(&module("")));
        assert_eq!(removed(&module("")), module(""));
    }

    #[test]
    fn what_is_no_module_stays_as_it_is() {
        assert_eq!(removed(b"\0asm"), b"\0asm");
    }
}
