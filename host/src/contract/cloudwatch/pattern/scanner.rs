//! A pattern, read from left to right.

use regex_lite::{Regex, RegexBuilder};

use crate::limits::LOG_PATTERN_EXPRESSIONS_MAX;

/// Memory of one compiled expression: the time to look for it grows with this.
const EXPRESSION_BYTES_MAX: usize = 32 * 1024;

/// What is left of a pattern.
pub(super) struct Scanner<'a> {
    rest: &'a str,
    expressions: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut scanner = Self {
            rest: text,
            expressions: 0,
        };
        scanner.skip_blanks();
        scanner
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn next_char(&mut self) -> Option<char> {
        let found = self.peek()?;
        self.rest = &self.rest[found.len_utf8()..];
        Some(found)
    }

    pub(super) fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Whether the rest begins with `token`, after blanks; then it is taken.
    pub(super) fn takes(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// What stands in double quotes here; a backslash takes its meaning from what follows.
    pub(super) fn quoted(&mut self) -> Result<String, String> {
        self.next_char();
        let mut text = String::new();
        loop {
            match self.next_char() {
                Some('"') => return Ok(text),
                Some('\\') if matches!(self.peek(), Some('"' | '\\')) => {
                    text.extend(self.next_char());
                }
                Some(other) => text.push(other),
                None => {
                    return Err(format!(
                        "The quotation mark before '{text}' in the filter pattern is not closed."
                    ));
                }
            }
        }
    }

    /// The regular expression that stands between percent signs here.
    pub(super) fn expression(&mut self) -> Result<Regex, String> {
        self.next_char();
        let text = self.take_while(|c| c != '%');
        if self.next_char().is_none() {
            return Err(format!(
                "The regular expression '{text}' in the filter pattern has no % at its end."
            ));
        }
        self.expressions += 1;
        if self.expressions > LOG_PATTERN_EXPRESSIONS_MAX {
            return Err(format!(
                "The filter pattern has more than {LOG_PATTERN_EXPRESSIONS_MAX} regular expressions."
            ));
        }
        RegexBuilder::new(text)
            .size_limit(EXPRESSION_BYTES_MAX)
            .build()
            .map_err(|error| {
                format!("'{text}' in the filter pattern is no regular expression: {error}.")
            })
    }
}
