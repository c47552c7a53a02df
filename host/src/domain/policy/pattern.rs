//! Texts of policies that stand for many: with wildcards, and with variables that the request fills.
//!
//! A value that fills a variable is taken literally: whoever is called `*` is no one else.

use std::borrow::Cow;

use super::keys::Key;
use super::steps::Steps;
use super::truth::Truth;

/// What a character means that is none in all texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syntax {
    /// Whether `*` stands for any text and `?` for a character.
    pub(super) wildcards: bool,
    /// Whether `${…}` is a variable.
    pub(super) variables: bool,
}

impl Syntax {
    /// Neither.
    pub(super) const PLAIN: Self = Self {
        wildcards: false,
        variables: false,
    };
}

/// A text with wildcards and variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    shown: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// Any text, the empty one as well.
    Any,
    /// One character.
    One,
    Variable {
        key: Key,
        default: Option<String>,
    },
}

/// A part whose variables have their values.
enum Piece<'a> {
    Literal(Cow<'a, str>),
    Any,
    One,
}

impl Pattern {
    /// The pattern that `text` is.
    ///
    /// # Errors
    /// With what is wrong, where a variable is none.
    pub(super) fn parse(text: &str, syntax: Syntax) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let part = match next {
                '*' if syntax.wildcards => Part::Any,
                '?' if syntax.wildcards => Part::One,
                '$' if syntax.variables && rest.starts_with("${") => {
                    let inside = rest[2..].split_once('}');
                    let (inside, after) = inside.ok_or_else(|| {
                        format!("'{text}' has a '${{' without a '}}': write ${{$}} for a dollar")
                    })?;
                    rest = after;
                    match inside {
                        "*" | "?" | "$" => literal.push_str(inside),
                        _ => {
                            flush(&mut literal, &mut parts);
                            parts.push(variable(inside)?);
                        }
                    }
                    continue;
                }
                _ => {
                    literal.push(next);
                    rest = &rest[next.len_utf8()..];
                    continue;
                }
            };
            flush(&mut literal, &mut parts);
            parts.push(part);
            rest = &rest[1..];
        }
        flush(&mut literal, &mut parts);
        Ok(Self {
            shown: text.into(),
            parts,
        })
    }

    /// The same without case, for values in lower case; it is shown as it was written.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub(super) fn folded(text: &str, syntax: Syntax) -> Result<Self, String> {
        let pattern = Self::parse(&text.to_ascii_lowercase(), syntax)?;
        Ok(Self {
            shown: text.into(),
            ..pattern
        })
    }

    /// The text that it was made of.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Whether what it stands for follows from the request.
    pub(super) fn has_variables(&self) -> bool {
        let mut parts = self.parts.iter();
        parts.any(|part| matches!(part, Part::Variable { .. }))
    }

    /// Its text, where it has no wildcards; `None` where a variable has no value.
    pub(super) fn text<'a, 'v: 'a>(&'a self, values: &Values<'_, 'v>) -> Option<Cow<'a, str>> {
        let pieces = self.pieces(values)?;
        let mut texts = pieces.into_iter().map(|piece| match piece {
            Piece::Literal(text) => text,
            Piece::Any => "*".into(),
            Piece::One => "?".into(),
        });
        let first = texts.next().unwrap_or_default();
        Some(texts.fold(first, |text, next| text + next))
    }

    /// Whether it stands for `value`; unknown where a variable has no value, or too much was asked already.
    pub(super) fn matches(&self, value: &str, values: &Values<'_, '_>, steps: &Steps) -> Truth {
        // Most patterns are decided by what they are, or by how they begin, for which nothing is allocated.
        match self.parts.as_slice() {
            [Part::Any] => return Truth::True,
            [Part::Literal(text)] => return (text == value).into(),
            [Part::Literal(begin), ..] if !value.starts_with(begin.as_str()) => {
                return Truth::False;
            }
            _ => {}
        }
        match self.pieces(values) {
            Some(pieces) => fits(&pieces, value.as_bytes(), steps),
            None => Truth::Unknown,
        }
    }

    /// The same in each part between colons, of which the sixth is the rest: as ARNs are compared.
    pub(super) fn matches_arn(&self, value: &str, values: &Values<'_, '_>, steps: &Steps) -> Truth {
        let Some(pieces) = self.pieces(values) else {
            return Truth::Unknown;
        };
        if matches!(pieces.as_slice(), [Piece::Any]) {
            return Truth::True;
        }
        let segments = segments(pieces);
        let parts: Vec<&str> = value.splitn(ARN_SEGMENTS, ':').collect();
        if segments.len() != ARN_SEGMENTS || parts.len() != ARN_SEGMENTS {
            return Truth::False;
        }
        let pairs = segments.iter().zip(parts);
        Truth::all(pairs.map(|(segment, part)| fits(segment, part.as_bytes(), steps)))
    }

    fn pieces<'a, 'v: 'a>(&'a self, values: &Values<'_, 'v>) -> Option<Vec<Piece<'a>>> {
        let pieces = self.parts.iter().map(|part| {
            Some(match part {
                Part::Literal(text) => Piece::Literal(text.as_str().into()),
                Part::Any => Piece::Any,
                Part::One => Piece::One,
                Part::Variable { key, default } => {
                    let mut found = values(&key.folded);
                    match (found.pop(), found.is_empty()) {
                        (Some(only), true) => Piece::Literal(only),
                        (None, _) => Piece::Literal(default.as_deref()?.into()),
                        (Some(_), false) => return None,
                    }
                }
            })
        });
        pieces.collect()
    }
}

/// Values of condition keys, by their names in lower case.
pub(super) type Values<'f, 'a> = dyn Fn(&str) -> Vec<Cow<'a, str>> + 'f;

/// Parts of an ARN.
pub(super) const ARN_SEGMENTS: usize = 6;

fn flush(literal: &mut String, parts: &mut Vec<Part>) {
    if !literal.is_empty() {
        parts.push(Part::Literal(std::mem::take(literal)));
    }
}

/// `aws:username`, or `aws:username, 'nobody'`.
fn variable(inside: &str) -> Result<Part, String> {
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => (key, Some(default.trim())),
        None => (inside, None),
    };
    let default = default.map(|text| {
        let quoted = text
            .strip_prefix('\'')
            .and_then(|text| text.strip_suffix('\''));
        quoted.map(str::to_owned).ok_or_else(|| {
            format!("the default of the variable '${{{inside}}}' has to stand in single quotes")
        })
    });
    Ok(Part::Variable {
        key: Key::parse(key.trim())?,
        default: default.transpose()?,
    })
}

/// The pieces between the first five colons, and behind them.
fn segments(pieces: Vec<Piece<'_>>) -> Vec<Vec<Piece<'_>>> {
    let mut segments = vec![Vec::new()];
    for piece in pieces {
        let last = segments.len() - 1;
        let Piece::Literal(text) = piece else {
            segments[last].push(piece);
            continue;
        };
        let mut parts = text.splitn(ARN_SEGMENTS - last, ':');
        let first = parts.next().unwrap_or_default().to_owned();
        segments[last].push(Piece::Literal(first.into()));
        for part in parts {
            segments.push(vec![Piece::Literal(part.to_owned().into())]);
        }
    }
    segments
}

/// Whether all of `value` is what the pieces stand for. Only the last `*` is ever tried at another length, so
/// the work is bounded by the product of the lengths, and by `steps`.
fn fits(pieces: &[Piece<'_>], value: &[u8], steps: &Steps) -> Truth {
    let (mut piece, mut at) = (0, 0);
    // Behind the last `*`, and what it has taken up to.
    let mut last_any: Option<(usize, usize)> = None;
    loop {
        if !steps.take(1) {
            return Truth::Unknown;
        }
        let taken = match pieces.get(piece) {
            None if at == value.len() => return Truth::True,
            None => None,
            Some(Piece::Any) => {
                last_any = Some((piece + 1, at));
                Some(0)
            }
            Some(Piece::One) => one(&value[at..]),
            Some(Piece::Literal(text)) => {
                let same = text
                    .bytes()
                    .zip(&value[at..])
                    .take_while(|(a, b)| a == *b)
                    .count();
                if !steps.take(same) {
                    return Truth::Unknown;
                }
                Some(same).filter(|same| *same == text.len())
            }
        };
        match (taken, last_any) {
            (Some(bytes), _) => (piece, at) = (piece + 1, at + bytes),
            (None, Some((behind, end))) if end < value.len() => {
                last_any = Some((behind, end + 1));
                (piece, at) = (behind, end + 1);
            }
            (None, _) => return Truth::False,
        }
    }
}

/// Bytes of the character that begins here; `None` in the middle of one, and at the end.
fn one(value: &[u8]) -> Option<usize> {
    let is_inside = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
    value.first().filter(|byte| !is_inside(byte))?;
    let inside = value[1..].iter().take_while(|byte| is_inside(byte)).count();
    Some(1 + inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Syntax = Syntax {
        wildcards: true,
        variables: true,
    };

    fn values(key: &str) -> Vec<Cow<'static, str>> {
        match key {
            "aws:username" => vec!["al*ce".into()],
            "aws:tagkeys" => vec!["a".into(), "b".into()],
            _ => Vec::new(),
        }
    }

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text, ALL).expect("a pattern")
    }

    #[track_caller]
    fn assert_matches(text: &str, fitting: &[&str], others: &[&str]) {
        let matches = |value: &&str| pattern(text).matches(value, &values, &Steps::new());
        for value in fitting {
            assert_eq!(matches(value), Truth::True, "{text} {value}");
        }
        for value in others {
            assert_eq!(matches(value), Truth::False, "{text} {value}");
        }
    }

    #[test]
    fn a_star_stands_for_any_text_and_a_question_mark_for_a_character() {
        assert_matches("*", &["", "a:b/c"], &[]);
        assert_matches(
            "a*b*c",
            &["abc", "a:b:b/c", "aXbYbc"],
            &["ab", "abcd", "xabc"],
        );
        assert_matches("a?c", &["abc", "aäc"], &["ac", "abbc"]);
        assert_matches("*?", &["a", "ä", "ab"], &[""]);
        assert_matches("", &[""], &["a"]);
        assert_matches("*ab", &["aab", "abab"], &["aba"]);
    }

    #[test]
    fn what_fills_a_variable_is_no_wildcard() {
        assert_matches(
            "x-${aws:username}*",
            &["x-al*ce", "x-al*ce-1"],
            &["x-alice"],
        );
        assert_matches("${*}${?}${$}", &["*?$"], &["ab$"]);
        assert_matches("${aws:userid, 'no*body'}", &["no*body"], &["nobody"]);
        assert_matches("$LATEST $", &["$LATEST $"], &[]);
    }

    #[test]
    fn a_variable_without_one_value_leaves_it_unknown() {
        for text in ["${aws:userid}", "*${aws:tagkeys}"] {
            let truth = pattern(text).matches("a", &values, &Steps::new());
            assert_eq!(truth, Truth::Unknown, "{text}");
            assert_eq!(pattern(text).text(&values), None);
        }
        assert_eq!(
            pattern("u-${aws:username}").text(&values).as_deref(),
            Some("u-al*ce")
        );
    }

    #[test]
    fn a_variable_that_is_none_is_refused() {
        for text in [
            "${",
            "${aws:username",
            "${aws:usernam}",
            "${aws:userid, x}",
            "${x}",
        ] {
            assert!(Pattern::parse(text, ALL).is_err(), "{text}");
        }
        assert!(Pattern::parse("${x", Syntax::PLAIN).is_ok());
    }

    #[test]
    fn a_star_in_an_arn_stays_between_its_colons() {
        let matches = |text: &str, value: &str| {
            pattern(text).matches_arn(value, &values, &Steps::new()) == Truth::True
        };
        let arn = "arn:aws:lambda:us-east-1:1:function:f:1";
        for text in [
            "arn:aws:lambda:*:1:function:f:1",
            "arn:aws:lambda:*:*:*",
            "*",
            "arn:*:*:*:?:*",
        ] {
            assert!(matches(text, arn), "{text}");
        }
        for text in [
            "arn:aws:lambda:*",
            "arn:*:function:f:1",
            "arn:aws:lambda:us-east-1:*",
            "arn:a*:1:*:*:*",
        ] {
            assert!(!matches(text, arn), "{text}");
        }
        assert!(!matches("arn:*:*:*:*:*", "no ARN"));
    }

    #[test]
    fn hostile_patterns_end_soon() {
        let steps = Steps::new();
        let text = "a*".repeat(1_000) + "b";
        let truth = pattern(&text).matches(&"a".repeat(100_000), &values, &steps);
        assert_ne!(truth, Truth::True);
        let text = "*".to_owned() + &"a".repeat(10_000) + "b";
        let truth = pattern(&text).matches(&"a".repeat(100_000), &values, &steps);
        assert_eq!(truth, Truth::Unknown);
        assert!(steps.are_used_up());
    }
}
