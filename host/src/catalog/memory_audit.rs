//! The audit log of a host that keeps nothing.

use std::collections::VecDeque;

use super::audit::{AuditBounds, oldest_ms};
use super::journal::{AuditKind, AuditRow, AuditStart};
use crate::limits::AUDIT_MEMORY_BYTES_MAX;

/// Entries by kind, each in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct MemoryAudit {
    changes: Entries,
    refusals: Entries,
    last: u64,
}

#[derive(Debug, Default)]
struct Entries {
    all: VecDeque<(u64, AuditRow)>,
    bytes: u64,
}

impl MemoryAudit {
    pub(super) fn add(&mut self, row: AuditRow) {
        self.last += 1;
        let bytes_max = AuditBounds::of(AUDIT_MEMORY_BYTES_MAX).bytes_max(row.kind);
        let number = self.last;
        let entries = match row.kind {
            AuditKind::Change => &mut self.changes,
            AuditKind::Refusal => &mut self.refusals,
        };
        entries.add(number, row, bytes_max);
    }

    /// Up to `max` entries, in their order.
    pub(super) fn read(&self, start: AuditStart, max: usize) -> Vec<(u64, AuditRow)> {
        let both = [&self.changes, &self.refusals].into_iter();
        let mut read: Vec<_> = both.flat_map(|entries| entries.read(start, max)).collect();
        read.sort_by_key(|(number, _)| *number);
        read.truncate(max);
        read
    }
}

impl Entries {
    fn add(&mut self, number: u64, row: AuditRow, bytes_max: u64) {
        let oldest_ms = oldest_ms(row.at_ms);
        self.bytes += row.bytes();
        self.all.push_back((number, row));
        while let Some((_, oldest)) = self.all.front()
            && (self.bytes > bytes_max || oldest.at_ms < oldest_ms)
            && self.all.len() > 1
        {
            self.bytes -= oldest.bytes();
            self.all.pop_front();
        }
    }

    fn read(&self, start: AuditStart, max: usize) -> impl Iterator<Item = (u64, AuditRow)> {
        let AuditStart { after, since_ms } = start;
        let from = self.all.partition_point(|(number, _)| *number <= after);
        let rest = self.all.range(from..).cloned();
        rest.filter(move |(_, row)| row.at_ms >= since_ms).take(max)
    }
}
