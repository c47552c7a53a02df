//! Aliases: names that point to versions.

use uuid::Uuid;

use super::name::{AliasName, VersionId};

/// A name that points to a version, and may send a share of its calls to a second one.
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    /// Its name.
    pub name: AliasName,
    /// Where it points.
    pub version: VersionId,
    /// Free text, at most 256 characters.
    pub description: String,
    /// The second version, if there is one.
    pub routing: Option<Routing>,
    /// Changes with every change of the alias and of what is attached to it.
    pub revision: Uuid,
}

/// The share of calls that a second version gets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Routing {
    /// The number of the second version.
    pub version: u64,
    /// Its share, 0.0 to 1.0; the rest goes where the alias points.
    pub weight: f64,
}
