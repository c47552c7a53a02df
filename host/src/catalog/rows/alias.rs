//! An alias as it is stored.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::format::{Format, Unreadable};
use crate::domain::{Alias, AliasName, Qualifier, Routing, VersionId};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::catalog) struct AliasRow {
    v: Format,
    /// `$LATEST`, or the number of a published version.
    version: String,
    description: String,
    routing: Option<RoutingRow>,
    revision: Uuid,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct RoutingRow {
    version: u64,
    /// As text, which is read as exactly what was written; a number in JSON need not be.
    weight: String,
}

impl AliasRow {
    pub(in crate::catalog) fn of(alias: &Alias) -> Self {
        Self {
            v: Format::default(),
            version: alias.version.to_string(),
            description: alias.description.clone(),
            routing: alias.routing.map(|routing| RoutingRow {
                version: routing.version,
                weight: routing.weight.to_string(),
            }),
            revision: alias.revision,
        }
    }

    pub(in crate::catalog) fn value(self, name: &AliasName) -> Result<Alias, Unreadable> {
        Ok(Alias {
            name: name.clone(),
            version: version_id(&self.version)
                .ok_or_else(|| Unreadable::member("version", &self.version))?,
            description: self.description,
            routing: self.routing.map(RoutingRow::value).transpose()?,
            revision: self.revision,
        })
    }
}

impl RoutingRow {
    fn value(self) -> Result<Routing, Unreadable> {
        let weight = self.weight.parse();
        Ok(Routing {
            version: self.version,
            weight: weight.map_err(|error| Unreadable::member("weight", error))?,
        })
    }
}

fn version_id(text: &str) -> Option<VersionId> {
    match Qualifier::parse(text) {
        Qualifier::Version(id) => Some(id),
        Qualifier::Alias(_) | Qualifier::Unknown(_) => None,
    }
}
