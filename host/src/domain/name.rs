//! Names of functions, versions and aliases.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Longest function name, as AWS documents it.
pub const FUNCTION_NAME_CHARS_MAX: usize = 64;

/// Longest qualifier, as the model of the Lambda API bounds it.
pub(crate) const QUALIFIER_CHARS_MAX: usize = 128;

/// The name of a function: 1 to 64 letters, digits, `-` or `_`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FunctionName(Arc<str>);

impl FunctionName {
    /// The name that `text` spells, or `None` where it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=FUNCTION_NAME_CHARS_MAX).contains(&text.len());
        (fits && text.bytes().all(is_name_byte)).then(|| Self(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for FunctionName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for FunctionName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("'{text}' is not a function name"))
    }
}

impl From<FunctionName> for String {
    fn from(name: FunctionName) -> Self {
        name.0.as_ref().to_owned()
    }
}

/// The name of an alias: 1 to 128 letters, digits, `-` or `_`, and not digits only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AliasName(Arc<str>);

impl AliasName {
    /// The alias that `text` names, or `None` where it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=QUALIFIER_CHARS_MAX).contains(&text.len());
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        (fits && !is_number && text.bytes().all(is_name_byte)).then(|| Self(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Which copy of a function: the mutable one or a published one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VersionId {
    /// `$LATEST`, the only copy that changes.
    Latest,
    /// A published version, counted from 1.
    Number(u64),
}

impl VersionId {
    /// The version that `text` names, or `None` where it names none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == "$LATEST" {
            return Some(Self::Latest);
        }
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| is_number)?;
        Some(Self::Number(number))
    }

    /// The version as text. Every invocation needs it, and formatting it takes several times as long.
    pub fn text(self) -> Cow<'static, str> {
        match self {
            Self::Latest => "$LATEST".into(),
            Self::Number(number) => number.to_string().into(),
        }
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// What a caller asks for: a version, an alias or `$LATEST`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Qualifier {
    /// `$LATEST`, or digits.
    Version(VersionId),
    /// A name that points to a version.
    Alias(AliasName),
    /// Text that the API's pattern admits and that can name nothing, such as `$x`: never found.
    Unknown(Arc<str>),
}

impl Qualifier {
    /// `$LATEST`.
    pub const LATEST: Self = Self::Version(VersionId::Latest);

    /// Reads a qualifier that the API's pattern has already admitted.
    pub fn parse(text: &str) -> Self {
        if let Some(version) = VersionId::parse(text) {
            return Self::Version(version);
        }
        match AliasName::parse(text) {
            Some(alias) => Self::Alias(alias),
            None => Self::Unknown(text.into()),
        }
    }
}

impl fmt::Display for Qualifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => version.fmt(f),
            Self::Alias(alias) => f.write_str(alias.as_str()),
            Self::Unknown(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_a_version_and_a_date_is_an_alias() {
        assert_eq!(
            Qualifier::parse("17"),
            Qualifier::Version(VersionId::Number(17))
        );
        assert_eq!(
            Qualifier::parse("$LATEST"),
            Qualifier::Version(VersionId::Latest)
        );
        assert!(matches!(
            Qualifier::parse("2024-01-02"),
            Qualifier::Alias(_)
        ));
        assert!(matches!(Qualifier::parse("$x"), Qualifier::Unknown(_)));
    }

    #[test]
    fn a_name_has_at_most_64_of_the_allowed_characters() {
        assert!(FunctionName::parse(&"a".repeat(64)).is_some());
        assert!(FunctionName::parse(&"a".repeat(65)).is_none());
        assert!(FunctionName::parse("").is_none());
        assert!(FunctionName::parse("a.b").is_none());
        assert!(FunctionName::parse("naïve").is_none());
    }
}
