//! Whether a component lets its sandboxes be reused: a number in a custom section of its own.

use wasmparser::{Chunk, Parser, Payload};

use super::{PackageError, Precompiled};
use crate::domain::version::{REUSE_MAX, REUSE_SECTION};
use crate::limits::COMPONENT_SECTIONS_MAX;

/// Invocations that one sandbox of the component or core module may serve, or 0 where it says nothing.
///
/// Reads no more than the headers of the outermost sections. Bytes that are no sound WebAssembly say
/// nothing: whoever checks the component has the words for that.
///
/// # Errors
/// When it says something else than a number within the bound.
pub fn reuse_of(wasm: &[u8]) -> Result<u32, PackageError> {
    if Precompiled::is_one(wasm) {
        return Ok(Precompiled::reuse_of(wasm));
    }
    let Some(content) = section(wasm) else {
        return Ok(0);
    };
    let number = std::str::from_utf8(content).ok();
    number
        .and_then(|number| number.trim().parse().ok())
        .filter(|number| (1..=REUSE_MAX).contains(number))
        .ok_or_else(|| {
            PackageError(format!(
                "The custom section '{REUSE_SECTION}' of the component says '{}': it holds the number \
                 of invocations that one sandbox may serve, from 1 to {REUSE_MAX}, in decimal digits.",
                shown(content)
            ))
        })
}

fn shown(content: &[u8]) -> String {
    const BYTES_SHOWN_MAX: usize = 40;
    let start = &content[..content.len().min(BYTES_SHOWN_MAX)];
    String::from_utf8_lossy(start).into_owned()
}

/// The content of the first section of that name.
fn section(wasm: &[u8]) -> Option<&[u8]> {
    let mut parser = Parser::new(0);
    let mut rest = wasm;
    for _ in 0..COMPONENT_SECTIONS_MAX {
        let Ok(Chunk::Parsed { consumed, payload }) = parser.parse(rest, true) else {
            return None;
        };
        let mut skipped = 0;
        match payload {
            Payload::CustomSection(section) if section.name() == REUSE_SECTION => {
                return Some(section.data());
            }
            Payload::CodeSectionStart { size, .. } => {
                parser.skip_section();
                skipped = size as usize;
            }
            // The parser takes nested ones for read; they follow here, and are passed over.
            Payload::ModuleSection {
                unchecked_range, ..
            }
            | Payload::ComponentSection {
                unchecked_range, ..
            } => skipped = unchecked_range.len(),
            Payload::End(_) => return None,
            _ => {}
        }
        rest = rest.get(consumed + skipped..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reuse_of_text(text: &str) -> Result<u32, String> {
        let wasm = wat::parse_str(text).expect("sound text");
        reuse_of(&wasm).map_err(|error| error.to_string())
    }

    #[test]
    fn the_number_is_found_behind_whatever_else_there_is() {
        for text in [
            r#"(component (@custom "sparkler:reuse" "50"))"#,
            r#"(component (core module (func unreachable)) (component) (@custom "sparkler:reuse" "50"))"#,
            r#"(module (func unreachable) (@custom "sparkler:reuse" (after code) "50"))"#,
        ] {
            assert_eq!(reuse_of_text(text), Ok(50), "{text}");
        }
    }

    #[test]
    fn only_the_outermost_section_speaks_and_silence_is_0() {
        for text in [
            "(component)",
            r#"(component (@custom "other" "50"))"#,
            r#"(component (core module (@custom "sparkler:reuse" "50")))"#,
            r#"(component (component (@custom "sparkler:reuse" "50")))"#,
        ] {
            assert_eq!(reuse_of_text(text), Ok(0), "{text}");
        }
        assert_eq!(reuse_of(b"\0asm\x0d\0\x01\0\x07").ok(), Some(0));
    }

    #[test]
    fn anything_but_a_number_within_the_bound_is_named() {
        for content in ["", "0", "-1", "10001", "often", "\\ff"] {
            let text = format!(r#"(component (@custom "sparkler:reuse" "{content}"))"#);
            let error = reuse_of_text(&text).expect_err(content);
            assert!(error.contains("from 1 to 10000"), "{error}");
        }
    }
}
