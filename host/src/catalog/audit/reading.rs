//! What is asked of the audit log, and what is added to it beside changes.

use std::sync::{Arc, Weak};
use std::time::SystemTime;

use crate::catalog::account::Catalog;
use crate::catalog::journal::{AuditKind, AuditRow, AuditStart, Journal, JournalError};
use crate::catalog::rows::{audit_entry, audit_row};
use crate::domain::audit::Entry;
use crate::domain::{AccountId, FunctionName, times};
use crate::limits::{
    AUDIT_PAGE_BYTES_MAX, AUDIT_PAGE_ENTRIES_MAX, AUDIT_PAGE_LOOKED_AT_MAX, AUDIT_READ_AT_ONCE_MAX,
};

/// Entries that are asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct AuditQuery {
    /// Behind which number it goes on.
    pub(crate) after: u64,
    pub(crate) since: Option<SystemTime>,
    pub(crate) until: Option<SystemTime>,
    /// The ARN of who did it, what stands in its place, or the last part of it.
    pub(crate) principal: Option<String>,
    pub(crate) operation: Option<String>,
    pub(crate) function: Option<FunctionName>,
    /// Only what was refused.
    pub(crate) is_refused: bool,
}

/// A page of entries, the oldest first.
#[derive(Debug, PartialEq)]
pub(crate) struct AuditPage {
    pub(crate) entries: Vec<Entry>,
    /// Behind which number the log goes on.
    pub(crate) next: u64,
    /// Whether there is more now.
    pub(crate) has_more: bool,
}

/// The audit log of the accounts of a journal. It keeps no journal open.
#[derive(Clone)]
pub(crate) struct AuditLog(Weak<dyn Journal>);

impl Catalog {
    /// The audit log of all accounts of its journal.
    pub(crate) fn audit_log(&self) -> AuditLog {
        AuditLog(Arc::downgrade(&self.journal))
    }

    /// Adds an entry about something that is no row of the catalog; returns when it is durable.
    ///
    /// # Errors
    /// When the journal fails.
    pub(crate) async fn note(&self, entry: Entry) -> Result<(), JournalError> {
        let entry = audit_row(&self.account, entry);
        self.journal.note(vec![entry]).await
    }

    /// The entries of this account that `query` asks for.
    ///
    /// # Errors
    /// When the journal fails.
    pub(crate) async fn audit(&self, query: &AuditQuery) -> Result<AuditPage, JournalError> {
        let mut page = Looking::for_(query);
        loop {
            let start = page.start();
            let read = self.journal.audit(start, AUDIT_READ_AT_ONCE_MAX).await?;
            let is_end = read.len() < AUDIT_READ_AT_ONCE_MAX;
            for (number, row) in read {
                page.look_at(number, &row, &self.account)?;
                if page.is_full() {
                    return Ok(page.ended(true));
                }
            }
            if is_end {
                return Ok(page.ended(false));
            }
        }
    }
}

impl AuditLog {
    /// Adds entries; returns when they are durable.
    ///
    /// # Errors
    /// When the journal fails, or is there no more.
    pub(crate) async fn write(&self, entries: Vec<(AccountId, Entry)>) -> Result<(), JournalError> {
        let Some(journal) = self.0.upgrade() else {
            return Err(JournalError("the host has stopped".into()));
        };
        let rows = entries.into_iter();
        let rows = rows.map(|(account, entry)| audit_row(&account, entry));
        journal.note(rows.collect()).await
    }
}

/// A page that is being filled.
struct Looking<'a> {
    query: &'a AuditQuery,
    entries: Vec<Entry>,
    bytes: usize,
    looked_at: usize,
    last: u64,
}

impl<'a> Looking<'a> {
    fn for_(query: &'a AuditQuery) -> Self {
        Self {
            query,
            entries: Vec::new(),
            bytes: 0,
            looked_at: 0,
            last: query.after,
        }
    }

    fn start(&self) -> AuditStart {
        AuditStart {
            after: self.last,
            since_ms: self.query.since.map_or(0, times::unix_ms),
        }
    }

    fn is_full(&self) -> bool {
        self.entries.len() >= AUDIT_PAGE_ENTRIES_MAX
            || self.looked_at >= AUDIT_PAGE_LOOKED_AT_MAX
            || self.bytes >= AUDIT_PAGE_BYTES_MAX
    }

    fn look_at(
        &mut self,
        number: u64,
        row: &AuditRow,
        account: &AccountId,
    ) -> Result<(), JournalError> {
        (self.last, self.looked_at) = (number, self.looked_at + 1);
        let is_kind = !self.query.is_refused || row.kind == AuditKind::Refusal;
        if row.account != *account || !is_kind {
            return Ok(());
        }
        let entry = audit_entry(row.at_ms, &row.row).map_err(|problem| {
            JournalError(format!(
                "the entry {number} of the audit log cannot be read: {problem}"
            ))
        })?;
        if self.query.wants(&entry) {
            self.bytes += row.row.0.len();
            self.entries.push(entry);
        }
        Ok(())
    }

    fn ended(self, has_more: bool) -> AuditPage {
        AuditPage {
            entries: self.entries,
            next: self.last,
            has_more,
        }
    }
}

impl AuditQuery {
    fn wants(&self, entry: &Entry) -> bool {
        let Self {
            after: _,
            since,
            until,
            principal,
            operation,
            function,
            is_refused: _,
        } = self;
        since.is_none_or(|since| entry.at >= since)
            && until.is_none_or(|until| entry.at < until)
            && principal
                .as_ref()
                .is_none_or(|name| is_called(&entry.principal, name))
            && operation
                .as_ref()
                .is_none_or(|name| entry.operation == *name)
            && function
                .as_ref()
                .is_none_or(|function| entry.function.as_ref() == Some(function))
    }
}

/// Whether `name` is a principal's ARN, or the last part of it.
fn is_called(principal: &str, name: &str) -> bool {
    principal == name
        || principal
            .rsplit_once('/')
            .is_some_and(|(_, last)| last == name)
}
