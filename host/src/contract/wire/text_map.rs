//! Maps from text to text, in the order in which they came.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The members in their order; a key that comes again replaces its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::contract) struct TextMap(pub(in crate::contract) Vec<(String, String)>);

impl TextMap {
    /// The keys in their order.
    pub(in crate::contract) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }

    /// Compact JSON in the order of the members.
    pub(in crate::contract) fn compact_json(&self) -> String {
        let members: Vec<String> = self
            .0
            .iter()
            .map(|(key, value)| format!("{}:{}", quoted(key), quoted(value)))
            .collect();
        format!("{{{}}}", members.join(","))
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl Serialize for TextMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'de> Deserialize<'de> for TextMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = TextMap;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TextMap, A::Error> {
                let mut places = std::collections::HashMap::new();
                let mut members = Vec::<(String, String)>::new();
                while let Some((key, value)) = map.next_entry::<String, String>()? {
                    let place = *places.entry(key.clone()).or_insert(members.len());
                    match members.get_mut(place) {
                        Some(member) => member.1 = value,
                        None => members.push((key, value)),
                    }
                }
                Ok(TextMap(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_kept_and_the_last_value_of_a_key_counts() {
        let map: TextMap =
            serde_json::from_str(r#"{ "b": "1", "a": "\"", "b": "3" }"#).expect("a map");
        assert_eq!(map.compact_json(), r#"{"b":"3","a":"\""}"#);
        assert_eq!(map.keys().collect::<Vec<_>>(), ["b", "a"]);
    }
}
