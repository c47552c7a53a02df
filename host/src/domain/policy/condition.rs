//! A condition: an operator, the key that it looks at, and the values that it compares with.

use core::net::IpAddr;
use std::borrow::Cow;

use serde_json::Value;

use super::error::{Place, PolicyError};
use super::keys::Key;
use super::moment;
use super::operator::{Operator, Quantity, Test};
use super::pattern::{ARN_SEGMENTS, Pattern, Syntax, Values};
use super::steps::Steps;
use super::truth::Truth;
use crate::domain::network::Network;

/// How much of a text is compared in the time of one step of a pattern.
const BYTES_PER_STEP: usize = 16;

/// What must be so for a statement to count.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) operator: Operator,
    pub(super) key: Key,
    /// As they were written; at least one.
    pub(super) values: Vec<Pattern>,
}

impl Condition {
    /// The condition that one member of an operator's object is.
    ///
    /// # Errors
    /// With what is wrong and where.
    pub(super) fn parse(
        operator: Operator,
        key: &str,
        value: &Value,
        variables: bool,
        place: Place<'_>,
    ) -> Result<Self, PolicyError> {
        let texts = texts(value).ok_or_else(|| {
            place.wrong("has to be a text, a number, true or false, or a list of these, not empty")
        })?;
        let values = texts.iter().map(|text| {
            checked(operator.test, text, variables).map_err(|wrong| place.wrong(wrong))
        });
        Ok(Self {
            operator,
            key: Key::parse(key).map_err(|wrong| place.wrong(wrong))?,
            values: values.collect::<Result<_, _>>()?,
        })
    }

    /// The condition on one value that may have variables.
    ///
    /// # Errors
    /// With what is wrong.
    pub(super) fn of(operator: Operator, key: &str, value: &str) -> Result<Self, String> {
        Ok(Self {
            operator,
            key: Key::parse(key)?,
            values: vec![checked(operator.test, value, true)?],
        })
    }

    /// By what conditions are ordered, so that the same policy is always shown alike.
    pub(super) fn order(&self) -> (String, &str) {
        (self.operator.name(), &self.key.shown)
    }

    /// Whether it holds, for a request whose values are `values`.
    pub(super) fn holds(&self, values: &Values<'_, '_>, steps: &Steps) -> Truth {
        let found = values(&self.key.folded);
        if self.operator.test == Test::Null {
            return self.key_fits_null(found.is_empty());
        }
        if found.is_empty() {
            return self.without_value();
        }
        let satisfied = |value: &Cow<'_, str>| {
            let test = self.operator.test;
            let wanted = self.values.iter();
            let any = Truth::any(wanted.map(|wanted| compared(test, value, wanted, values, steps)));
            any.negated_if(test.is_negated())
        };
        match (self.operator.quantity, found.as_slice()) {
            (Quantity::One, [only]) => satisfied(only),
            // AWS has no rule for it, and documents that such keys are compared with the other two.
            (Quantity::One, _) => Truth::Unknown,
            (Quantity::All, all) => Truth::all(all.iter().map(satisfied)),
            (Quantity::Any, all) => Truth::any(all.iter().map(satisfied)),
        }
    }

    fn key_fits_null(&self, is_absent: bool) -> Truth {
        if is_absent && !self.key.is_known {
            return Truth::Unknown;
        }
        let absent_is_wanted = |wanted: &Pattern| wanted.shown().eq_ignore_ascii_case("true");
        let mut wanted = self.values.iter().map(absent_is_wanted);
        wanted.any(|wanted| wanted == is_absent).into()
    }

    fn without_value(&self) -> Truth {
        if !self.key.is_known {
            return Truth::Unknown;
        }
        let holds = match self.operator.quantity {
            _ if self.operator.if_exists => true,
            Quantity::All => true,
            Quantity::Any => false,
            Quantity::One => self.operator.test.is_negated(),
        };
        holds.into()
    }
}

/// A value or a list of them, as texts.
fn texts(value: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    match value {
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => items.iter().map(text).collect(),
        single => Some(vec![text(single)?]),
    }
}

/// The value that `text` is for such a test.
fn checked(test: Test, text: &str, variables: bool) -> Result<Pattern, String> {
    use Test as T;
    let plain = |fits: bool, what: &str| match fits {
        true => Pattern::parse(text, Syntax::PLAIN),
        false => Err(format!("'{text}' is not {what}")),
    };
    let with = |wildcards| {
        let syntax = Syntax {
            wildcards,
            variables,
        };
        Pattern::parse(text, syntax)
    };
    match test {
        T::StringEquals
        | T::StringNotEquals
        | T::StringEqualsIgnoreCase
        | T::StringNotEqualsIgnoreCase => with(false),
        T::StringLike | T::StringNotLike => with(true),
        T::ArnEquals | T::ArnNotEquals | T::ArnLike | T::ArnNotLike => {
            let pattern = with(true)?;
            let has_all = text.splitn(ARN_SEGMENTS, ':').count() == ARN_SEGMENTS;
            match has_all || text == "*" || pattern.has_variables() {
                true => Ok(pattern),
                false => Err(format!(
                    "'{text}' could be no ARN: it has six parts with colons between them, such as \
                     arn:aws:s3:::bucket, and a * stays within its part"
                )),
            }
        }
        T::NumericEquals
        | T::NumericNotEquals
        | T::NumericLessThan
        | T::NumericLessThanEquals
        | T::NumericGreaterThan
        | T::NumericGreaterThanEquals => plain(number(text).is_some(), "a number"),
        T::DateEquals
        | T::DateNotEquals
        | T::DateLessThan
        | T::DateLessThanEquals
        | T::DateGreaterThan
        | T::DateGreaterThanEquals => plain(
            moment::milliseconds(text).is_some(),
            "a time such as 2026-01-31T12:00:00Z, or seconds since 1970",
        ),
        T::Bool | T::Null => plain(boolean(text).is_some(), "true or false"),
        T::IpAddress | T::NotIpAddress => match Network::of(text) {
            Ok(_) => Pattern::parse(text, Syntax::PLAIN),
            Err(wrong) => Err(format!(
                "'{text}' {}; write an address or a network, such as 10.0.0.0/8",
                wrong.trim_start_matches("which ")
            )),
        },
    }
}

/// Whether a value of the request and one of the policy fit, before the test is negated.
fn compared(
    test: Test,
    value: &str,
    wanted: &Pattern,
    values: &Values<'_, '_>,
    steps: &Steps,
) -> Truth {
    use Test as T;
    if !steps.take(1 + value.len() / BYTES_PER_STEP) {
        return Truth::Unknown;
    }
    let same = |fold: fn(&str) -> String| {
        let wanted = wanted.text(values);
        wanted.map_or(Truth::Unknown, |text| (fold(&text) == fold(value)).into())
    };
    let ordered = |read: fn(&str) -> Option<f64>, fits: fn(f64, f64) -> bool| {
        let both = read(value).zip(read(wanted.shown()));
        both.map_or(Truth::Unknown, |(value, wanted)| fits(value, wanted).into())
    };
    match test {
        T::StringEquals | T::StringNotEquals => same(str::to_owned),
        T::StringEqualsIgnoreCase | T::StringNotEqualsIgnoreCase => same(str::to_lowercase),
        T::StringLike | T::StringNotLike => wanted.matches(value, values, steps),
        T::ArnEquals | T::ArnNotEquals | T::ArnLike | T::ArnNotLike => {
            wanted.matches_arn(value, values, steps)
        }
        T::NumericEquals | T::NumericNotEquals => ordered(number, |a, b| a == b),
        T::NumericLessThan => ordered(number, |a, b| a < b),
        T::NumericLessThanEquals => ordered(number, |a, b| a <= b),
        T::NumericGreaterThan => ordered(number, |a, b| a > b),
        T::NumericGreaterThanEquals => ordered(number, |a, b| a >= b),
        T::DateEquals | T::DateNotEquals => ordered(time, |a, b| a == b),
        T::DateLessThan => ordered(time, |a, b| a < b),
        T::DateLessThanEquals => ordered(time, |a, b| a <= b),
        T::DateGreaterThan => ordered(time, |a, b| a > b),
        T::DateGreaterThanEquals => ordered(time, |a, b| a >= b),
        T::Bool | T::Null => (boolean(value) == boolean(wanted.shown())).into(),
        T::IpAddress | T::NotIpAddress => {
            let address = value.parse::<IpAddr>().ok();
            let both = address.zip(Network::of(wanted.shown()).ok());
            both.map_or(Truth::Unknown, |(address, network)| {
                network.contains(address).into()
            })
        }
    }
}

fn number(text: &str) -> Option<f64> {
    let is_decimal = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    let fits = text.bytes().all(is_decimal);
    let number: Option<f64> = fits.then(|| text.parse().ok()).flatten();
    number.filter(|number| number.is_finite())
}

/// Milliseconds, which a float holds exactly.
#[expect(
    clippy::cast_precision_loss,
    reason = "times until the year 200,000 are exact"
)]
fn time(text: &str) -> Option<f64> {
    moment::milliseconds(text).map(|milliseconds| milliseconds as f64)
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::policy::{
        Context, Document, Identity, OwnPolicies, Reason, Request, decide,
    };
    use crate::limits::POLICY_STEPS_MAX;

    #[test]
    fn comparing_takes_steps_so_that_no_text_of_a_request_is_too_long() {
        let identity = Identity::aws("arn:aws:iam::123456789012:user/u").expect("a user");
        let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
            {"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"lambda:Principal":["a","b"]}}}]}"#;
        let own = OwnPolicies {
            identity: vec![Document::identity(policy).expect("a policy").into()],
            ..OwnPolicies::default()
        };
        let is_too_much = |chars: usize| {
            let context = Context::default().with("lambda:Principal", "c".repeat(chars));
            let request = Request {
                identity: &identity,
                action: "lambda:AddPermission",
                resource: "*",
                context: &context,
            };
            decide(request, &own, &Document::empty()).reason == Reason::TooMuch
        };
        assert!(!is_too_much(1_000));
        assert!(is_too_much(POLICY_STEPS_MAX * super::BYTES_PER_STEP));
    }
}
