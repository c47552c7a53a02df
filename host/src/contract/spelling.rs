//! The spellings of a function's name, taken apart without the model's patterns.
//!
//! What is read here satisfies the patterns, and is split as they split it; a name that is not read
//! here may still satisfy them. Each part in front of the name is taken where it fits, as the
//! patterns do first; only if no name were left, they would give one back.

use crate::domain::arn::is_account;

/// The parts of a function's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spelling<'a> {
    pub(super) region: Option<&'a str>,
    pub(super) account: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) qualifier: Option<&'a str>,
}

impl<'a> Spelling<'a> {
    /// Takes `text` apart. `None` where that needs the patterns.
    ///
    /// `dotted` admits what only operations that read and invoke do: names with dots, and
    /// `$LATEST.PUBLISHED`.
    pub(super) fn read(text: &'a str, dotted: bool) -> Option<Self> {
        let text = without_partition(text);
        let (region, text) = leading(text, is_region);
        let (account, text) = leading(text, is_account);
        let (_, text) = leading(text, |part| part == "function");
        let (name, qualifier) = match text.split_once(':') {
            Some((name, qualifier)) => (name, Some(qualifier)),
            None => (text, None),
        };
        let fits = is_word(name, if dotted { "-_." } else { "-_" })
            && qualifier.is_none_or(|qualifier| {
                is_word(qualifier, "-_")
                    || qualifier == "$LATEST"
                    || (dotted && qualifier == "$LATEST.PUBLISHED")
            });
        fits.then_some(Self {
            region,
            account,
            name,
            qualifier,
        })
    }
}

/// The account in a function's name; `None` where it has none, or cannot be read without the patterns.
pub(super) fn account_of(text: &str) -> Option<&str> {
    // Most names are short.
    if !text.contains(':') {
        return None;
    }
    Spelling::read(text, true)?.account
}

/// Whether `text` satisfies the pattern of a qualifier in the query.
pub(super) fn is_qualifier(text: &str) -> bool {
    is_word(text, "-_$") || text == "$LATEST.PUBLISHED"
}

/// Without `arn:aws…:lambda:`.
fn without_partition(text: &str) -> &str {
    let rest = text.strip_prefix("arn:").and_then(|rest| {
        let (partition, rest) = rest.split_once(':')?;
        is_partition(partition).then(|| rest.strip_prefix("lambda:"))?
    });
    rest.unwrap_or(text)
}

fn is_partition(text: &str) -> bool {
    let rest = text.strip_prefix("aws");
    text.is_empty()
        || rest.is_some_and(|rest| {
            rest.bytes()
                .all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
        })
}

/// The part up to the first colon, if it `fits`, and what follows it.
fn leading(text: &str, fits: impl Fn(&str) -> bool) -> (Option<&str>, &str) {
    match text.split_once(':') {
        Some((part, rest)) if fits(part) => (Some(part), rest),
        _ => (None, text),
    }
}

fn is_region(text: &str) -> bool {
    let text = text.strip_prefix("eusc-").unwrap_or(text);
    let mut parts = text.split('-');
    let country = parts.next().unwrap_or_default();
    let last: [Option<&str>; 4] = std::array::from_fn(|_| parts.next());
    let (group, place, number) = match last {
        [Some(place), Some(number), None, None] => (None, place, number),
        [Some(group), Some(place), Some(number), None] => (Some(group), place, number),
        _ => return false,
    };
    let is_lower = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase());
    country.len() == 2
        && is_lower(country)
        && group.is_none_or(|group| {
            let iso = group.strip_prefix("iso");
            group == "gov" || iso.is_some_and(|letter| letter.len() <= 1 && is_lower(letter))
        })
        && !place.is_empty()
        && is_lower(place)
        && matches!(number.as_bytes(), [digit] if digit.is_ascii_digit())
}

/// Letters, digits and bytes out of `others`, at least one.
fn is_word(text: &str, others: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || others.as_bytes().contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}
