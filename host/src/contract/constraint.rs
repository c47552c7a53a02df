//! The constraints that the model of the Lambda API puts on members, and the texts of those broken.
//!
//! One call names all that are broken, joined as AWS joins them.

use std::fmt::{self, Write as _};
use std::sync::OnceLock;

use regex_lite::Regex;

use super::error::{ErrorCode, WireError};
use crate::limits::QUOTED_VALUE_BYTES_MAX;

/// Longest text that is matched against a pattern: no member with a pattern may be as long.
const MATCHED_BYTES_MAX: usize = 16 * 1024;

/// What a dot in a pattern of the API's model does not match.
const LINE_ENDS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// A pattern of the API's model: it is quoted in the error and matched against the whole value.
pub(super) struct Pattern {
    text: &'static str,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    pub(super) const fn new(text: &'static str) -> Self {
        Self {
            text,
            compiled: OnceLock::new(),
        }
    }

    /// Whether the whole of `value` matches.
    pub(super) fn matches(&self, value: &str) -> bool {
        value.len() <= MATCHED_BYTES_MAX && self.regex().is_match(value)
    }

    /// The pattern, anchored at both ends.
    pub(super) fn regex(&self) -> &Regex {
        self.compiled.get_or_init(|| {
            Regex::new(&format!("^(?:{})$", self.text)).expect("the model's patterns are valid")
        })
    }
}

/// The keys of a map, as texts name them.
pub(super) const MAP_KEYS: &str = "Map keys";
/// The values of a map, as texts name them.
pub(super) const MAP_VALUES: &str = "Map value";

/// What a request breaks of the model's constraints.
#[derive(Debug, Default)]
pub(super) struct Violations(Vec<String>);

impl Violations {
    /// A required member.
    pub(super) fn required<T>(&mut self, member: &str, value: Option<&T>) {
        if value.is_none() {
            self.0.push(format!(
                "Value null at '{member}' failed to satisfy constraint: Member must not be null"
            ));
        }
    }

    /// The length of a text, in characters.
    pub(super) fn length(&mut self, member: &str, value: &str, least: usize, most: usize) {
        let length = value.chars().count();
        self.size(member, value, length, (least, most));
    }

    /// The length of a list, printed as `[a, b]`.
    pub(super) fn list_length(
        &mut self,
        member: &str,
        items: &[String],
        least: usize,
        most: usize,
    ) {
        self.size(member, &printed_list(items), items.len(), (least, most));
    }

    fn size(&mut self, member: &str, printed: &str, size: usize, (least, most): (usize, usize)) {
        if size < least {
            let text = format!("Member must have length greater than or equal to {least}");
            self.broken(member, printed, &text);
        }
        if size > most {
            let text = format!("Member must have length less than or equal to {most}");
            self.broken(member, printed, &text);
        }
    }

    /// A pattern of the model.
    pub(super) fn pattern(&mut self, member: &str, value: &str, pattern: &Pattern) {
        if !pattern.matches(value) {
            self.broken(member, value, &pattern_text(pattern));
        }
    }

    /// A pattern of the model that is checked in another way, since it looks ahead.
    pub(super) fn pattern_by(&mut self, member: &str, value: &str, pattern: &str, fits: bool) {
        if !fits {
            let text = format!("Member must satisfy regular expression pattern: {pattern}");
            self.broken(member, value, &text);
        }
    }

    /// A list of at most `items_max` texts, each with so many characters and in one line.
    pub(super) fn lines(
        &mut self,
        member: &str,
        items: &[String],
        items_max: usize,
        (least, most): (usize, usize),
    ) {
        self.list_length(member, items, 0, items_max);
        let fits = |item: &String| {
            (least..=most).contains(&item.chars().count()) && !item.contains(LINE_ENDS)
        };
        if !items.iter().all(fits) {
            let text = format!(
                "Member must satisfy constraint: [Member must have length less than or equal to \
                 {most}, Member must have length greater than or equal to {least}, Member must \
                 satisfy regular expression pattern: .*, Member must not be null]"
            );
            self.broken(member, &printed_list(items), &text);
        }
    }

    /// A list of at most `items_max` texts, each with at most `most` characters and of a pattern.
    pub(super) fn items(
        &mut self,
        member: &str,
        items: &[String],
        items_max: usize,
        most: usize,
        pattern: &Pattern,
    ) {
        self.list_length(member, items, 0, items_max);
        let fits = |item: &String| item.chars().count() <= most && pattern.matches(item);
        if !items.iter().all(fits) {
            let text = format!(
                "Member must satisfy constraint: [Member must have length less than or equal to \
                 {most}, Member must have length greater than or equal to 0, {}, Member must not be \
                 null]",
                pattern_text(pattern)
            );
            self.broken(member, &printed_list(items), &text);
        }
    }

    /// A value out of an enumeration.
    pub(super) fn one_of(&mut self, member: &str, value: &str, allowed: &[&str]) {
        if !allowed.contains(&value) {
            self.broken(member, value, &one_of_text(allowed));
        }
    }

    /// A list of values out of an enumeration.
    pub(super) fn all_of(&mut self, member: &str, items: &[String], allowed: &[&str]) {
        if !items.iter().all(|item| allowed.contains(&item.as_str())) {
            let text = format!(
                "Member must satisfy constraint: [{}, Member must not be null]",
                one_of_text(allowed)
            );
            self.broken(member, &printed_list(items), &text);
        }
    }

    /// The keys of a map, which is not printed: its values may be secret.
    pub(super) fn keys<'a>(
        &mut self,
        member: &str,
        mut keys: impl Iterator<Item = &'a str>,
        pattern: &Pattern,
    ) {
        if !keys.all(|key| pattern.matches(key)) {
            self.0.push(format!(
                "Value at '{member}' failed to satisfy constraint: Map keys must satisfy \
                 constraint: [{}]",
                pattern_text(pattern)
            ));
        }
    }

    /// The keys or the values of a map, printed as `{a=b}`: `part` is one of [`MAP_KEYS`] and
    /// [`MAP_VALUES`].
    pub(super) fn map_part(
        &mut self,
        holds: bool,
        member: &str,
        printed: &str,
        part: &str,
        constraints: &[&str],
    ) {
        let text = format!(
            "{part} must satisfy constraint: [{}]",
            constraints.join(", ")
        );
        self.unless(holds, member, printed, &text);
    }

    /// A constraint that was looked at elsewhere.
    pub(super) fn unless(&mut self, holds: bool, member: &str, value: &str, constraint: &str) {
        if !holds {
            self.broken(member, value, constraint);
        }
    }

    /// The range of a number.
    pub(super) fn range(&mut self, member: &str, value: i64, least: i64, most: i64) {
        if value < least {
            let text = format!("Member must have value greater than or equal to {least}");
            self.broken(member, &value.to_string(), &text);
        }
        if value > most {
            let text = format!("Member must have value less than or equal to {most}");
            self.broken(member, &value.to_string(), &text);
        }
    }

    fn broken(&mut self, member: &str, value: &str, constraint: &str) {
        self.0.push(format!(
            "Value '{}' at '{member}' failed to satisfy constraint: {constraint}",
            Quoted(value)
        ));
    }

    /// The error that names all of them, if there are any.
    pub(super) fn into_result(self) -> Result<(), WireError> {
        match self.into_text() {
            None => Ok(()),
            Some(text) => Err(WireError::new(ErrorCode::Validation, text)),
        }
    }

    /// The text of that error, for services that call it by another name.
    pub(super) fn into_text(self) -> Option<String> {
        let broken = self.0;
        if broken.is_empty() {
            return None;
        }
        let noun = if broken.len() == 1 { "error" } else { "errors" };
        let mut text = format!("{} validation {noun} detected: ", broken.len());
        text.push_str(&broken.join("; "));
        Some(text)
    }
}

/// A caller's value, cut where it is too long to be repeated.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.0.floor_char_boundary(QUOTED_VALUE_BYTES_MAX);
        f.write_str(&self.0[..end])?;
        if end < self.0.len() {
            f.write_char('…')?;
        }
        Ok(())
    }
}

fn pattern_text(pattern: &Pattern) -> String {
    format!(
        "Member must satisfy regular expression pattern: {}",
        pattern.text
    )
}

fn one_of_text(allowed: &[&str]) -> String {
    format!(
        "Member must satisfy enum value set: [{}]",
        allowed.join(", ")
    )
}

fn printed_list(items: &[String]) -> String {
    format!("[{}]", items.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse as _;

    fn text(violations: Violations) -> String {
        format!(
            "{:?}",
            violations.into_result().expect_err("something is broken")
        )
    }

    #[test]
    fn all_that_is_broken_is_named_in_one_error() {
        let mut violations = Violations::default();
        violations.length("qualifier", &"a".repeat(3), 1, 2);
        violations.range("timeout", 0, 1, 900);
        let text = text(violations);
        assert!(text.contains(
            "2 validation errors detected: Value 'aaa' at 'qualifier' failed to satisfy \
             constraint: Member must have length less than or equal to 2; Value '0' at 'timeout' \
             failed to satisfy constraint: Member must have value greater than or equal to 1"
        ));
    }

    #[test]
    fn nothing_broken_is_no_error_and_a_broken_one_is_a_400() {
        assert!(Violations::default().into_result().is_ok());
        let mut violations = Violations::default();
        violations.required::<String>("role", None);
        let error = violations.into_result().expect_err("role is missing");
        assert_eq!(error.into_response().status(), 400);
    }

    #[test]
    fn a_list_is_printed_in_brackets_and_the_values_of_a_map_are_not_printed() {
        let mut violations = Violations::default();
        violations.all_of("architectures", &["X86".into()], &["x86_64", "arm64"]);
        violations.keys(
            "environment.variables",
            ["1"].into_iter(),
            &Pattern::new("[a-z]+"),
        );
        let text = text(violations);
        assert!(text.contains(
            "Value '[X86]' at 'architectures' failed to satisfy constraint: Member must satisfy \
             constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be \
             null]"
        ));
        assert!(
            text.contains(
                "Value at 'environment.variables' failed to satisfy constraint: Map keys"
            )
        );
    }

    #[test]
    fn a_value_that_is_very_long_is_cut_where_it_is_repeated() {
        let quoted = Quoted(&"ä".repeat(4_000)).to_string();
        assert!(quoted.len() <= QUOTED_VALUE_BYTES_MAX + '…'.len_utf8());
    }
}
