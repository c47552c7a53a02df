//! Who was refused, as far as the audit log tells of it.

use super::Page;
use crate::contract::refusal_log::RefusalFigures;

impl Page {
    pub(super) fn refusals(&mut self, figures: RefusalFigures) {
        self.single_counter(
            "sparkler_audit_refusals_noted_total",
            "Refused requests that entries of the audit log tell of.",
            figures.noted,
        );

        self.single_counter(
            "sparkler_audit_refusals_dropped_total",
            "Refused requests that it does not tell of: they were too many at once, or could not be written.",
            figures.dropped,
        );
    }
}
