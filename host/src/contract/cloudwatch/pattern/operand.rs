//! What a member of an event is compared with.

use regex_lite::Regex;
use serde_json::Value;

use super::scanner::Scanner;

/// The right side of a comparison.
#[derive(Debug)]
pub(super) enum Operand {
    Number(f64),
    /// Text, in which `*` stands for anything.
    Text(String),
    Expression(Regex),
}

impl Operand {
    pub(super) fn parse(scanner: &mut Scanner<'_>) -> Result<Self, String> {
        scanner.skip_blanks();
        match scanner.peek() {
            Some('"') => scanner.quoted().map(Self::Text),
            Some('%') => scanner.expression().map(Self::Expression),
            _ => {
                let word =
                    scanner.take_while(|c| !c.is_whitespace() && !"(){}&|=<>!\"".contains(c));
                match (word, word.parse()) {
                    ("", _) => Err("A comparison in the filter pattern has no right side.".into()),
                    (_, Ok(number)) => Ok(Self::Number(number)),
                    (word, Err(_)) => Ok(Self::Text(word.to_owned())),
                }
            }
        }
    }

    pub(super) fn equals(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Number(number), Value::Number(found)) => found.as_f64() == Some(*number),
            (Self::Number(number), Value::String(found)) => found.parse() == Ok(*number),
            (Self::Text(pattern), Value::String(found)) => has_form(pattern, found),
            (Self::Expression(regex), Value::String(found)) => regex.is_match(found),
            (Self::Expression(regex), Value::Number(found)) => regex.is_match(&found.to_string()),
            _ => false,
        }
    }
}

/// Whether `text` is `pattern` with something in place of each `*`. The pieces between them are found
/// one after the other, each as early as it can be.
fn has_form(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let (pieces, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in pieces.split('*') {
        match text.find(piece) {
            Some(at) => text = &text[at + piece.len()..],
            None => return false,
        }
    }
    text.ends_with(last)
}
