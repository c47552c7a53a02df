//! Patterns of terms: `ERROR` must be there, `-ERROR` must not, of `?A ?B` one must. Text in double
//! quotes is one term; text between percent signs is a regular expression.

use regex_lite::Regex;

use super::scanner::Scanner;

/// What a message must, may and must not have.
#[derive(Debug, Default)]
pub(super) struct Terms {
    required: Vec<Term>,
    optional: Vec<Term>,
    excluded: Vec<Term>,
}

#[derive(Debug)]
enum Term {
    Text(String),
    Expression(Regex),
}

impl Terms {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut terms = Self::default();
        let mut scanner = Scanner::of(text);
        while scanner.peek().is_some() {
            let list = match scanner.peek() {
                Some('-') => &mut terms.excluded,
                Some('?') => &mut terms.optional,
                _ => &mut terms.required,
            };
            if matches!(scanner.peek(), Some('-' | '?')) {
                scanner.next_char();
            }
            list.push(term(&mut scanner)?);
            scanner.skip_blanks();
        }
        Ok(terms)
    }

    pub(super) fn match_text(&self, message: &str) -> bool {
        let Self {
            required,
            optional,
            excluded,
        } = self;
        let is_there = |term: &Term| term.is_in(message);
        if required.is_empty() && excluded.is_empty() {
            return optional.is_empty() || optional.iter().any(is_there);
        }
        required.iter().all(is_there) && !excluded.iter().any(is_there)
    }
}

impl Term {
    fn is_in(&self, message: &str) -> bool {
        match self {
            Self::Text(text) => message.contains(text.as_str()),
            Self::Expression(regex) => regex.is_match(message),
        }
    }
}

fn term(scanner: &mut Scanner<'_>) -> Result<Term, String> {
    match scanner.peek() {
        Some('"') => scanner.quoted().map(Term::Text),
        Some('%') => scanner.expression().map(Term::Expression),
        _ => {
            let word = scanner.take_while(|c| !c.is_whitespace());
            match !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_') {
                true => Ok(Term::Text(word.to_owned())),
                false => Err(format!(
                    "Invalid character(s) in term '{word}'. Put a term with other characters than \
                     letters, digits and _ into double quotes."
                )),
            }
        }
    }
}
