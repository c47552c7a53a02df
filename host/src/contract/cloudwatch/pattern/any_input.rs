//! What holds of filter patterns, whatever they are.

use serde_json::Value;

use super::FilterPattern;
use super::operand::Operand;

/// Longest pattern and message: plain ways to match take long.
const BYTES_MAX: usize = 2_048;

/// What is no pattern is refused with a sentence; plain terms match where a look at each of them says so. The pattern
/// is the first line, the message what follows.
pub(crate) fn filter_pattern(data: &[u8]) {
    let text = String::from_utf8_lossy(&data[..data.len().min(BYTES_MAX)]);
    let (pattern, message) = text.split_once('\n').unwrap_or((&text, ""));
    let parsed = match FilterPattern::parse(pattern) {
        Ok(parsed) => parsed,
        Err(error) => return assert!(error.ends_with('.'), "{error}"),
    };
    let is_match = parsed.matches(message);
    if let Some(expected) = plainly(pattern, message) {
        assert_eq!(is_match, expected);
    }
}

/// Whether the message has what a pattern of plain words wants; `None` where it is another pattern.
fn plainly(pattern: &str, message: &str) -> Option<bool> {
    let (mut required, mut optional, mut excluded) = (Vec::new(), Vec::new(), Vec::new());
    for word in pattern.split_whitespace() {
        let (list, word) = match (word.strip_prefix('-'), word.strip_prefix('?')) {
            (Some(word), _) => (&mut excluded, word),
            (_, Some(word)) => (&mut optional, word),
            (None, None) => (&mut required, word),
        };
        let is_plain = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_plain.then(|| list.push(message.contains(word)))?;
    }
    let are_only_optional = required.is_empty() && excluded.is_empty();
    Some(match are_only_optional {
        true => optional.is_empty() || optional.contains(&true),
        false => !required.contains(&false) && !excluded.contains(&true),
    })
}

/// Text with asterisks fits where it does letter by letter. The pattern is the first line, the text what follows.
pub(crate) fn wildcards(data: &[u8]) {
    let text = String::from_utf8_lossy(&data[..data.len().min(BYTES_MAX / 8)]);
    let (pattern, text) = text.split_once('\n').unwrap_or((&text, ""));
    let fits = Operand::Text(pattern.into()).equals(&Value::String(text.into()));
    assert_eq!(fits, letter_by_letter(pattern, text));
}

fn letter_by_letter(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // Whether what was read of the pattern fits so many letters of the text.
    let mut fits = vec![false; text.len() + 1];
    fits[0] = true;
    for wanted in pattern.chars() {
        let before = fits.clone();
        for letters in 0..=text.len() {
            fits[letters] = match letters.checked_sub(1) {
                _ if wanted == '*' => before[..=letters].contains(&true),
                None => false,
                Some(last) => before[last] && text[last] == wanted,
            };
        }
    }
    fits[text.len()]
}
