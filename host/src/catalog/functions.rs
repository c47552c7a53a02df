//! All functions in memory, with what would be slow to count when it is asked for.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use super::Usage;
use crate::domain::{Digest, FunctionName, FunctionRecord, Qualifier};

#[derive(Default)]
pub(super) struct Functions {
    by_name: HashMap<FunctionName, Arc<FunctionRecord>>,
    /// The same names, in the order of pages.
    names: BTreeSet<FunctionName>,
    usage: Usage,
    packages: Uses,
    components: Uses,
    /// Where the ids of function URLs lead.
    urls: HashMap<String, (FunctionName, Qualifier)>,
}

impl Functions {
    pub(super) fn get(&self, name: &FunctionName) -> Option<&Arc<FunctionRecord>> {
        self.by_name.get(name)
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
            .filter_map(|name| self.by_name.get(name).cloned())
            .collect()
    }

    pub(super) fn usage(&self) -> Usage {
        Usage {
            functions: self.by_name.len(),
            ..self.usage
        }
    }

    pub(super) fn uses_package(&self, package: Digest) -> bool {
        self.packages.contains(package)
    }

    pub(super) fn uses_component(&self, component: Digest) -> bool {
        self.components.contains(component)
    }

    pub(super) fn with_url(&self, id: &str) -> Option<(Arc<FunctionRecord>, Qualifier)> {
        let (name, qualifier) = self.urls.get(id)?;
        Some((Arc::clone(self.by_name.get(name)?), qualifier.clone()))
    }

    pub(super) fn put(&mut self, record: Arc<FunctionRecord>) {
        let name = record.latest.function.clone();
        for code in record.codes() {
            self.usage.package_bytes += code.package_bytes;
            self.packages.add(code.package);
            self.components.add(code.component);
        }
        let (reserved, provisioned) = concurrency(&record);
        self.usage.reserved_concurrency += reserved;
        self.usage.provisioned_concurrency += provisioned;
        match self.by_name.insert(name.clone(), Arc::clone(&record)) {
            Some(before) => self.release(&before),
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

    pub(super) fn remove(&mut self, name: &FunctionName) {
        if let Some(before) = self.by_name.remove(name) {
            self.names.remove(name);
            self.release(&before);
        }
    }

    fn release(&mut self, before: &FunctionRecord) {
        for code in before.codes() {
            self.usage.package_bytes -= code.package_bytes;
            self.packages.take(code.package);
            self.components.take(code.component);
        }
        let (reserved, provisioned) = concurrency(before);
        self.usage.reserved_concurrency -= reserved;
        self.usage.provisioned_concurrency -= provisioned;
        for (_, id) in urls(before) {
            self.urls.remove(id);
        }
    }
}

/// The ids of a function's URLs, and what each is attached to.
fn urls(record: &FunctionRecord) -> impl Iterator<Item = (&Qualifier, &str)> {
    record
        .attachments
        .iter()
        .filter_map(|(qualifier, attached)| Some((qualifier, attached.url.as_ref()?.id.as_str())))
}

/// What a function takes of the account's concurrency: what is reserved for it, or else what is
/// provisioned.
fn concurrency(record: &FunctionRecord) -> (u64, u64) {
    match record.reserved_concurrency {
        Some(reserved) => (reserved.into(), 0),
        None => (0, record.provisioned_concurrency()),
    }
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
