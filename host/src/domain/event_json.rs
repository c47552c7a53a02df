//! The event of a call: one JSON value of any kind, in UTF-8.
//!
//! It is checked and not kept as a value: the function gets the bytes that came in.

mod open;
mod scanner;

#[cfg(test)]
mod tests;

use bytes::Bytes;

use crate::limits::EVENT_NESTING_MAX;
use scanner::{Defect, Expected, Kind};

const VALID_VALUES: &str = "JSON String, Number, Array, Object or token 'null', 'true' or 'false'";

/// JSON text that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventJson(Bytes);

/// Why a text is not an event, and where: the first thing that is wrong with it, in the words of the parser
/// that AWS has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} (line {line}, column {column})")]
pub struct NotJson {
    /// What is wrong.
    pub reason: String,
    /// Counted from 1.
    pub line: usize,
    /// In bytes, counted from 1.
    pub column: usize,
}

impl EventJson {
    /// The event that `text` is.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: Bytes) -> Result<Self, NotJson> {
        match scanner::scan(&text) {
            Ok(()) => Ok(Self(text)),
            Err(defect) => Err(NotJson::of(&text, defect)),
        }
    }

    /// The event that `text` is, which was found to be one when it was accepted.
    pub(crate) fn accepted(text: Bytes) -> Self {
        Self(text)
    }

    /// The text.
    pub fn text(&self) -> &Bytes {
        &self.0
    }
}

impl NotJson {
    fn of(text: &[u8], Defect { offset, kind }: Defect) -> Self {
        let found = || described(text, offset);
        let here = |reason: String| Said {
            reason,
            offset,
            is_taken: false,
        };
        let said = match kind {
            Kind::End => here("Unexpected end-of-input".into()),
            Kind::Word => Said::of_word(text, offset),
            Kind::Character(expected) => here(format!(
                "Unexpected character ({}): {}",
                found(),
                expectation(expected)
            )),
            Kind::Control => here(format!(
                "Illegal unquoted character ({}): has to be escaped using backslash to be included in \
                 string value",
                found()
            )),
            Kind::Escape => here(format!("Unrecognized character escape {}", found())),
            Kind::Nesting => here(format!(
                "Document nesting depth ({}) exceeds the maximum allowed ({EVENT_NESTING_MAX}, from \
                 `StreamReadConstraints.getMaxNestingDepth()`)",
                EVENT_NESTING_MAX + 1
            )),
            Kind::Encoding => Said::of_encoding(text, offset),
        };
        let (line, column) = line_and_column(text, said.offset);
        Self {
            reason: said.reason,
            line,
            column: column + usize::from(said.is_taken),
        }
    }
}

/// What the parser says, and of which byte.
struct Said {
    reason: String,
    offset: usize,
    /// Whether the parser has taken that byte when it names the place.
    is_taken: bool,
}

impl Said {
    /// Of a word that JSON does not have: the parser reads it to its end.
    fn of_word(text: &[u8], offset: usize) -> Self {
        let word = scanner::word_at(text, offset);
        let end = offset + word.len();
        let shown = String::from_utf8_lossy(word);
        Self {
            reason: format!("Unrecognized token '{shown}': was expecting ({VALID_VALUES})"),
            offset: end,
            is_taken: end < text.len(),
        }
    }

    /// Of bytes from `offset` on that are no character.
    fn of_encoding(text: &[u8], offset: usize) -> Self {
        let error = std::str::from_utf8(&text[offset..]).err();
        let (wrong, place) = match error.and_then(|error| error.error_len()) {
            None | Some(1) => (offset, "start"),
            Some(length) => (offset + length, "middle"),
        };
        let wrong = wrong.min(text.len() - 1);
        Self {
            reason: format!("Invalid UTF-8 {place} byte 0x{:02x}", text[wrong]),
            offset: wrong,
            is_taken: true,
        }
    }
}

/// What would stand in the place of another character.
fn expectation(expected: Expected) -> String {
    match expected {
        Expected::Value => format!("expected a valid value ({VALID_VALUES})"),
        Expected::Name => "was expecting double-quote to start field name".into(),
        Expected::Colon => "was expecting a colon to separate field name and value".into(),
        Expected::ObjectComma => "was expecting comma to separate Object entries".into(),
        Expected::ArrayComma => "was expecting comma to separate Array entries".into(),
        Expected::HexDigit => "expected a hex-digit for character escape sequence".into(),
        Expected::Nothing => "Expected space separating root-level values".into(),
    }
}

/// A character as the parser shows it.
fn described(text: &[u8], offset: usize) -> String {
    let end = text.len().min(offset + 4);
    let valid = text[offset..end].utf8_chunks().next();
    let character = valid.and_then(|chunk| chunk.valid().chars().next());
    let code = character.map_or(u32::from(text[offset]), u32::from);
    match character {
        Some(character) if !character.is_control() => format!("'{character}' (code {code})"),
        _ => format!("(CTRL-CHAR, code {code})"),
    }
}

/// Both counted from 1, columns in bytes.
fn line_and_column(text: &[u8], offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    (line, offset - line_start + 1)
}
