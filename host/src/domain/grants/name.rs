//! Names of what the host's owner grants.

use std::fmt;
use std::sync::Arc;

/// Longest name of a folder or a secret.
pub(super) const GRANT_NAME_CHARS_MAX: usize = 64;

/// The name of a folder or a secret: 1 to 64 letters, digits, `-`, `_` or `.`, a letter or digit first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GrantName(Arc<str>);

impl GrantName {
    /// The name that `text` spells, or `None` where it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=GRANT_NAME_CHARS_MAX).contains(&text.len());
        let begins_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        let is_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        (fits && begins_well && text.bytes().all(is_byte)).then(|| Self(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GrantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
