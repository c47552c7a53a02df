//! Whether an event is JSON, and where and why it is not.
//!
//! The whole event must be one JSON value of any kind, in UTF-8. It is checked and not kept: the
//! function gets the bytes that came in.

use bytes::Bytes;
use serde::de::IgnoredAny;

use super::error::WireError;
use crate::limits::{EVENT_NESTING_MAX, INLINE_PARSE_BYTES_MAX};

/// Longest part of the event that the error text repeats.
const TOKEN_CHARS_MAX: usize = 64;

const VALID_VALUES: &str = "JSON String, Number, Array, Object or token 'null', 'true' or 'false'";

/// Checks that `event` is one JSON value. A large one is checked on a thread that may be busy for a
/// while.
///
/// # Errors
/// With the reason and the place, in the words of the service's own parser where they are known.
pub(super) async fn checked(event: &Bytes) -> Result<(), WireError> {
    if event.len() <= INLINE_PARSE_BYTES_MAX {
        return check(event);
    }
    let event = event.clone();
    tokio::task::spawn_blocking(move || check(&event))
        .await
        .unwrap_or_else(|error| {
            tracing::error!(%error, "an event could not be checked");
            Err(WireError::internal())
        })
}

fn check(event: &[u8]) -> Result<(), WireError> {
    defect(event).map_or(Ok(()), |defect| {
        let (line, column) = line_and_column(event, defect.offset);
        let column = column + usize::from(defect.is_taken);
        Err(WireError::invalid_content(format!(
            "Could not parse request body into json: Could not parse payload into json: {}\n at \
             [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: \
             {line}, column: {column}]",
            defect.reason
        )))
    })
}

/// The first thing that is wrong with an event.
struct Defect {
    /// Of the byte that is wrong.
    offset: usize,
    /// Whether the service's parser has taken that byte when it names the place.
    is_taken: bool,
    reason: String,
}

fn defect(event: &[u8]) -> Option<Defect> {
    // The parser looks at no text inside strings, so the encoding is checked apart.
    let syntax = serde_json::from_slice::<IgnoredAny>(event).err();
    let encoding = std::str::from_utf8(event).err();
    let syntax = syntax.map(|error| (offset_of(event, &error), error));
    match (syntax, encoding) {
        (Some((offset, _)), Some(encoding)) if encoding.valid_up_to() < offset => {
            Some(encoding_defect(event, encoding))
        }
        (Some((offset, error)), encoding) => Some(syntax_defect(event, offset, &error, encoding)),
        (None, Some(encoding)) => Some(encoding_defect(event, encoding)),
        (None, None) => nesting_defect(event),
    }
}

fn encoding_defect(event: &[u8], error: std::str::Utf8Error) -> Defect {
    let start = error.valid_up_to();
    let length = error.error_len().unwrap_or(1);
    let (offset, place) = match length {
        1 => (start, "start"),
        _ => (start + length, "middle"),
    };
    let offset = offset.min(event.len() - 1);
    Defect {
        offset,
        is_taken: true,
        reason: format!("Invalid UTF-8 {place} byte 0x{:02x}", event[offset]),
    }
}

fn syntax_defect(
    event: &[u8],
    offset: usize,
    error: &serde_json::Error,
    encoding: Option<std::str::Utf8Error>,
) -> Defect {
    let said = error.to_string();
    let expects_value = [
        "expected value",
        "expected ident",
        "EOF while parsing a value",
    ]
    .iter()
    .any(|start| said.starts_with(start));
    let offset = if error.is_eof() { event.len() } else { offset };
    if expects_value && let Some((token, end)) = token_at(event, offset) {
        return match encoding {
            // The parser reads on to the end of the word, and meets this first.
            Some(encoding) if encoding.valid_up_to() == end => encoding_defect(event, encoding),
            _ => Defect {
                offset: end,
                is_taken: end < event.len(),
                reason: format!("Unrecognized token '{token}': was expecting ({VALID_VALUES})"),
            },
        };
    }
    if offset >= event.len() {
        return Defect {
            offset,
            is_taken: false,
            reason: "Unexpected end-of-input".into(),
        };
    }
    let found = described(event, offset);
    let reason = if said.starts_with("control character") {
        format!(
            "Illegal unquoted character ({found}): has to be escaped using backslash to be \
             included in string value"
        )
    } else if said.starts_with("invalid escape") {
        format!("Unrecognized character escape {found}")
    } else {
        format!("Unexpected character ({found}): {}", expectation(&said))
    };
    Defect {
        offset,
        is_taken: false,
        reason,
    }
}

/// What the parser wanted to see, from what it said.
fn expectation(said: &str) -> String {
    const EXPECTATIONS: [(&str, &str); 5] = [
        (
            "trailing characters",
            "Expected space separating root-level values",
        ),
        (
            "key must be a string",
            "was expecting double-quote to start field name",
        ),
        (
            "expected `:`",
            "was expecting a colon to separate field name and value",
        ),
        (
            "expected `,` or `}`",
            "was expecting comma to separate Object entries",
        ),
        (
            "expected `,` or `]`",
            "was expecting comma to separate Array entries",
        ),
    ];
    EXPECTATIONS
        .iter()
        .find(|(start, _)| said.starts_with(start))
        .map_or_else(
            || format!("expected a valid value ({VALID_VALUES})"),
            |(_, expectation)| (*expectation).into(),
        )
}

/// The word around `offset`, if there is one, and where it ends.
fn token_at(event: &[u8], offset: usize) -> Option<(&str, usize)> {
    let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'$';
    let before = event[..offset].iter().rev().take(TOKEN_CHARS_MAX);
    let start = offset - before.take_while(|byte| in_word(byte)).count();
    let after = event[start..].iter().take(TOKEN_CHARS_MAX);
    let end = start + after.take_while(|byte| in_word(byte)).count();
    let token = std::str::from_utf8(&event[start..end]).ok()?;
    token
        .starts_with(|first: char| !first.is_ascii_digit())
        .then_some((token, end))
}

/// A character as the service's parser shows it.
fn described(event: &[u8], offset: usize) -> String {
    let end = event.len().min(offset + 4);
    let window = &event[offset..end];
    let character = match std::str::from_utf8(window) {
        Ok(text) => text.chars().next(),
        Err(error) => std::str::from_utf8(&window[..error.valid_up_to()])
            .ok()
            .and_then(|text| text.chars().next()),
    };
    let code = character.map_or(u32::from(event[offset]), u32::from);
    match character {
        Some(character) if !character.is_control() => format!("'{character}' (code {code})"),
        _ => format!("(CTRL-CHAR, code {code})"),
    }
}

fn nesting_defect(event: &[u8]) -> Option<Defect> {
    let opening = |byte: &&u8| matches!(byte, b'[' | b'{');
    // Hardly any event has as many brackets, inside strings or out: only then are levels counted.
    if event.iter().filter(opening).count() <= EVENT_NESTING_MAX {
        return None;
    }
    too_deep(event).map(|offset| Defect {
        offset,
        is_taken: false,
        reason: format!(
            "Document nesting depth ({}) exceeds the maximum allowed ({EVENT_NESTING_MAX}, from \
             `StreamReadConstraints.getMaxNestingDepth()`)",
            EVENT_NESTING_MAX + 1
        ),
    })
}

/// Where valid JSON opens one level too many.
fn too_deep(event: &[u8]) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (offset, byte) in event.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth -= 1,
            _ => {}
        }
        if depth > EVENT_NESTING_MAX {
            return Some(offset);
        }
    }
    None
}

/// The byte that the parser stopped at, from the place that it names.
fn offset_of(event: &[u8], error: &serde_json::Error) -> usize {
    let line_start = event
        .split_inclusive(|byte| *byte == b'\n')
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum::<usize>();
    // The parser names the byte that it took last; a control character it has not taken yet.
    let ahead = usize::from(!error.to_string().starts_with("control character"));
    (line_start + error.column().saturating_sub(ahead)).min(event.len())
}

/// Both counted from 1, columns in bytes.
fn line_and_column(event: &[u8], offset: usize) -> (usize, usize) {
    let before = &event[..offset.min(event.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    (line, offset - line_start + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reason(event: impl AsRef<[u8]>) -> String {
        let text = format!("{:?}", check(event.as_ref()).expect_err("it is not JSON"));
        let text = text.replace("\\\\", "\\").replace("\\n", "\n");
        let start = "Could not parse request body into json: Could not parse payload into json: ";
        let from = text.find(start).expect("the text starts as it should") + start.len();
        text[from..].replace(
            "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled);",
            " |",
        )
    }

    #[test]
    fn any_json_value_is_an_event() {
        for event in [
            "{}",
            "[]",
            "null",
            "true",
            " 12.5e3 ",
            r#""text""#,
            r#"{"a":[1,{"b":"\u00e9ü"}]}"#,
        ] {
            assert!(check(event.as_bytes()).is_ok(), "{event}");
        }
    }

    #[test]
    fn the_text_says_what_is_wrong_and_where() {
        assert!(reason("value").starts_with(
            "Unrecognized token 'value': was expecting (JSON String, Number, Array, Object or \
             token 'null', 'true' or 'false') | line: 1, column: 6]"
        ));
        assert!(reason("{\n 'a': 1}").starts_with(
            "Unexpected character (''' (code 39)): was expecting double-quote to start field name \
             | line: 2, column: 2]"
        ));
        assert!(reason("1 D").starts_with(
            "Unexpected character ('D' (code 68)): Expected space separating root-level values"
        ));
        assert!(reason(r#"{"a":1"#).starts_with("Unexpected end-of-input | line: 1, column: 7]"));
        assert!(reason("  ").starts_with("Unexpected end-of-input"));
        assert!(
            reason("[1 2]")
                .starts_with("Unexpected character ('2' (code 50)): was expecting comma")
        );
        assert!(
            reason("[\"a\tb\"]").starts_with("Illegal unquoted character ((CTRL-CHAR, code 9))")
        );
        assert!(
            reason("[ü]").starts_with("Unexpected character ('ü' (code 252)): expected a valid")
        );
        assert!(reason("\"tru").starts_with("Unexpected end-of-input"));
        assert!(reason("tru").starts_with("Unrecognized token 'tru'"));
        let text = reason("[truth]");
        assert!(text.starts_with("Unrecognized token 'truth'") && text.contains("column: 8]"));
    }

    #[test]
    fn an_event_that_is_not_utf_8_is_not_json() {
        assert!(
            reason(b"\"a\x87\"").starts_with("Invalid UTF-8 start byte 0x87 | line: 1, column: 4]")
        );
        assert!(
            reason(b"n\x87r\x9e\xe9")
                .starts_with("Invalid UTF-8 start byte 0x87 | line: 1, column: 3]")
        );
        assert!(reason(b"[ab\x87]").contains("0x87 | line: 1, column: 5]"));
        assert!(reason(b"\"\xe2\x82A\"").starts_with("Invalid UTF-8 middle byte 0x41"));
        assert!(
            reason(b"\x99").starts_with("Unexpected character ((CTRL-CHAR, code 153)): expected")
        );
        assert!(reason(b"\"\x87\" x").starts_with("Invalid UTF-8 start byte 0x87"));
    }

    #[test]
    fn nesting_is_bounded_and_brackets_in_strings_do_not_count() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(check(nested(EVENT_NESTING_MAX).as_bytes()).is_ok());
        assert!(
            reason(nested(EVENT_NESTING_MAX + 1))
                .starts_with("Document nesting depth (1001) exceeds the maximum allowed (1000,")
        );
        assert!(reason(nested(1_000_000)).starts_with("Document nesting depth"));
        let in_string = format!("\"\\\"{}\"", "[".repeat(2_000));
        assert!(check(in_string.as_bytes()).is_ok());
    }

    #[tokio::test]
    async fn a_large_event_is_checked_like_a_small_one() {
        let text =
            |end: &str| Bytes::from(format!("\"{}{end}", "x".repeat(INLINE_PARSE_BYTES_MAX)));
        assert_eq!(checked(&text("\"")).await, Ok(()));
        let error = checked(&text("")).await.expect_err("its end is missing");
        assert_eq!(Err(error), check(&text("")));
    }
}
