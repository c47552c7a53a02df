//! Lists in pages: `MaxItems` and `Marker` in, `NextMarker` out.
//!
//! A marker is the key of the last entry of the page before, opaque to clients as AWS's are. A list goes on
//! right behind that key, whatever was added or removed meanwhile.

use std::ops::Bound;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::Uri;

use super::constraint::{Broken, Violations};
use super::error::WireError;
use super::query;
use crate::limits::LIST_PAGE_ITEMS_MAX;

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageRequest<K> {
    /// The key of the last entry of the page before.
    pub(super) after: Option<K>,
    /// Entries of one page, at most [`LIST_PAGE_ITEMS_MAX`].
    pub(super) items: usize,
}

impl<K> PageRequest<K> {
    /// Reads `MaxItems`, which the model bounds by `items_max`, and `Marker`; `key` reads a marker's
    /// text. Other constraints that are broken are named together with those of `MaxItems`.
    ///
    /// # Errors
    /// For broken constraints, then for a marker that this operation did not give.
    pub(super) fn parse(
        uri: &Uri,
        items_max: u16,
        violations: Violations,
        key: impl FnOnce(&str) -> Option<K>,
    ) -> Result<Self, WireError> {
        let (page, ()) = Self::parse_with(uri, items_max, violations, Ok(()), key)?;
        Ok(page)
    }

    /// The same with what else of the request is `wanted`.
    pub(super) fn parse_with<T>(
        uri: &Uri,
        items_max: u16,
        mut violations: Violations,
        wanted: Result<T, Broken>,
        key: impl FnOnce(&str) -> Option<K>,
    ) -> Result<(Self, T), WireError> {
        let items = violations.given(query::number(uri, "MaxItems")?, |v, items| {
            v.range("maxItems", items, &(1..=items_max))
        });
        let wanted = violations.settled(|| wanted)?;
        let page = Self {
            after: query::value(uri, "Marker")
                .filter(|marker| !marker.is_empty())
                .map(|marker| read(&marker, key))
                .transpose()?,
            items: items.map_or(LIST_PAGE_ITEMS_MAX, |items| {
                LIST_PAGE_ITEMS_MAX.min(items.into())
            }),
        };
        Ok((page, wanted))
    }

    /// The range of keys that are left of the list.
    pub(super) fn behind(&self) -> (Bound<&K>, Bound<&K>) {
        let start = self.after.as_ref();
        (
            start.map_or(Bound::Unbounded, Bound::Excluded),
            Bound::Unbounded,
        )
    }

    /// The page out of entries in the order of their keys, of which those behind `after` are left, and
    /// the marker of the next page if there is one.
    pub(super) fn cut<T>(
        &self,
        entries: impl Iterator<Item = T>,
        key: impl Fn(&T) -> String,
    ) -> (Vec<T>, Option<String>) {
        let mut page: Vec<T> = entries.take(self.items + 1).collect();
        let more = page.len() > self.items;
        page.truncate(self.items);
        let marker = page.last().filter(|_| more).map(|last| marker(&key(last)));
        (page, marker)
    }
}

fn marker(key: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key)
}

fn read<K>(marker: &str, key: impl FnOnce(&str) -> Option<K>) -> Result<K, WireError> {
    BASE64_URL_SAFE_NO_PAD
        .decode(marker)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| key(&text))
        .ok_or_else(|| {
            WireError::invalid_parameter(
                "The Marker is not one that this operation gave. Leave it out to begin with the \
                 first page.",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(query: &str) -> Result<PageRequest<u32>, String> {
        let uri = format!("/list{query}").parse().expect("a path");
        PageRequest::parse(&uri, 10_000, Violations::default(), |text| {
            text.parse().ok()
        })
        .map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn a_page_has_at_most_fifty_entries() {
        for (query, items) in [("", 50), ("?MaxItems=10000", 50), ("?MaxItems=7", 7)] {
            assert_eq!(wanted(query).expect("it is fine").items, items);
        }
        for (query, problem) in [
            ("?MaxItems=0", "at 'maxItems'"),
            ("?MaxItems=10001", "equal to 10000"),
            ("?MaxItems=x", "Serialization"),
        ] {
            let text = wanted(query).expect_err("refused");
            assert!(text.contains(problem), "{text}");
        }
    }

    #[test]
    fn a_marker_leads_on_and_a_foreign_one_is_refused() {
        let first = wanted("?MaxItems=2").expect("it is fine");
        let (page, next) = first.cut([1_u32, 2, 3].into_iter(), u32::to_string);
        assert_eq!(page, [1, 2]);
        let next = next.expect("there is more");
        let second = wanted(&format!("?Marker={next}")).expect("it is ours");
        assert_eq!(second.after, Some(2));
        assert_eq!(
            second.cut([3_u32].into_iter(), u32::to_string),
            (vec![3], None)
        );
        let text = wanted("?Marker=%20").expect_err("it is not ours");
        assert!(text.contains("not one that this operation gave"), "{text}");
    }
}
