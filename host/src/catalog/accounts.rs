//! What there is, in memory: made of what a journal tells, in the order in which it tells it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, RwLockReadGuard};

use serde::de::DeserializeOwned;

use super::functions::{Functions, Remark};
use super::journal::{Changed, Revision, Row};
use super::key::Item;
use super::parts::Parts;
use super::rows::{SecretRow, TotalsRow, Unreadable, UrlRow, decode};
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
    /// What is to be remembered of each row, beside its value.
    remarks: BTreeMap<Item, Remark>,
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

    /// Whether a version of any account has this component.
    pub(super) fn uses_component(&self, component: Digest) -> bool {
        let accounts = self.0.read();
        accounts
            .values()
            .any(|account| account.read().uses_component(component))
    }

    /// The accounts that have functions.
    pub(super) fn with_functions(&self) -> Vec<AccountId> {
        let accounts = self.0.read();
        let found = accounts.iter();
        let found = found.filter(|(_, account)| account.read().names().next().is_some());
        found.map(|(id, _)| id.clone()).collect()
    }

    /// The account with the function whose URL has this id.
    pub(super) fn with_url(&self, id: &str) -> Option<AccountId> {
        let accounts = self.0.read();
        let mut found = accounts.iter();
        let owner = found.find(|(_, account)| account.read().with_url(id).is_some());
        owner.map(|(id, _)| id.clone())
    }

    /// Shows the rows of one commit. One that cannot be read is left as it was, and given; all others count.
    pub(super) fn change(&self, changes: &[Changed]) -> Vec<Unreadable> {
        let mut unreadable = Vec::new();
        let ids: HashSet<&AccountId> = changes.iter().map(|changed| &changed.key.account).collect();
        for id in ids {
            let own = changes.iter().filter(|changed| changed.key.account == *id);
            unreadable.extend(self.account(id).change(own));
        }
        unreadable
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
    /// Takes rows in; gives those that cannot be read.
    pub(super) fn take(&mut self, changes: &[Changed]) -> Vec<Unreadable> {
        let mut unreadable = Vec::new();
        for changed in changes {
            if !self.0.contains_key(&changed.key.account) {
                self.0.insert(changed.key.account.clone(), Taken::default());
            }
            if let Some(taken) = self.0.get_mut(&changed.key.account) {
                unreadable.extend(taken.take(changed, |_| Parts::default()).err());
            }
        }
        unreadable
    }
}

impl Taken {
    /// Takes in a row; `before` is what was known of its function.
    fn take(
        &mut self,
        changed: &Changed,
        before: impl FnOnce(&FunctionName) -> Parts,
    ) -> Result<(), Unreadable> {
        let has_unknown = self.take_value(changed, before);
        let remark = match (&has_unknown, &changed.row) {
            (Err(_), _) => Remark::Unreadable,
            (Ok(true), Some(row)) => Remark::Unknown(row.clone()),
            (Ok(_), _) => Remark::Nothing,
        };
        self.remarks.insert(changed.key.item.clone(), remark);
        has_unknown
            .map(drop)
            .map_err(|error| error.of(&changed.key))
    }

    /// Gives whether the row has members that are not known here.
    fn take_value(
        &mut self,
        changed: &Changed,
        before: impl FnOnce(&FunctionName) -> Parts,
    ) -> Result<bool, Unreadable> {
        match (&changed.key.item, &changed.row) {
            (Item::Totals, row) => {
                self.totals = Some(changed.revision);
                has_unknown::<TotalsRow>(row.as_ref())
            }
            (Item::Url(_), row) => has_unknown::<UrlRow>(row.as_ref()),
            (Item::Secret(name), Some(row)) => self.take_secret(name, row),
            (Item::Secret(_), None) => Ok(false),
            (
                Item::Function(name)
                | Item::Version(name, _)
                | Item::Alias(name, _)
                | Item::Attachments(name, _),
                _,
            ) => {
                let parts = self.functions.entry(name.clone());
                parts.or_insert_with(|| before(name)).take(changed)
            }
        }
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

    fn change<'a>(&self, changes: impl Iterator<Item = &'a Changed>) -> Vec<Unreadable> {
        let mut taken = Taken::default();
        let mut unreadable = Vec::new();
        for changed in changes {
            let before = |name: &FunctionName| self.functions.read().parts(name);
            unreadable.extend(taken.take(changed, before).err());
        }
        self.show(taken, false);
        unreadable
    }

    /// Shows what was taken in the place of all that was shown. A row that cannot be read stays as it was.
    fn replace(&self, mut taken: Taken) {
        let functions = self.functions.read();
        for name in functions.names() {
            taken.functions.entry(name.clone()).or_default();
        }
        for (item, remark) in &taken.remarks {
            if let (Remark::Unreadable, Some(name)) = (remark, item.function()) {
                let parts = taken.functions.entry(name.clone()).or_default();
                parts.keep(item, functions.parts(name));
            }
        }
        drop(functions);
        self.show(taken, true);
    }

    /// Makes it visible, and tells of it; `is_all` where nothing else is there any more.
    fn show(&self, taken: Taken, is_all: bool) {
        let observers = self.observers.lock();
        let mut changes = Vec::new();
        let mut functions = self.functions.write();
        if is_all {
            functions.forget_beside();
        }
        functions.totals = taken.totals.or(functions.totals);
        functions.secrets.extend(taken.secrets);
        for (item, remark) in taken.remarks {
            functions.remember(item, remark);
        }
        for (name, parts) in taken.functions {
            let before = functions.get(&name).cloned();
            let after = functions.show(&name, parts);
            changes.push((name, before, after));
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

    pub(super) fn observe_changes(&self, observer: impl Fn(Change<'_>) + Send + Sync + 'static) {
        self.observers.lock().push(Box::new(observer));
    }
}

/// Whether a row that nobody keeps the value of has members that are not known here.
fn has_unknown<R: DeserializeOwned>(row: Option<&Row>) -> Result<bool, Unreadable> {
    let decoded = row.map(decode::<R>).transpose()?;
    Ok(decoded.is_some_and(|(_, has_unknown)| has_unknown))
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
