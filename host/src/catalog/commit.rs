//! What a change of one function writes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::functions::{Functions, urls};
use super::journal::{Commit, Expect, Put, Revision, Row};
use super::key::{Item, Key};
use super::parts::Kept;
use super::rows::{AliasRow, AttachmentsRow, FunctionRow, PublishedRow, TotalsRow, UrlRow, encode};
use super::usage::Usage;
use crate::domain::{AccountId, FunctionName, FunctionRecord, Qualifier, Refusal};

/// What a change was decided by.
pub(super) struct Before {
    kept: Option<Kept>,
    totals: Option<Revision>,
    usage: Usage,
}

impl Before {
    pub(super) fn of(functions: &Functions, name: &FunctionName) -> Self {
        Self {
            kept: functions.kept(name).cloned(),
            totals: functions.totals,
            usage: functions.usage(),
        }
    }

    pub(super) fn record(&self) -> Option<&FunctionRecord> {
        self.kept.as_ref().map(|kept| &*kept.record)
    }

    /// The commit that makes the function `after`, if all is still as it was; `None` where there is none and
    /// shall be none. The head stands last, so that a watch which is told of one row after the other knows by
    /// it that the rest has come.
    ///
    /// # Errors
    /// Where the function has taken the id of another function's URL.
    pub(super) fn commit(
        &self,
        account: &AccountId,
        name: &FunctionName,
        after: Option<&FunctionRecord>,
        functions: &Functions,
    ) -> Result<Option<Commit>, Refusal> {
        let before = self.record();
        if before.is_none() && after.is_none() {
            return Ok(None);
        }
        let mut rows = Rows {
            account,
            unknown: &functions.unknown,
            puts: Vec::new(),
        };
        rows.children(name, before, after);
        rows.urls(name, before, after, functions)?;
        let usage = self.usage_after(after);
        if usage != self.usage {
            let totals = TotalsRow::of(usage);
            rows.put(Item::Totals, expect(self.totals), Some(&totals));
        }
        let head = after.map(FunctionRow::of);
        let revision = self.kept.as_ref().map(|kept| kept.revision);
        rows.put(
            Item::Function(name.clone()),
            expect(revision),
            head.as_ref(),
        );
        Ok(Some(Commit::of(rows.puts)))
    }

    fn usage_after(&self, after: Option<&FunctionRecord>) -> Usage {
        let mut usage = self.usage;
        if let Some(record) = after {
            usage += Usage::of(record);
        }
        if let Some(record) = self.record() {
            usage -= Usage::of(record);
        }
        usage
    }
}

fn expect(revision: Option<Revision>) -> Expect {
    revision.map_or(Expect::Absent, Expect::At)
}

/// Rows that are to be written.
struct Rows<'a> {
    account: &'a AccountId,
    unknown: &'a std::collections::HashMap<Item, Row>,
    puts: Vec<Put>,
}

impl Rows<'_> {
    fn put<R>(&mut self, item: Item, expect: Expect, row: Option<&R>)
    where
        R: serde::Serialize + serde::de::DeserializeOwned,
    {
        let row = row.map(|row| encode(row, self.unknown.get(&item)));
        self.puts.push(Put {
            key: Key::new(self.account, item),
            expect,
            row,
        });
    }

    /// Versions, aliases and attachments that differ.
    fn children(
        &mut self,
        name: &FunctionName,
        before: Option<&FunctionRecord>,
        after: Option<&FunctionRecord>,
    ) {
        for (number, version) in differences(before, after, |record| &record.versions) {
            let item = Item::Version(name.clone(), *number);
            self.put(item, Expect::Any, version.map(PublishedRow::of).as_ref());
        }
        for (alias, value) in differences(before, after, |record| &record.aliases) {
            let item = Item::Alias(name.clone(), alias.clone());
            self.put(item, Expect::Any, value.map(AliasRow::of).as_ref());
        }
        for (place, attached) in differences(before, after, |record| &record.attachments) {
            let item = Item::Attachments(name.clone(), place.clone());
            self.put(item, Expect::Any, attached.map(AttachmentsRow::of).as_ref());
        }
    }

    /// Ids of URLs that came or went: no two functions have the same.
    fn urls(
        &mut self,
        name: &FunctionName,
        before: Option<&FunctionRecord>,
        after: Option<&FunctionRecord>,
        functions: &Functions,
    ) -> Result<(), Refusal> {
        let of = |record: Option<&FunctionRecord>| -> BTreeMap<String, Qualifier> {
            let urls = record.into_iter().flat_map(urls);
            urls.map(|(place, id)| (id.to_owned(), place.clone()))
                .collect()
        };
        let (before, after) = (of(before), of(after));
        for (id, place) in &after {
            let expect = match before.get(id) {
                Some(same) if same == place => continue,
                Some(_) => Expect::Any,
                None => Expect::Absent,
            };
            if expect == Expect::Absent && functions.with_url(id).is_some() {
                return Err(Refusal::Conflict(format!(
                    "The id {id} of a function URL is taken by another function."
                )));
            }
            let row = UrlRow::of(name, place);
            self.put(Item::Url(id.clone()), expect, Some(&row));
        }
        for id in before.keys().filter(|id| !after.contains_key(*id)) {
            self.put(Item::Url(id.clone()), Expect::Any, None::<&UrlRow>);
        }
        Ok(())
    }
}

/// What the rows of a function take.
pub(crate) fn stored_bytes(record: &FunctionRecord) -> usize {
    let versions = record.versions.values();
    let versions = versions.map(|version| bytes_of(&PublishedRow::of(version)));
    let aliases = record.aliases.values();
    let aliases = aliases.map(|alias| bytes_of(&AliasRow::of(alias)));
    let attachments = record.attachments.values();
    let attachments = attachments.map(|attached| bytes_of(&AttachmentsRow::of(attached)));
    let children = versions.chain(aliases).chain(attachments);
    children.sum::<usize>() + bytes_of(&FunctionRow::of(record))
}

fn bytes_of<R: serde::Serialize + serde::de::DeserializeOwned>(row: &R) -> usize {
    encode(row, None).0.len()
}

/// What was added or changed, with its new value, and what was removed, without.
fn differences<'a, K: Ord, V: PartialEq>(
    before: Option<&'a FunctionRecord>,
    after: Option<&'a FunctionRecord>,
    of: impl Fn(&'a FunctionRecord) -> &'a BTreeMap<K, Arc<V>>,
) -> Vec<(&'a K, Option<&'a V>)> {
    let (before, after) = (before.map(&of), after.map(&of));
    let value = |map: Option<&'a BTreeMap<K, Arc<V>>>, key: &K| map.and_then(|map| map.get(key));
    let changed = after.into_iter().flatten().filter_map(|(key, new)| {
        let same = value(before, key).is_some_and(|old| Arc::ptr_eq(old, new) || old == new);
        (!same).then_some((key, Some(&**new)))
    });
    let removed = before.into_iter().flat_map(BTreeMap::keys);
    let removed = removed.filter(|key| value(after, key).is_none());
    changed.chain(removed.map(|key| (key, None))).collect()
}
