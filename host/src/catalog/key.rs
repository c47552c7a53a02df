//! Names of rows.

use std::fmt;

use crate::domain::{AccountId, AliasName, FunctionName, Qualifier};

/// The name of a row: whose it is, and what of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Whose.
    pub account: AccountId,
    /// What.
    pub item: Item,
}

/// What an account has a row of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Item {
    /// A function: its head, with both copies of `$LATEST`. Every change of what belongs to the function
    /// writes it, so that its revision stands for all of that.
    Function(FunctionName),
    /// A published version.
    Version(FunctionName, u64),
    /// An alias.
    Alias(FunctionName, AliasName),
    /// What is attached to the function (under `$LATEST`), to a version or to an alias.
    Attachments(FunctionName, Qualifier),
    /// Where the id of a function URL leads.
    Url(String),
    /// What all functions together take up: the bounds of the account are bounds of this row.
    Totals,
    /// What hosts share and nobody else knows, by its name.
    Secret(String),
}

impl Key {
    /// The name of a row of `account`.
    pub fn new(account: &AccountId, item: Item) -> Self {
        Self {
            account: account.clone(),
            item,
        }
    }
}

impl Item {
    /// Which function it belongs to, if it belongs to one.
    pub fn function(&self) -> Option<&FunctionName> {
        match self {
            Self::Function(name)
            | Self::Version(name, _)
            | Self::Alias(name, _)
            | Self::Attachments(name, _) => Some(name),
            Self::Url(_) | Self::Totals | Self::Secret(_) => None,
        }
    }

    /// Reads what [`Display`](fmt::Display) writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/');
        let kind = parts.next()?;
        let (first, second) = (parts.next(), parts.next());
        let function = || FunctionName::parse(first?);
        Some(match (kind, second) {
            ("function", None) => Self::Function(function()?),
            ("version", Some(number)) => Self::Version(function()?, number.parse().ok()?),
            ("alias", Some(alias)) => Self::Alias(function()?, AliasName::parse(alias)?),
            ("attached", Some(place)) => Self::Attachments(function()?, Qualifier::parse(place)),
            ("url", None) => Self::Url(first?.into()),
            ("totals", None) if first.is_none() => Self::Totals,
            ("secret", None) => Self::Secret(first?.into()),
            _ => return None,
        })
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(name) => write!(f, "function/{name}"),
            Self::Version(name, number) => write!(f, "version/{name}/{number}"),
            Self::Alias(name, alias) => write!(f, "alias/{name}/{}", alias.as_str()),
            Self::Attachments(name, place) => write!(f, "attached/{name}/{place}"),
            Self::Url(id) => write!(f, "url/{id}"),
            Self::Totals => f.write_str("totals"),
            Self::Secret(name) => write!(f, "secret/{name}"),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::name;

    #[test]
    fn every_item_is_read_as_it_is_written() {
        let alias = AliasName::parse("a").expect("a name");
        for item in [
            Item::Function(name("f")),
            Item::Version(name("f"), 7),
            Item::Alias(name("f"), alias),
            Item::Attachments(name("f"), Qualifier::LATEST),
            Item::Attachments(name("f"), Qualifier::parse("7")),
            Item::Url("abc".into()),
            Item::Totals,
            Item::Secret("downloads".into()),
        ] {
            assert_eq!(Item::parse(&item.to_string()), Some(item));
        }
        for wrong in [
            "",
            "function",
            "function/",
            "version/f",
            "version/f/x",
            "totals/x",
            "other/f",
        ] {
            assert_eq!(Item::parse(wrong), None, "{wrong}");
        }
    }
}
