//! Refusals on their way to the audit log: gathered for a moment and written together, aside.
//!
//! Strangers make them, as many as they like. So those that are alike become one entry with a number, a source has few
//! entries of its own, and a batch has a bound; what is beyond it is counted. No answer waits for any of it.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use tokio::sync::{Mutex, Notify};

use super::passage::Passage;
use super::refused::{About, RefusedAnswer};
use crate::catalog::audit::AuditLog;
use crate::domain::audit::{Actor, Entry, Refused};
use crate::domain::{AccountId, Lock, arn};
use crate::limits::{AUDIT_REFUSALS_INTERVAL, AUDIT_REFUSALS_MAX, AUDIT_REFUSALS_OF_SOURCE_MAX};

/// Notes who was refused.
pub(crate) struct RefusalLog {
    log: AuditLog,
    gathered: Lock<Vec<Gathered>>,
    /// Held while a batch is written.
    writing: Mutex<()>,
    wake: Arc<Notify>,
    noted: AtomicU64,
    dropped: AtomicU64,
}

/// Refusals that one entry tells of.
struct Gathered {
    source: Option<IpAddr>,
    account: AccountId,
    entry: Entry,
}

/// How many refusals there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RefusalFigures {
    /// Those that entries tell of.
    pub(super) noted: u64,
    /// Those that were too many, or could not be written.
    pub(super) dropped: u64,
}

impl RefusalLog {
    /// One that writes to `log` for as long as somebody has it.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub(crate) fn start(log: AuditLog) -> Arc<Self> {
        let refusals = Arc::new(Self {
            log,
            gathered: Lock::default(),
            writing: Mutex::default(),
            wake: Arc::default(),
            noted: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        });
        let wake = Arc::clone(&refusals.wake);
        tokio::spawn(write_again_and_again(Arc::downgrade(&refusals), wake));
        refusals
    }

    /// Notes that a request was refused, which was for this account.
    pub(super) fn note(&self, passage: &Passage, refused: RefusedAnswer, account: AccountId) {
        let entry = entry(passage, refused);
        match gather(&mut self.gathered.lock(), passage.sender(), account, entry) {
            true => self.noted.fetch_add(1, Ordering::Relaxed),
            false => self.dropped.fetch_add(1, Ordering::Relaxed),
        };
        self.wake.notify_one();
    }

    /// Returns when what was noted before is durable, or was given up.
    pub(crate) async fn flush(&self) {
        let _writing = self.writing.lock().await;
        let gathered = std::mem::take(&mut *self.gathered.lock());
        if gathered.is_empty() {
            return;
        }
        let told = |gathered: &Gathered| {
            let refused = gathered.entry.refused.as_ref();
            1 + refused.map_or(0, |refused| refused.more)
        };
        let requests: u64 = gathered.iter().map(told).sum();
        let entries = gathered.into_iter();
        let entries = entries.map(|gathered| (gathered.account, gathered.entry));
        if let Err(error) = self.log.write(entries.collect()).await {
            tracing::warn!(requests, %error, "refused requests are missing in the audit log");
            self.noted.fetch_sub(requests, Ordering::Relaxed);
            self.dropped.fetch_add(requests, Ordering::Relaxed);
        }
    }

    pub(super) fn figures(&self) -> RefusalFigures {
        RefusalFigures {
            noted: self.noted.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
        }
    }
}

impl Drop for RefusalLog {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

async fn write_again_and_again(refusals: Weak<RefusalLog>, wake: Arc<Notify>) {
    loop {
        wake.notified().await;
        if refusals.strong_count() == 0 {
            return;
        }
        tokio::time::sleep(AUDIT_REFUSALS_INTERVAL).await;
        let Some(refusals) = refusals.upgrade() else {
            return;
        };
        refusals.flush().await;
    }
}

fn entry(passage: &Passage, refused: RefusedAnswer) -> Entry {
    let RefusedAnswer { reason, about } = refused;
    let About {
        principal,
        key,
        resource,
        statement,
        account: _,
    } = about.map_or_else(About::default, |about| *about);
    let plain = passage.cause(Actor::Anonymous).entry();
    Entry {
        principal: principal.unwrap_or(plain.principal),
        key,
        function: resource.as_deref().and_then(arn::function_of),
        resource,
        refused: Some(Refused {
            reason: reason.into(),
            statement,
            more: 0,
        }),
        ..plain
    }
}

/// Adds an entry, or one more to an entry that there is; gives whether there was room.
fn gather(
    all: &mut Vec<Gathered>,
    source: Option<IpAddr>,
    account: AccountId,
    entry: Entry,
) -> bool {
    let mut of_source = 0;
    let mut last = None;
    for (place, one) in all.iter_mut().enumerate() {
        if one.source != source {
            continue;
        }
        if one.account == account && is_alike(&one.entry, &entry) {
            return one_more(one);
        }
        of_source += 1;
        // What is noted for one account is told to no other one.
        if one.account == account {
            last = Some(place);
        }
    }
    match last {
        Some(last) if of_source >= AUDIT_REFUSALS_OF_SOURCE_MAX => one_more(&mut all[last]),
        _ if all.len() >= AUDIT_REFUSALS_MAX => false,
        _ => {
            all.push(Gathered {
                source,
                account,
                entry,
            });
            true
        }
    }
}

fn one_more(gathered: &mut Gathered) -> bool {
    if let Some(refused) = &mut gathered.entry.refused {
        refused.more += 1;
    }
    true
}

fn is_alike(one: &Entry, other: &Entry) -> bool {
    fn reason(entry: &Entry) -> Option<(&str, Option<&str>)> {
        let refused = entry.refused.as_ref()?;
        Some((&refused.reason, refused.statement.as_deref()))
    }
    one.operation == other.operation
        && one.key == other.key
        && one.resource == other.resource
        && reason(one) == reason(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Cause;

    fn refusal(reason: &str) -> Entry {
        Entry {
            refused: Some(Refused {
                reason: reason.into(),
                statement: None,
                more: 0,
            }),
            ..Cause::host("Invoke").entry()
        }
    }

    fn sent(all: &mut Vec<Gathered>, source: u32, reason: &str) -> bool {
        let source = IpAddr::from(source.to_be_bytes());
        gather(all, Some(source), "123456789012".into(), refusal(reason))
    }

    fn more(gathered: &Gathered) -> u64 {
        gathered
            .entry
            .refused
            .as_ref()
            .map_or(0, |refused| refused.more)
    }

    #[test]
    fn those_that_are_alike_become_one_entry_with_their_number() {
        let mut all = Vec::new();
        for _ in 0..1_000 {
            assert!(sent(&mut all, 1, "Expired"));
        }
        assert!(sent(&mut all, 1, "Denied"));
        assert!(sent(&mut all, 2, "Expired"));
        let told: Vec<_> = all.iter().map(more).collect();
        assert_eq!(told, [999, 0, 0]);
    }

    #[test]
    fn a_source_that_tries_everything_leaves_room_for_others() {
        let mut all = Vec::new();
        for number in 0..10_000 {
            assert!(sent(&mut all, 1, &number.to_string()));
        }
        assert_eq!(all.len(), AUDIT_REFUSALS_OF_SOURCE_MAX);
        let told: u64 = all.iter().map(|one| 1 + more(one)).sum();
        assert_eq!(told, 10_000);
        assert!(sent(&mut all, 2, "Denied"));
        assert_eq!(all.len(), AUDIT_REFUSALS_OF_SOURCE_MAX + 1);
    }

    #[test]
    fn a_batch_of_ever_so_many_sources_has_a_bound() {
        let mut all = Vec::new();
        let taken = (0..10_000).filter(|source| sent(&mut all, *source, "Denied"));
        assert_eq!(taken.count(), AUDIT_REFUSALS_MAX);
        assert_eq!(all.len(), AUDIT_REFUSALS_MAX);
        // Who is in it already is counted there.
        assert!(sent(&mut all, 0, "Denied"));
    }
}
