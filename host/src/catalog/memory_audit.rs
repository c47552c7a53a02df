//! The audit log of a host that keeps nothing.

use std::collections::VecDeque;

use super::audit::{AuditBounds, TakenByKind, oldest_ms};
use super::journal::{AuditKind, AuditRow, AuditStart, Numbered};
use crate::limits::AUDIT_MEMORY_BYTES_MAX;

/// Entries by kind, each in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct MemoryAudit {
    by_kind: [Entries; AuditKind::ALL.len()],
    last: u64,
}

#[derive(Debug, Default)]
struct Entries {
    all: VecDeque<(u64, AuditRow)>,
    taken: TakenByKind,
}

impl MemoryAudit {
    pub(super) fn add(&mut self, row: AuditRow) {
        self.last += 1;
        let bytes_max = AuditBounds::of(AUDIT_MEMORY_BYTES_MAX).bytes_max(row.kind);
        self.by_kind[row.kind as usize].add(self.last, row, bytes_max);
    }

    /// Up to `max` entries, in their order.
    pub(super) fn read(&self, start: AuditStart, max: usize) -> Numbered {
        let kinds = self.by_kind.iter();
        let mut read: Vec<_> = kinds.flat_map(|entries| entries.read(start, max)).collect();
        read.sort_by_key(|(number, _)| *number);
        read.truncate(max);
        read
    }
}

impl Entries {
    fn add(&mut self, number: u64, row: AuditRow, bytes_max: u64) {
        let oldest_ms = oldest_ms(row.at_ms);
        self.taken.add(&row.account, row.bytes());
        while let Some(at) = self.to_go(oldest_ms, bytes_max)
            && let Some((_, gone)) = self.all.remove(at)
        {
            self.taken.remove(&gone.account, gone.bytes());
        }
        self.all.push_back((number, row));
    }

    /// Where one is that is too old, or too much.
    fn to_go(&self, oldest_ms: u64, bytes_max: u64) -> Option<usize> {
        let (_, oldest) = self.all.front()?;
        if oldest.at_ms < oldest_ms {
            return Some(0);
        }
        if self.taken.bytes() <= bytes_max {
            return None;
        }
        let largest = self.taken.largest()?;
        self.all.iter().position(|(_, row)| row.account == *largest)
    }

    fn read(&self, start: AuditStart, max: usize) -> impl Iterator<Item = (u64, AuditRow)> {
        let AuditStart { after, since_ms } = start;
        let from = self.all.partition_point(|(number, _)| *number <= after);
        let rest = self.all.range(from..).cloned();
        rest.filter(move |(_, row)| row.at_ms >= since_ms).take(max)
    }
}
