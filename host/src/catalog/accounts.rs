//! What there is, in memory: made of what a journal tells, in the order in which it tells it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, RwLockReadGuard};

use super::functions::{Functions, Kept};
use super::journal::{Changed, Revision, Row};
use super::key::Item;
use super::parts::Parts;
use super::rows::{SecretRow, Unreadable, decode};
use crate::domain::{AccountId, Digest, FunctionName, FunctionRecord, Lock, SharedLock};

/// Functions that a new observer is told of without looking for the next ones.
const OBSERVED_AT_ONCE: usize = 1_000;

/// A change of one function, durable and visible.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// Of which function.
    pub name: &'a FunctionName,
    /// The function before; `None` where there was none.
    pub before: Option<&'a FunctionRecord>,
    /// The function after; `None` where it was removed.
    pub after: Option<&'a FunctionRecord>,
}

/// Who is told of changes.
type Observer = Box<dyn Fn(Change<'_>) + Send + Sync>;

/// All accounts of a journal.
#[derive(Default)]
pub(super) struct Accounts(SharedLock<HashMap<AccountId, Arc<AccountView>>>);

/// What an account has, as it is shown.
#[derive(Default)]
pub(super) struct AccountView {
    /// Written for the moment in which a durable change becomes visible.
    functions: SharedLock<Functions>,
    /// Held while a change becomes visible and they are told of it.
    observers: Lock<Vec<Observer>>,
}

/// Rows that were told of before all were.
#[derive(Default)]
pub(super) struct Staged(HashMap<AccountId, Taken>);

/// Rows of one account, as far as they were taken in.
#[derive(Default)]
struct Taken {
    /// Each function that they are about.
    functions: HashMap<FunctionName, Parts>,
    totals: Option<Revision>,
    secrets: HashMap<String, [u8; 32]>,
    /// Rows with members that are not known here; `None` for those that have none.
    unknown: BTreeMap<Item, Option<Row>>,
}

impl Accounts {
    pub(super) fn account(&self, id: &AccountId) -> Arc<AccountView> {
        let accounts = self.0.read();
        if let Some(account) = accounts.get(id) {
            return Arc::clone(account);
        }
        drop(accounts);
        let mut accounts = self.0.write();
        Arc::clone(accounts.entry(id.clone()).or_default())
    }

    /// Whether a version of any account has this package.
    pub(super) fn uses_package(&self, package: Digest) -> bool {
        let accounts = self.0.read();
        accounts
            .values()
            .any(|account| account.read().uses_package(package))
    }

    /// Shows the rows of one commit.
    pub(super) fn change(&self, changes: &[Changed]) -> Result<(), Unreadable> {
        let ids: HashSet<&AccountId> = changes.iter().map(|changed| &changed.key.account).collect();
        for id in ids {
            let own = changes.iter().filter(|changed| changed.key.account == *id);
            self.account(id).change(own)?;
        }
        Ok(())
    }

    /// Shows what was staged in the place of all that was shown.
    pub(super) fn replace(&self, mut staged: Staged) {
        let accounts = self.0.read();
        for id in accounts.keys() {
            staged.0.entry(id.clone()).or_default();
        }
        drop(accounts);
        for (id, taken) in staged.0 {
            self.account(&id).replace(taken);
        }
    }
}

impl Staged {
    pub(super) fn take(&mut self, changes: &[Changed]) -> Result<(), Unreadable> {
        for changed in changes {
            if !self.0.contains_key(&changed.key.account) {
                self.0.insert(changed.key.account.clone(), Taken::default());
            }
            if let Some(taken) = self.0.get_mut(&changed.key.account) {
                taken.take(changed, |_| None)?;
            }
        }
        Ok(())
    }
}

impl Taken {
    /// Takes in a row; `kept` is a function as it was.
    fn take(
        &mut self,
        changed: &Changed,
        kept: impl FnOnce(&FunctionName) -> Option<Kept>,
    ) -> Result<(), Unreadable> {
        let item = &changed.key.item;
        let has_unknown = match (item, &changed.row) {
            (Item::Totals, _) => {
                self.totals = Some(changed.revision);
                Ok(false)
            }
            (Item::Secret(name), Some(row)) => self.take_secret(name, row),
            (Item::Secret(_), None) | (Item::Url(_), _) => Ok(false),
            (
                Item::Function(name)
                | Item::Version(name, _)
                | Item::Alias(name, _)
                | Item::Attachments(name, _),
                _,
            ) => {
                let parts = self.functions.entry(name.clone());
                let parts =
                    parts.or_insert_with(|| kept(name).as_ref().map(Parts::of).unwrap_or_default());
                parts.take(changed)
            }
        };
        let has_unknown = has_unknown.map_err(|error| error.of(&changed.key))?;
        let unknown = changed.row.clone().filter(|_| has_unknown);
        self.unknown.insert(item.clone(), unknown);
        Ok(())
    }

    fn take_secret(&mut self, name: &str, row: &Row) -> Result<bool, Unreadable> {
        let (row, has_unknown) = decode::<SecretRow>(row)?;
        self.secrets.insert(name.to_owned(), row.value()?);
        Ok(has_unknown)
    }
}

impl AccountView {
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Functions> {
        self.functions.read()
    }

    fn change<'a>(&self, changes: impl Iterator<Item = &'a Changed>) -> Result<(), Unreadable> {
        let mut taken = Taken::default();
        for changed in changes {
            taken.take(changed, |name| self.functions.read().kept(name).cloned())?;
        }
        self.show(taken);
        Ok(())
    }

    fn replace(&self, mut taken: Taken) {
        let gone: Vec<FunctionName> = {
            let functions = self.functions.read();
            let names = functions.names();
            names
                .filter(|name| !taken.functions.contains_key(*name))
                .cloned()
                .collect()
        };
        for name in gone {
            taken.functions.insert(name, Parts::default());
        }
        self.show(taken);
    }

    /// Makes it visible, and tells of it.
    fn show(&self, taken: Taken) {
        let observers = self.observers.lock();
        let mut changes = Vec::new();
        let mut functions = self.functions.write();
        for (name, parts) in taken.functions {
            let (before, after) = (functions.get(&name).cloned(), parts.whole());
            let shown = after.as_ref().map(|kept| Arc::clone(&kept.record));
            match after {
                Some(kept) => functions.put(kept),
                None => functions.remove(&name),
            }
            changes.push((name, before, shown));
        }
        functions.totals = taken.totals.or(functions.totals);
        functions.secrets.extend(taken.secrets);
        for (item, row) in taken.unknown {
            match row {
                Some(row) => functions.unknown.insert(item, row),
                None => functions.unknown.remove(&item),
            };
        }
        drop(functions);
        for (name, before, after) in &changes {
            let change = Change {
                name,
                before: before.as_deref(),
                after: after.as_deref(),
            };
            tell(&observers, change);
        }
    }

    pub(super) fn observe(&self, observer: impl Fn(Change<'_>) + Send + Sync + 'static) {
        let mut observers = self.observers.lock();
        let mut after = None;
        loop {
            let page = self.functions.read().page(after.as_ref(), OBSERVED_AT_ONCE);
            let Some(last) = page.last() else {
                break;
            };
            after = Some(last.latest.function.clone());
            for record in &page {
                observer(Change {
                    name: &record.latest.function,
                    before: None,
                    after: Some(record),
                });
            }
        }
        observers.push(Box::new(observer));
    }
}

/// Tells every observer of a change that was made. One that panics keeps neither the others from being told nor
/// the maker of the change from hearing that it was made.
fn tell(observers: &[Observer], change: Change<'_>) {
    for observer in observers {
        if catch_unwind(AssertUnwindSafe(|| observer(change))).is_err() {
            tracing::error!(function = %change.name, "an observer of the catalog panicked");
        }
    }
}
