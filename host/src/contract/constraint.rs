//! The constraints that the model of the Lambda API puts on members, and the texts of those broken.
//!
//! One call names all that are broken, joined as AWS joins them.

use std::fmt::{self, Write as _};
use std::ops::RangeInclusive;
use std::sync::OnceLock;

use regex_lite::Regex;

use super::error::{ErrorCode, WireError};
use crate::domain::Named;
use crate::domain::settings::bounds::{self, OutOfBounds};
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
///
/// Its methods look at a member as it came and give it as it is meant. One that cannot be given is noted,
/// and [`settled`](Self::settled) then gives the error that names all of them.
#[derive(Debug, Default)]
pub(super) struct Violations(Vec<String>);

/// In the place of a value that cannot be given; only [`Violations`] make it, when they note why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken(());

impl Violations {
    /// A member that has to be there.
    pub(super) fn required<T>(&mut self, member: &str, value: Option<T>) -> Result<T, Broken> {
        value.ok_or_else(|| {
            self.0.push(format!(
                "Value null at '{member}' failed to satisfy constraint: Member must not be null"
            ));
            Broken(())
        })
    }

    /// A member that need not be there, as `read` gives it.
    pub(super) fn given<T, U>(
        &mut self,
        value: Option<T>,
        read: impl FnOnce(&mut Self, T) -> Result<U, Broken>,
    ) -> Option<U> {
        read(self, value?).ok()
    }

    /// What was read of a member, where that can be; otherwise `note` says what the member breaks.
    pub(super) fn parsed<T>(
        &mut self,
        value: Option<T>,
        note: impl FnOnce(&mut Self),
    ) -> Result<T, Broken> {
        value.ok_or_else(|| {
            note(self);
            Broken(())
        })
    }

    /// A text with a bounded length in characters.
    pub(super) fn bounded(
        &mut self,
        member: &str,
        value: String,
        chars: RangeInclusive<usize>,
    ) -> Result<String, Broken> {
        let noted = self.0.len();
        self.length(member, &value, *chars.start(), *chars.end());
        self.unless_noted(noted, value)
    }

    /// A text that matches a pattern of the model.
    pub(super) fn matching(
        &mut self,
        member: &str,
        value: String,
        pattern: &Pattern,
    ) -> Result<String, Broken> {
        let noted = self.0.len();
        self.pattern(member, &value, pattern);
        self.unless_noted(noted, value)
    }

    /// A text with a bounded length, that matches a pattern of the model.
    pub(super) fn text_matching(
        &mut self,
        member: &str,
        value: String,
        chars: RangeInclusive<usize>,
        pattern: &Pattern,
    ) -> Result<String, Broken> {
        let noted = self.0.len();
        self.length(member, &value, *chars.start(), *chars.end());
        self.pattern(member, &value, pattern);
        self.unless_noted(noted, value)
    }

    /// `value`, where nothing was noted since there were `noted` texts.
    fn unless_noted<T>(&self, noted: usize, value: T) -> Result<T, Broken> {
        match self.0.len() == noted {
            true => Ok(value),
            false => Err(Broken(())),
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
            self.broken(member, value, &pattern_text(pattern.text));
        }
    }

    /// A pattern of the model that is checked in another way, since it looks ahead.
    pub(super) fn pattern_by(&mut self, member: &str, value: &str, pattern: &str, fits: bool) {
        if !fits {
            self.broken(member, value, &pattern_text(pattern));
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
            let each = format!("{}, {}", length_text(least, most), pattern_text(".*"));
            self.broken_items(member, items, &each);
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
            let each = format!("{}, {}", length_text(0, most), pattern_text(pattern.text));
            self.broken_items(member, items, &each);
        }
    }

    /// A value out of a closed set, by its name.
    pub(super) fn one_of<E: Named>(&mut self, member: &str, name: &str) -> Result<E, Broken> {
        E::named(name).ok_or_else(|| {
            self.broken(member, name, &one_of_text(&E::names()));
            Broken(())
        })
    }

    /// The only item of a list, which has to be out of a closed set.
    pub(super) fn only_one_of<E: Named>(
        &mut self,
        member: &str,
        items: &[String],
    ) -> Result<E, Broken> {
        self.list_length(member, items, 1, 1);
        let named: Option<Vec<E>> = items.iter().map(|item| E::named(item)).collect();
        match named.as_deref() {
            Some([only]) => return Ok(*only),
            Some(_) => (),
            None => self.broken_items(member, items, &one_of_text(&E::names())),
        }
        Err(Broken(()))
    }

    /// The keys of a map, which is not printed: its values may be secret.
    pub(super) fn keys(&mut self, member: &str, hold: bool, pattern: &str) {
        if !hold {
            self.0.push(format!(
                "Value at '{member}' failed to satisfy constraint: Map keys must satisfy constraint: \
                 [Member must satisfy regular expression pattern: {pattern}]"
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

    /// A number within a range.
    pub(super) fn range<N: TryFrom<i64> + Copy + Into<i64>>(
        &mut self,
        member: &str,
        value: i64,
        range: &RangeInclusive<N>,
    ) -> Result<N, Broken> {
        bounds::within(value, range).map_err(|outside| self.out_of_bounds(member, outside))
    }

    /// A number that is not less than `least`. No host has more of anything than the type can count, so
    /// what is beyond that means the same.
    pub(super) fn at_least(&mut self, member: &str, value: i64, least: u32) -> Result<u32, Broken> {
        match value >= i64::from(least) {
            true => Ok(u32::try_from(value).unwrap_or(u32::MAX)),
            false => {
                let (least, most) = (least.into(), i64::MAX);
                Err(self.out_of_bounds(member, OutOfBounds { value, least, most }))
            }
        }
    }

    fn out_of_bounds(&mut self, member: &str, outside: OutOfBounds) -> Broken {
        let OutOfBounds { value, least, most } = outside;
        let text = match value < least {
            true => format!("Member must have value greater than or equal to {least}"),
            false => format!("Member must have value less than or equal to {most}"),
        };
        self.broken(member, &value.to_string(), &text);
        Broken(())
    }

    fn broken(&mut self, member: &str, value: &str, constraint: &str) {
        self.0.push(format!(
            "Value '{}' at '{member}' failed to satisfy constraint: {constraint}",
            Quoted(value)
        ));
    }

    /// A list with an item that does not satisfy what `each` has to.
    fn broken_items(&mut self, member: &str, items: &[String], each: &str) {
        let text = format!("Member must satisfy constraint: [{each}, Member must not be null]");
        self.broken(member, &printed_list(items), &text);
    }

    /// What `make` makes of the values that were given, where nothing is broken.
    ///
    /// # Errors
    /// The one that names all that is.
    pub(super) fn settled<T>(
        self,
        make: impl FnOnce() -> Result<T, Broken>,
    ) -> Result<T, WireError> {
        self.settled_as(make, |text| WireError::new(ErrorCode::Validation, text))
    }

    /// The same for a service that calls its error by another name.
    pub(super) fn settled_as<T, E>(
        self,
        make: impl FnOnce() -> Result<T, Broken>,
        error: impl FnOnce(String) -> E,
    ) -> Result<T, E> {
        match make() {
            Ok(value) if self.0.is_empty() => Ok(value),
            _ => Err(error(self.text())),
        }
    }

    /// The error that names all that is broken, if anything is.
    pub(super) fn into_result(self) -> Result<(), WireError> {
        self.settled(|| Ok(()))
    }

    fn text(&self) -> String {
        let broken = &self.0;
        let noun = if broken.len() == 1 { "error" } else { "errors" };
        let mut text = format!("{} validation {noun} detected: ", broken.len());
        text.push_str(&broken.join("; "));
        text
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

fn pattern_text(pattern: &str) -> String {
    format!("Member must satisfy regular expression pattern: {pattern}")
}

fn length_text(least: usize, most: usize) -> String {
    format!(
        "Member must have length less than or equal to {most}, Member must have length greater than or \
         equal to {least}"
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
    use crate::domain::settings::Architecture;
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
        assert!(violations.range("timeout", 0, &(1..=900_u32)).is_err());
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
        assert!(violations.required::<String>("role", None).is_err());
        let error = violations.into_result().expect_err("role is missing");
        assert_eq!(error.into_response().status(), 400);
    }

    #[test]
    fn what_is_within_its_constraints_is_given_as_it_is_meant() {
        let mut v = Violations::default();
        let architecture = v.only_one_of("architectures", &["arm64".into()]);
        let timeout = v.range("timeout", 900, &(1..=900_u32));
        let reserved = v.at_least("reserved", i64::MAX, 0);
        let absent = v.given(None, |v, name: String| v.bounded("name", name, 1..=2));
        let settled = v.settled(|| Ok((architecture?, timeout?, reserved?, absent)));
        assert_eq!(settled, Ok((Architecture::Arm64, 900, u32::MAX, None)));
    }

    #[test]
    fn a_list_of_two_is_no_value_though_both_are_known() {
        let mut violations = Violations::default();
        let both = ["arm64".to_owned(), "x86_64".to_owned()];
        let named = violations.only_one_of::<Architecture>("architectures", &both);
        assert!(named.is_err());
        let text = text(violations);
        assert!(
            text.contains(
                "1 validation error detected: Value '[arm64, x86_64]' at 'architectures' \
                 failed to satisfy constraint: Member must have length less than or equal to 1"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_list_is_printed_in_brackets_and_the_values_of_a_map_are_not_printed() {
        let mut violations = Violations::default();
        let named = violations.only_one_of::<Architecture>("architectures", &["X86".into()]);
        assert!(named.is_err());
        violations.keys("environment.variables", false, "[a-z]+");
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
