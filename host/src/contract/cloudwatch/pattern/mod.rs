//! Filter patterns: which log events are wanted, in CloudWatch's own little language.
//!
//! Either terms (`ERROR "not found" -retry ?timeout`, see `terms`) or a condition on events that are
//! JSON objects (`{ $.level = "ERROR" && $.ms > 100 }`, see `condition`).

#[cfg(any(test, feature = "fuzzing"))]
pub(in crate::contract) mod any_input;
mod condition;
mod operand;
mod scanner;
mod terms;

use condition::Condition;
use terms::Terms;

/// A pattern that was understood.
#[derive(Debug)]
pub(super) struct FilterPattern(Kind);

#[derive(Debug)]
enum Kind {
    Terms(Terms),
    Json(Condition),
}

impl FilterPattern {
    /// Reads a pattern; an empty one matches everything.
    ///
    /// # Errors
    /// A sentence about what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.starts_with('{') {
            return Condition::parse(text).map(Kind::Json).map(Self);
        }
        if text.starts_with('[') {
            return Err(
                "This host does not match the columns of a line, so the filter pattern cannot begin \
                 with '['. Use terms, or a JSON pattern such as { $.level = \"ERROR\" }."
                    .into(),
            );
        }
        Terms::parse(text).map(Kind::Terms).map(Self)
    }

    /// Whether an event with this message is wanted.
    pub(super) fn matches(&self, message: &str) -> bool {
        match &self.0 {
            Kind::Terms(terms) => terms.match_text(message),
            Kind::Json(condition) => match serde_json::from_str(message.trim()) {
                Ok(event @ serde_json::Value::Object(_)) => condition.holds(&event),
                Ok(_) | Err(_) => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matching(pattern: &str, messages: &[&str]) -> Vec<bool> {
        let parsed = FilterPattern::parse(pattern).unwrap_or_else(|error| panic!("{error}"));
        let mut found = Vec::new();
        found.extend(messages.iter().map(|message| parsed.matches(message)));
        found
    }

    #[test]
    fn terms_are_all_there_one_of_them_or_absent() {
        let messages = [
            "[ERROR 400] BAD REQUEST",
            "[ERROR 401] UNAUTHORIZED REQUEST",
            "[INFO 200] fine",
        ];
        for (pattern, expected) in [
            ("", [true, true, true]),
            ("ERROR", [true, true, false]),
            ("error", [false, false, false]),
            ("ERROR BAD", [true, false, false]),
            ("?BAD ?INFO", [true, false, true]),
            ("ERROR -UNAUTHORIZED", [true, false, false]),
            ("-ERROR", [false, false, true]),
            ("\"ERROR 400\"", [true, false, false]),
            ("-\"ERROR 400\" REQUEST", [false, true, false]),
            ("?\"[INFO\" ?UNAUTHORIZED", [false, true, true]),
            // What is optional counts for nothing beside what is required.
            ("ERROR ?INFO", [true, true, false]),
            ("%40[01]%", [true, true, false]),
        ] {
            assert_eq!(matching(pattern, &messages), expected, "{pattern}");
        }
        assert_eq!(matching(r#""say \"hi\"""#, &["they say \"hi\""]), [true]);
    }

    #[test]
    fn a_condition_looks_into_json_objects() {
        let messages = [
            r#"{"level":"ERROR","ms":120,"tags":["a","b"],"ok":false,"none":null}"#,
            r#"{"level":"INFO","ms":80.5,"user":{"na-me":"Ann"},"ok":true}"#,
            "level ERROR",
        ];
        for (pattern, expected) in [
            (r#"{ $.level = "ERROR" }"#, [true, false]),
            ("{$.level=ERROR}", [true, false]),
            (r#"{ $.level != "ERROR" }"#, [false, true]),
            (r#"{ $.level = "*O*" }"#, [true, true]),
            (r#"{ $.level = I* }"#, [false, true]),
            ("{ $.ms > 100 }", [true, false]),
            ("{ $.ms < 100 }", [false, true]),
            ("{ $.ms >= 80.5 && $.ms <= 120 }", [true, true]),
            ("{ $.ms = 120 }", [true, false]),
            (r#"{ $.ms = "120" }"#, [false, false]),
            ("{ $.ms != 120 }", [false, true]),
            (r#"{ $.tags[1] = "b" }"#, [true, false]),
            (r#"{ $.user.na-me = "Ann" }"#, [false, true]),
            (r#"{ $['user']['na-me'] = "Ann" }"#, [false, true]),
            (r#"{ $.user.missing != "Ann" }"#, [false, false]),
            ("{ $.user NOT EXISTS }", [true, false]),
            ("{ $.none IS NULL }", [true, false]),
            ("{ $.ok IS TRUE }", [false, true]),
            ("{ $.ok IS FALSE }", [true, false]),
            (r#"{ $.level = %^E.*R$% }"#, [true, false]),
            (
                r#"{ ($.level = "ERROR" || $.ms < 100) && $.ok IS TRUE }"#,
                [false, true],
            ),
            // Both are looked at before either of them.
            (
                r#"{ $.level = "ERROR" || $.level = "INFO" && $.ms > 100 }"#,
                [true, false],
            ),
        ] {
            let found = matching(pattern, &messages);
            assert_eq!(found[..2], expected, "{pattern}");
            assert!(!found[2], "{pattern}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_a_sentence() {
        let many = "%a% ".repeat(6);
        let large = "%(a{100}){100}%";
        let deep = format!("{{ {} $.a = 1 }}", "(".repeat(500));
        for pattern in [
            "[a, b]",
            "not-a-term",
            "\"open",
            "%open",
            "%(%",
            "-",
            "{ $.a = }",
            "{ $.a 1 }",
            "{ a = 1 }",
            "{ $.a = 1",
            "{ $.a = 1 } more",
            "{ $.a = 1 && }",
            "{ $.a > ERROR }",
            "{ $. = 1 }",
            "{ $.a[x] = 1 }",
            "{}",
            &deep,
            &many,
            large,
        ] {
            let error = FilterPattern::parse(pattern).expect_err(pattern);
            assert!(error.ends_with('.'), "{pattern}: {error}");
        }
    }

    #[test]
    fn many_wildcards_do_not_take_long() {
        let pattern = format!("{{ $.a = \"{}b\" }}", "a*".repeat(400));
        let message = format!("{{\"a\":\"{}\"}}", "a".repeat(100_000));
        assert_eq!(matching(&pattern, &[&message]), [false]);
    }
}
