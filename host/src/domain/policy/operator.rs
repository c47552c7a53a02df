//! Operators of conditions: what is compared, and of how many values.

use crate::domain::Named;
use crate::domain::named::named;

use super::error::meant;

named! {
    /// How one value is compared with another.
    pub(super) enum Test {
        /// The same text.
        StringEquals = "StringEquals",
        /// Another text.
        StringNotEquals = "StringNotEquals",
        /// The same text, whatever the case.
        StringEqualsIgnoreCase = "StringEqualsIgnoreCase",
        /// Another text, whatever the case.
        StringNotEqualsIgnoreCase = "StringNotEqualsIgnoreCase",
        /// A text of a pattern.
        StringLike = "StringLike",
        /// A text of another pattern.
        StringNotLike = "StringNotLike",
        /// The same as `ArnLike`.
        ArnEquals = "ArnEquals",
        /// The same as `ArnNotLike`.
        ArnNotEquals = "ArnNotEquals",
        /// An ARN of a pattern.
        ArnLike = "ArnLike",
        /// An ARN of another pattern.
        ArnNotLike = "ArnNotLike",
        /// The same number.
        NumericEquals = "NumericEquals",
        /// Another number.
        NumericNotEquals = "NumericNotEquals",
        /// A smaller number.
        NumericLessThan = "NumericLessThan",
        /// A number that is not larger.
        NumericLessThanEquals = "NumericLessThanEquals",
        /// A larger number.
        NumericGreaterThan = "NumericGreaterThan",
        /// A number that is not smaller.
        NumericGreaterThanEquals = "NumericGreaterThanEquals",
        /// The same time.
        DateEquals = "DateEquals",
        /// Another time.
        DateNotEquals = "DateNotEquals",
        /// An earlier time.
        DateLessThan = "DateLessThan",
        /// A time that is not later.
        DateLessThanEquals = "DateLessThanEquals",
        /// A later time.
        DateGreaterThan = "DateGreaterThan",
        /// A time that is not earlier.
        DateGreaterThanEquals = "DateGreaterThanEquals",
        /// True or false.
        Bool = "Bool",
        /// An address in a network.
        IpAddress = "IpAddress",
        /// An address outside of a network.
        NotIpAddress = "NotIpAddress",
        /// Whether there is a value at all.
        Null = "Null",
    }
}

impl Test {
    /// Whether it holds where what its name is made of does not.
    pub(super) fn is_negated(self) -> bool {
        matches!(
            self,
            Self::StringNotEquals
                | Self::StringNotEqualsIgnoreCase
                | Self::StringNotLike
                | Self::ArnNotEquals
                | Self::ArnNotLike
                | Self::NumericNotEquals
                | Self::DateNotEquals
                | Self::NotIpAddress
        )
    }
}

/// Of how many of the request's values it has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    /// Of the only one.
    One,
    /// Of all, also where there is none.
    All,
    /// Of one at least.
    Any,
}

impl Quantity {
    const PREFIXES: [(&'static str, Self); 2] =
        [("ForAllValues:", Self::All), ("ForAnyValue:", Self::Any)];
}

const IF_EXISTS: &str = "IfExists";

/// A test with what its name has before and behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) test: Test,
    pub(super) quantity: Quantity,
    /// Whether it holds where the key is absent.
    pub(super) if_exists: bool,
}

impl Operator {
    /// The test as it is.
    pub(super) const fn plain(test: Test) -> Self {
        Self {
            test,
            quantity: Quantity::One,
            if_exists: false,
        }
    }

    /// The operator of this name.
    ///
    /// # Errors
    /// With what is wrong, where there is none.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        let with_prefix = Quantity::PREFIXES.iter().find_map(|(prefix, quantity)| {
            let rest = name.strip_prefix(prefix)?;
            Some((rest, *quantity))
        });
        let (rest, quantity) = with_prefix.unwrap_or((name, Quantity::One));
        let (base, if_exists) = match rest.strip_suffix(IF_EXISTS) {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let test = Test::named(base).ok_or_else(|| {
            let known = meant(base, Test::names().into_iter());
            format!(
                "there is no condition operator '{name}': {known}; each may have ForAllValues: or \
                 ForAnyValue: before it and IfExists behind it"
            )
        })?;
        let operator = Self {
            test,
            quantity,
            if_exists,
        };
        match test == Test::Null && operator != Self::plain(test) {
            true => Err(format!(
                "'{name}' cannot be: Null asks itself whether the key exists, so it goes without \
                 ForAllValues:, ForAnyValue: and IfExists"
            )),
            false => Ok(operator),
        }
    }

    /// Its name.
    pub(super) fn name(self) -> String {
        let mut prefixes = Quantity::PREFIXES.iter();
        let prefix = prefixes.find(|(_, quantity)| *quantity == self.quantity);
        let prefix = prefix.map_or("", |(prefix, _)| prefix);
        let suffix = if self.if_exists { IF_EXISTS } else { "" };
        [prefix, self.test.name(), suffix].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_is_found_by_its_name_with_all_that_may_be_around_it() {
        for test in Test::ALL.iter().filter(|test| **test != Test::Null) {
            for (prefix, suffix) in [
                ("", ""),
                ("ForAllValues:", ""),
                ("ForAnyValue:", "IfExists"),
            ] {
                let name = [prefix, test.name(), suffix].concat();
                let operator = Operator::parse(&name).expect("it is one");
                assert_eq!((operator.test, operator.name()), (*test, name));
            }
        }
    }

    #[test]
    fn what_is_no_operator_is_answered_with_those_that_are() {
        let refused = |name| Operator::parse(name).expect_err("it is none");
        assert!(refused("stringequals").contains("write it 'StringEquals'"));
        assert!(refused("BinaryEquals").contains("NumericEquals, NumericNotEquals"));
        assert!(refused("NullIfExists").contains("asks itself"));
        assert!(refused("ForSomeValues:Bool").contains("no condition operator"));
    }
}
