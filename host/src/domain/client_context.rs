//! The client context: what a caller tells a function beside the event.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The text of a JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientContext(String);

impl ClientContext {
    /// The context that `text` is; `None` where it is no JSON object.
    pub fn parse(text: String) -> Option<Self> {
        let object = serde_json::from_str::<AnyObject>(&text);
        object.is_ok().then_some(Self(text))
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// Any JSON object, not kept.
struct AnyObject;

impl<'de> Deserialize<'de> for AnyObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for AnyObject {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_kept_as_its_text() {
        let text = r#"{"custom" : {"foo":"bär"}} "#;
        let context = ClientContext::parse(text.into()).expect("an object");
        assert_eq!(context.text(), text);
    }

    #[test]
    fn anything_else_is_none() {
        for text in ["[]", "7", "", "{", "{} {}", "null", "\"{}\""] {
            assert_eq!(ClientContext::parse(text.into()), None, "{text}");
        }
    }
}
