//! A function put together from its rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::journal::{Changed, Revision, Row};
use super::key::Item;
use super::rows::{AliasRow, AttachmentsRow, FunctionRow, PublishedRow, Unreadable, decode};
use crate::domain::{
    Alias, AliasName, Attachments, FunctionName, FunctionRecord, Qualifier, Version,
};

/// A function, and the commit that changed it last.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) record: Arc<FunctionRecord>,
    pub(super) revision: Revision,
}

/// What is known of one function, row by row.
#[derive(Clone, Default)]
pub(super) struct Parts {
    /// The function without what has rows of its own; `None` where there is no such function, whatever else
    /// is there of it.
    head: Option<(Revision, FunctionRecord)>,
    versions: BTreeMap<u64, Arc<Version>>,
    aliases: BTreeMap<AliasName, Arc<Alias>>,
    attachments: BTreeMap<Qualifier, Arc<Attachments>>,
}

impl Parts {
    /// The parts of a function as it is.
    pub(super) fn of(kept: &Kept) -> Self {
        let mut head = FunctionRecord::clone(&kept.record);
        Self {
            versions: std::mem::take(&mut head.versions),
            aliases: std::mem::take(&mut head.aliases),
            attachments: std::mem::take(&mut head.attachments),
            head: Some((kept.revision, head)),
        }
    }

    /// Takes in a row of the function. Gives whether it has members that are not known here.
    pub(super) fn take(&mut self, changed: &Changed) -> Result<bool, Unreadable> {
        let row = changed.row.as_ref();
        match &changed.key.item {
            Item::Function(name) => self.take_head(name, changed.revision, row),
            Item::Version(name, number) => {
                put(&mut self.versions, number, row, |row: PublishedRow| {
                    row.value(name, *number)
                })
            }
            Item::Alias(_, alias) => put(&mut self.aliases, alias, row, |row: AliasRow| {
                row.value(alias)
            }),
            Item::Attachments(_, place) => {
                put(&mut self.attachments, place, row, AttachmentsRow::value)
            }
            Item::Url(_) | Item::Totals | Item::Secret(_) => Ok(false),
        }
    }

    fn take_head(
        &mut self,
        name: &FunctionName,
        revision: Revision,
        row: Option<&Row>,
    ) -> Result<bool, Unreadable> {
        let Some(row) = row else {
            self.head = None;
            return Ok(false);
        };
        let (row, has_unknown) = decode::<FunctionRow>(row)?;
        let mut head = row.value(name)?;
        if let Some((_, before)) = &self.head {
            keep_what_is_equal(before, &mut head);
        }
        self.head = Some((revision, head));
        Ok(has_unknown)
    }

    /// Has a row of the function be what it was `before`.
    pub(super) fn keep(&mut self, item: &Item, before: Self) {
        match item {
            Item::Function(_) => self.head = before.head,
            Item::Version(_, number) => keep(&mut self.versions, number, before.versions),
            Item::Alias(_, alias) => keep(&mut self.aliases, alias, before.aliases),
            Item::Attachments(_, place) => keep(&mut self.attachments, place, before.attachments),
            Item::Url(_) | Item::Totals | Item::Secret(_) => {}
        }
    }

    /// The function, where there is one; the same again where there is none.
    pub(super) fn whole(mut self) -> Result<Kept, Box<Self>> {
        let Some((revision, head)) = self.head.take() else {
            return Err(Box::new(self));
        };
        let record = FunctionRecord {
            versions: self.versions,
            aliases: self.aliases,
            attachments: self.attachments,
            ..head
        };
        Ok(Kept {
            record: Arc::new(record),
            revision,
        })
    }
}

/// What has not changed stays the same value, with what was worked out of it.
fn keep_what_is_equal(before: &FunctionRecord, after: &mut FunctionRecord) {
    let known = [Some(&before.latest), before.running.as_ref()];
    let kept = |version: &Arc<Version>| {
        let mut known = known.iter().flatten();
        known.find(|known| **known == version).copied().cloned()
    };
    if let Some(latest) = kept(&after.latest) {
        after.latest = latest;
    }
    if let Some(running) = &after.running {
        after.running = match *running == after.latest {
            true => Some(Arc::clone(&after.latest)),
            false => Some(kept(running).unwrap_or_else(|| Arc::clone(running))),
        };
    }
}

fn put<K: Ord + Clone, V, R: DeserializeOwned>(
    all: &mut BTreeMap<K, Arc<V>>,
    key: &K,
    row: Option<&Row>,
    value: impl FnOnce(R) -> Result<V, Unreadable>,
) -> Result<bool, Unreadable> {
    let Some(row) = row else {
        all.remove(key);
        return Ok(false);
    };
    let (row, has_unknown) = decode(row)?;
    all.insert(key.clone(), Arc::new(value(row)?));
    Ok(has_unknown)
}

fn keep<K: Ord + Clone, V>(
    all: &mut BTreeMap<K, Arc<V>>,
    key: &K,
    mut before: BTreeMap<K, Arc<V>>,
) {
    if let Some(value) = before.remove(key) {
        all.insert(key.clone(), value);
    }
}
