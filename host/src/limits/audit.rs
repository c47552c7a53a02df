//! What is kept of who did what, and of who was refused.

use std::time::Duration;

/// The audit log of a data directory, in bytes: at some 400 for each entry some 80,000 of them. The database that it is
/// in is checked as a whole at each start, which takes longer the larger it is.
pub(crate) const AUDIT_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// The same, in percent of the budget of a data directory.
pub(crate) const DATA_AUDIT_PERCENT_MAX: u64 = 1;

/// The audit log of a host that keeps nothing, in bytes: for looking at what has just happened.
pub(crate) const AUDIT_MEMORY_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What refusals may take of the audit log, in percent: strangers make them, and must not push out changes.
pub(crate) const AUDIT_REFUSALS_PERCENT_MAX: u64 = 25;

/// How long entries are kept, as AWS keeps the history of events.
pub(crate) const AUDIT_AGE_MAX: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// What an entry takes beside its own text: the columns of its row, and its place in the index.
pub(crate) const AUDIT_ROW_BYTES: u64 = 64;

/// Entries that are removed behind one that is added, while there are too many: few, so that no change waits for it,
/// and more than one, so that it comes to an end.
pub(crate) const AUDIT_REMOVED_AT_ONCE_MAX: usize = 64;

/// A text of an entry, such as a value before or after. ARNs of functions are shorter.
pub(crate) const AUDIT_TEXT_BYTES_MAX: usize = 256;

/// The beginning of an id of a key that nobody knows: it tells one from another, and if somebody sends a secret in its
/// place, it tells too little of that.
pub(crate) const AUDIT_UNKNOWN_KEY_BYTES_MAX: usize = 8;

/// Members that one entry says to have changed. A function has some forty, and may have more variables.
pub(crate) const AUDIT_CHANGES_MAX: usize = 100;

/// What the changes of one entry take together: more than any but a function with long tags.
pub(crate) const AUDIT_CHANGES_BYTES_MAX: usize = 8 * 1024;

/// Refusals that are noted in one batch; of the network that has the most of them some are counted for others.
pub(crate) const AUDIT_REFUSALS_MAX: usize = 64;

/// Refusals of one source among them, those that are not alike: one that tries everything leaves room for others.
pub(crate) const AUDIT_REFUSALS_OF_SOURCE_MAX: usize = 8;

/// How long refusals gather until they are written together.
pub(crate) const AUDIT_REFUSALS_INTERVAL: Duration = Duration::from_secs(1);

/// Entries of one page of the audit log.
pub(crate) const AUDIT_PAGE_ENTRIES_MAX: usize = 100;

/// Entries that are looked through for one page; where there are more, the page leads on.
pub(crate) const AUDIT_PAGE_LOOKED_AT_MAX: usize = 4_000;

/// What entries of one page take together, where there are large ones among them.
pub(crate) const AUDIT_PAGE_BYTES_MAX: usize = 512 * 1024;

/// Entries that are read from the store at once: it does nothing else meanwhile.
pub(crate) const AUDIT_READ_AT_ONCE_MAX: usize = 500;

/// How far the times of entries may be out of order: what gathers before it is written is written behind what
/// happened later.
pub(crate) const AUDIT_DISORDER_MAX: Duration = Duration::from_secs(60);
