//! What of an event is written as JSON: structs of their own, so that the values of this program can
//! change without the database.
//!
//! Each has the version of its format, and keeps members that it does not know: a newer host's stay
//! where this one writes a row again.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::Qualifier;
use crate::events::event::Event;
use crate::events::log::Ending;
use crate::events::message::{Attribute, Head};
use crate::events::target::Target;

/// The newest format that this host knows.
const FORMAT: u16 = 1;

/// Why a row cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("it was written by a newer Sparkler (format {0}, this one knows {FORMAT})")]
    Newer(u16),
}

/// A row that is JSON.
pub(super) trait Row: Serialize + DeserializeOwned {
    fn format(&self) -> u16;

    fn read(json: &str) -> Result<Self, Unreadable> {
        let row: Self = serde_json::from_str(json)?;
        match row.format() {
            format if format > FORMAT => Err(Unreadable::Newer(format)),
            _ => Ok(row),
        }
    }

    fn json(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers have a JSON form")
    }
}

/// What an event is beside its columns.
#[derive(Serialize, Deserialize)]
pub(super) struct EventRow {
    v: u16,
    /// Version or alias, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) qualifier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tenant_id: Option<String>,
    /// Destinations between the caller's event and this one.
    pub(super) hops: u32,
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// How an event ended, beside its columns.
#[derive(Serialize, Deserialize)]
pub(super) struct EndingRow {
    v: u16,
    pub(super) condition: String,
    pub(super) reason: String,
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// A message, but for its body.
#[derive(Serialize, Deserialize)]
pub(super) struct MessageRow {
    v: u16,
    /// An ARN.
    target: String,
    name: String,
    at_ms: u64,
    attributes: Vec<AttributeRow>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct AttributeRow {
    name: String,
    data_type: String,
    value: String,
}

impl Row for EventRow {
    fn format(&self) -> u16 {
        self.v
    }
}

impl Row for EndingRow {
    fn format(&self) -> u16 {
        self.v
    }
}

impl Row for MessageRow {
    fn format(&self) -> u16 {
        self.v
    }
}

impl EventRow {
    pub(super) fn of(event: &Event) -> Self {
        let new = &event.new;
        Self {
            v: FORMAT,
            qualifier: new.qualifier.as_ref().map(ToString::to_string),
            trace_id: new.trace_id.clone(),
            tenant_id: new.tenant_id.clone(),
            hops: event.hops,
            more: Map::new(),
        }
    }

    pub(super) fn qualifier(&self) -> Option<Qualifier> {
        self.qualifier.as_deref().map(Qualifier::parse)
    }
}

impl EndingRow {
    pub(super) fn of(ending: &Ending) -> Self {
        Self {
            v: FORMAT,
            condition: ending.condition.name().to_owned(),
            reason: ending.reason.clone(),
            more: Map::new(),
        }
    }
}

impl MessageRow {
    pub(super) fn of(head: &Head) -> Self {
        let attributes = head.attributes.iter().map(|attribute| AttributeRow {
            name: attribute.name.clone(),
            data_type: attribute.data_type.clone(),
            value: attribute.value.clone(),
        });
        Self {
            v: FORMAT,
            target: head.target.arn().to_string(),
            name: head.name.clone(),
            at_ms: head.at_ms,
            attributes: attributes.collect(),
            more: Map::new(),
        }
    }

    pub(super) fn head(self) -> Head {
        let attributes = self.attributes.into_iter().map(|row| Attribute {
            name: row.name,
            data_type: row.data_type,
            value: row.value,
        });
        Head {
            target: Target::of(&self.target),
            name: self.name,
            at_ms: self.at_ms,
            attributes: attributes.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_nobody_knows_survive() {
        let text = r#"{"v":1,"hops":2,"born":{"in":"the future"}}"#;
        let mut row = EventRow::read(text).expect("it is read");
        row.hops = 0;
        assert_eq!(row.json(), r#"{"v":1,"hops":0,"born":{"in":"the future"}}"#);
    }

    #[test]
    fn a_newer_format_is_not_guessed_at() {
        let newer = EventRow::read(r#"{"v":2,"hops":0}"#);
        let text = newer.err().expect("refused").to_string();
        assert!(text.contains("newer Sparkler (format 2"), "{text}");
    }
}
