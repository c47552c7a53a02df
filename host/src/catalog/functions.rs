//! The functions of an account in memory, with what would be slow to count when it is asked for.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;

use foldhash::quality::RandomState;

use super::journal::{Revision, Row};
use super::key::Item;
use super::parts::{Kept, Parts};
use super::usage::Usage;
use crate::domain::{Digest, FunctionName, FunctionRecord, Qualifier};

#[derive(Default)]
pub(super) struct Functions {
    by_name: HashMap<FunctionName, Kept, RandomState>,
    /// What is known of those that were never shown, since their heads cannot be read.
    headless: HashMap<FunctionName, Parts>,
    /// The same names, in the order of pages.
    names: BTreeSet<FunctionName>,
    usage: Usage,
    packages: Uses,
    components: Uses,
    /// Where the ids of function URLs lead.
    urls: HashMap<String, (FunctionName, Qualifier), RandomState>,
    /// What wrote the totals of the account last; `None` where nothing did.
    pub(super) totals: Option<Revision>,
    /// What hosts share and nobody else knows, by name.
    pub(super) secrets: HashMap<String, [u8; 32]>,
    /// Rows with members that this host does not know, as they are.
    pub(super) unknown: HashMap<Item, Row>,
    /// Rows that cannot be read: what they hold, nobody here knows.
    pub(super) unreadable: HashSet<Item>,
}

/// What a row has beside a value that can be shown.
pub(super) enum Remark {
    Nothing,
    /// Members that are not known here; the whole row.
    Unknown(Row),
    /// It cannot be read.
    Unreadable,
}

impl Functions {
    pub(super) fn get(&self, name: &FunctionName) -> Option<&Arc<FunctionRecord>> {
        self.kept(name).map(|kept| &kept.record)
    }

    pub(super) fn kept(&self, name: &FunctionName) -> Option<&Kept> {
        self.by_name.get(name)
    }

    /// The rows of a function, as far as they are known.
    pub(super) fn parts(&self, name: &FunctionName) -> Parts {
        match self.kept(name) {
            Some(kept) => Parts::of(kept),
            None => self.headless.get(name).cloned().unwrap_or_default(),
        }
    }

    /// All functions of which something is known, in no order.
    pub(super) fn names(&self) -> impl Iterator<Item = &FunctionName> {
        self.names.iter().chain(self.headless.keys())
    }

    pub(super) fn page(
        &self,
        after: Option<&FunctionName>,
        limit: usize,
    ) -> Vec<Arc<FunctionRecord>> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.names
            .range::<FunctionName, _>((start, Bound::Unbounded))
            .take(limit)
            .filter_map(|name| self.get(name).cloned())
            .collect()
    }

    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// A row that cannot be read may have any package.
    pub(super) fn uses_package(&self, package: Digest) -> bool {
        self.packages.contains(package) || !self.unreadable.is_empty()
    }

    pub(super) fn uses_component(&self, component: Digest) -> bool {
        self.components.contains(component)
    }

    pub(super) fn with_url(&self, id: &str) -> Option<(Arc<FunctionRecord>, Qualifier)> {
        let (name, qualifier) = self.urls.get(id)?;
        Some((Arc::clone(self.get(name)?), qualifier.clone()))
    }

    /// Forgets all that is no function, as before it is taken in anew.
    pub(super) fn forget_beside(&mut self) {
        self.totals = None;
        self.secrets.clear();
        self.unknown.clear();
        self.unreadable.clear();
    }

    /// Remembers of a row what its value does not say.
    pub(super) fn remember(&mut self, item: Item, remark: Remark) {
        self.unreadable.remove(&item);
        match remark {
            Remark::Nothing => drop(self.unknown.remove(&item)),
            Remark::Unknown(row) => drop(self.unknown.insert(item, row)),
            // What it had before is written again with the next value.
            Remark::Unreadable => drop(self.unreadable.insert(item)),
        }
    }

    /// Shows a function as its rows say. Where its head cannot be read, they wait for it.
    pub(super) fn show(
        &mut self,
        name: &FunctionName,
        parts: Parts,
    ) -> Option<Arc<FunctionRecord>> {
        self.headless.remove(name);
        match parts.whole() {
            Ok(kept) => {
                let record = Arc::clone(&kept.record);
                self.put(kept);
                Some(record)
            }
            Err(parts) => {
                self.remove(name);
                if self.unreadable.contains(&Item::Function(name.clone())) {
                    self.headless.insert(name.clone(), *parts);
                }
                None
            }
        }
    }

    pub(super) fn put(&mut self, kept: Kept) {
        let record = Arc::clone(&kept.record);
        let name = record.latest.function.clone();
        for code in record.codes() {
            self.packages.add(code.package);
            self.components.add(code.component);
        }
        self.usage += Usage::of(&record);
        match self.by_name.insert(name.clone(), kept) {
            Some(before) => self.release(&before.record),
            None => {
                self.names.insert(name.clone());
            }
        }
        // After the release, which takes away the addresses that stay as well.
        for (qualifier, id) in urls(&record) {
            let place = (name.clone(), qualifier.clone());
            self.urls.insert(id.to_owned(), place);
        }
    }

    fn remove(&mut self, name: &FunctionName) {
        if let Some(before) = self.by_name.remove(name) {
            self.names.remove(name);
            self.release(&before.record);
        }
    }

    fn release(&mut self, before: &FunctionRecord) {
        for code in before.codes() {
            self.packages.take(code.package);
            self.components.take(code.component);
        }
        self.usage -= Usage::of(before);
        for (_, id) in urls(before) {
            self.urls.remove(id);
        }
    }
}

/// The ids of a function's URLs, and what each is attached to.
pub(super) fn urls(record: &FunctionRecord) -> impl Iterator<Item = (&Qualifier, &str)> {
    record
        .attachments
        .iter()
        .filter_map(|(qualifier, attached)| Some((qualifier, attached.url.as_ref()?.id.as_str())))
}

/// How many versions have a digest.
#[derive(Default)]
struct Uses(HashMap<Digest, usize>);

impl Uses {
    fn contains(&self, digest: Digest) -> bool {
        self.0.contains_key(&digest)
    }

    fn add(&mut self, digest: Digest) {
        *self.0.entry(digest).or_default() += 1;
    }

    fn take(&mut self, digest: Digest) {
        if let Some(uses) = self.0.get_mut(&digest) {
            *uses -= 1;
            if *uses == 0 {
                self.0.remove(&digest);
            }
        }
    }
}
