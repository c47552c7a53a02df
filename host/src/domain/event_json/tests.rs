use super::*;
use crate::domain::dice::Dice;
use serde::de::IgnoredAny;

#[track_caller]
fn said(text: impl AsRef<[u8]>) -> String {
    let text = Bytes::copy_from_slice(text.as_ref());
    let NotJson {
        reason,
        line,
        column,
    } = EventJson::parse(text).expect_err("it is not JSON");
    format!("{reason} | line: {line}, column: {column}]")
}

fn is_event(text: &[u8]) -> bool {
    EventJson::parse(Bytes::copy_from_slice(text)).is_ok()
}

#[test]
fn any_json_value_is_an_event() {
    for event in [
        "{}",
        "[]",
        "null",
        "true",
        " 12.5e3 ",
        "-0",
        "1E+5",
        r#""text""#,
        r#"{"a":[1,{"b":"\u00e9ü"}]}"#,
        r#"{"a":1,"a":2}"#,
        r#""\ud800 alone""#,
        "123456789012345678901234567890.12345678901234567890e999999",
    ] {
        let text = Bytes::from_static(event.as_bytes());
        let parsed = EventJson::parse(text.clone()).map(|event| event.text().clone());
        assert_eq!(parsed, Ok(text), "{event}");
    }
}

#[test]
fn the_text_says_what_is_wrong_and_where() {
    assert!(said("value").starts_with(
        "Unrecognized token 'value': was expecting (JSON String, Number, Array, Object or \
         token 'null', 'true' or 'false') | line: 1, column: 6]"
    ));
    assert!(said("{\n 'a': 1}").starts_with(
        "Unexpected character (''' (code 39)): was expecting double-quote to start field name \
         | line: 2, column: 2]"
    ));
    assert!(said("1 D").starts_with(
        "Unexpected character ('D' (code 68)): Expected space separating root-level values"
    ));
    assert!(said(r#"{"a":1"#).starts_with("Unexpected end-of-input | line: 1, column: 7]"));
    assert!(said("  ").starts_with("Unexpected end-of-input"));
    assert!(said("[1 2]").starts_with("Unexpected character ('2' (code 50)): was expecting comma"));
    assert!(said("[\"a\tb\"]").starts_with("Illegal unquoted character ((CTRL-CHAR, code 9))"));
    assert!(said("[ü]").starts_with("Unexpected character ('ü' (code 252)): expected a valid"));
    assert!(said("\"tru").starts_with("Unexpected end-of-input"));
    assert!(said("tru").starts_with("Unrecognized token 'tru'"));
    let text = said("[truth]");
    assert!(text.starts_with("Unrecognized token 'truth'") && text.contains("column: 8]"));
}

#[test]
fn each_character_has_its_expectation() {
    for (text, expected) in [
        ("[1,]", "(']' (code 93)): expected a valid value"),
        (
            r#"{"a":1,}"#,
            "('}' (code 125)): was expecting double-quote",
        ),
        (r#"{"a" 1}"#, "('1' (code 49)): was expecting a colon"),
        (
            r#"{"a":1]"#,
            "(']' (code 93)): was expecting comma to separate Object",
        ),
        ("[01]", "('1' (code 49)): expected a valid value"),
        ("[1.x]", "('x' (code 120)): expected a valid value"),
        (r#""\u12g4""#, "('g' (code 103)): expected a hex-digit"),
        (r#""\x""#, "Unrecognized character escape 'x' (code 120)"),
        ("nullx", "Unrecognized token 'nullx'"),
        ("tru\n", "Unrecognized token 'tru'"),
    ] {
        let found = said(text);
        assert!(found.contains(expected), "{text}: {found}");
    }
    assert!(said("tru\n").ends_with("| line: 1, column: 5]"));
    for text in [
        "-", "1.", "1e", "1e+", r#""\"#, r#""\u12"#, "[", "{", "[1,", r#"{"a""#,
    ] {
        assert!(said(text).starts_with("Unexpected end-of-input"), "{text}");
    }
}

#[test]
fn an_event_that_is_not_utf_8_is_not_json() {
    assert!(said(b"\"a\x87\"").starts_with("Invalid UTF-8 start byte 0x87 | line: 1, column: 4]"));
    assert!(
        said(b"n\x87r\x9e\xe9").starts_with("Invalid UTF-8 start byte 0x87 | line: 1, column: 3]")
    );
    assert!(said(b"[ab\x87]").contains("0x87 | line: 1, column: 5]"));
    assert!(said(b"\"\xe2\x82A\"").starts_with("Invalid UTF-8 middle byte 0x41"));
    assert!(said(b"\x99").starts_with("Unexpected character ((CTRL-CHAR, code 153)): expected"));
    assert!(said(b"\"\xe2\x82").starts_with("Unexpected end-of-input | line: 1, column: 4]"));
    assert!(said(b"\"\x87\" x").starts_with("Invalid UTF-8 start byte 0x87"));
    assert!(said(b"[\"a longer text, \x87\"] x").starts_with("Invalid UTF-8 start byte 0x87"));
}

#[test]
fn nesting_is_bounded_and_brackets_in_strings_do_not_count() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(is_event(nested(EVENT_NESTING_MAX).as_bytes()));
    let deep = said(nested(EVENT_NESTING_MAX + 1));
    assert!(
        deep.starts_with("Document nesting depth (1001) exceeds the maximum allowed (1000,")
            && deep.ends_with("| line: 1, column: 1001]"),
        "{deep}"
    );
    assert!(said(nested(1_000_000)).starts_with("Document nesting depth"));
    let objects = r#"{"a":"#.repeat(EVENT_NESTING_MAX + 1);
    assert!(said(objects).starts_with("Document nesting depth"));
    let in_string = format!("\"\\\"{}\"", "[".repeat(2_000));
    assert!(is_event(in_string.as_bytes()));
    let side_by_side = format!("[{}{{}}]", "[{}],".repeat(2_000));
    assert!(is_event(side_by_side.as_bytes()));
}

impl Dice {
    fn value(&mut self, depth: usize) -> String {
        let blank = self.one_of(&["", "", "", " ", "\n", "\t\r\n  "]);
        let kinds = if depth == 0 { 5 } else { 7 };
        let value = match self.below(kinds) {
            0 => self.one_of(&["null", "true", "false"]).into(),
            1 => self
                .one_of(&[
                    "0",
                    "-0",
                    "7",
                    "-12.5",
                    "1e5",
                    "1.25E-7",
                    "99999999999999999999999",
                ])
                .into(),
            2..=4 => self.string(),
            5 => {
                let items: Vec<String> =
                    (0..self.below(4)).map(|_| self.value(depth - 1)).collect();
                format!("[{blank}{}]", items.join(","))
            }
            _ => {
                let members: Vec<String> = (0..self.below(4))
                    .map(|_| format!("{}{blank}:{}", self.string(), self.value(depth - 1)))
                    .collect();
                format!("{{{blank}{}}}", members.join(","))
            }
        };
        format!("{blank}{value}{blank}")
    }

    fn string(&mut self) -> String {
        let pieces = [
            "a",
            "plain text",
            "ü",
            "日本",
            "🦀",
            " ",
            "[",
            "}",
            "\\\"",
            "\\\\",
            "\\n",
            "\\u00e9",
            "\\ud800",
            "0123456789abcdef",
        ];
        let text: String = (0..self.below(6)).map(|_| self.one_of(&pieces)).collect();
        format!("\"{text}\"")
    }

    /// `text` with something else in one or two places.
    fn spoilt(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=self.below(2) {
            let place = self.below(bytes.len() + 1);
            match self.below(4) {
                0 => bytes.truncate(place),
                1 if place < bytes.len() => drop(bytes.remove(place)),
                2 if place < bytes.len() => bytes[place] = self.byte(),
                _ => bytes.insert(place, self.byte()),
            }
        }
        bytes
    }

    fn byte(&mut self) -> u8 {
        match self.below(3) {
            0 => u8::try_from(self.below(256)).expect("it is a byte"),
            _ => self.one_of(b"\"\\[]{},:-+.eE019tfnu \n\x00\x1f\x7f\x80\xc3\xbc\xff"),
        }
    }
}

/// Whether serde's parser, and the check of the encoding that it does not make in strings, admit a text.
fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok() && std::str::from_utf8(text).is_ok()
}

#[test]
fn what_is_json_to_another_parser_is_an_event_and_nothing_else_is() {
    let mut dice = Dice::of(0x9e37_79b9_7f4a_7c15);
    let mut admitted = 0;
    for _ in 0..20_000 {
        let text = dice.value(4);
        assert!(is_event(text.as_bytes()), "{text}");
        assert!(is_json(text.as_bytes()), "{text}");
        let spoilt = dice.spoilt(&text);
        let shown = String::from_utf8_lossy(&spoilt).into_owned();
        assert_eq!(is_event(&spoilt), is_json(&spoilt), "{shown:?}");
        admitted += usize::from(is_event(&spoilt));
    }
    // Both sides were met often.
    assert!((2_000..18_000).contains(&admitted), "{admitted}");
}

#[test]
fn every_byte_of_a_string_is_looked_at_wherever_it_stands() {
    for byte in 0..=u8::MAX {
        for length in 0..20 {
            for place in 0..length {
                let mut text = vec![b'x'; length];
                text[place] = byte;
                let text = [b"\"", &text[..], b"\""].concat();
                assert_eq!(
                    is_event(&text),
                    is_json(&text),
                    "{byte} at {place} of {length}"
                );
            }
        }
    }
}
