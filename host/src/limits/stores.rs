//! What is kept of functions, and the disk that it is kept on.

use std::time::Duration;

/// All packages of the account together, as AWS documents it.
pub(crate) const CODE_STORAGE_BYTES_MAX: u64 = 80_530_636_800;

/// Share of its file system, in percent, that a data directory may take where its owner does not say how much:
/// others have things there, too.
pub(crate) const DATA_PERCENT_MAX: u64 = 80;

/// Share of what all guests may hold, in percent, that a data directory may take which lies in memory: they need that
/// memory, too.
#[cfg(feature = "storage")]
pub(crate) const DATA_MEMORY_PERCENT_MAX: u64 = 50;

/// Smallest budget of a data directory: a host with less cannot do anything of use.
pub(crate) const DATA_BYTES_MIN: u64 = 16 * 1024 * 1024;

/// What packages and snapshots may take of the budget, in percent. With the shares that follow, and the logs of
/// the databases, a tenth is left for rows and indexes, the reserve and compiled code, which also takes whatever the
/// others do not.
pub(crate) const DATA_CODE_PERCENT_MAX: u64 = 50;

/// What the payloads of events that wait may take of the budget, in percent.
pub(crate) const DATA_EVENTS_PERCENT_MAX: u64 = 20;

/// What the payloads of dead events may take of the budget, in percent.
pub(crate) const DATA_DEAD_EVENTS_PERCENT_MAX: u64 = 5;

/// What logs may take of the budget, in percent.
pub(crate) const DATA_LOGS_PERCENT_MAX: u64 = 10;

/// What a small event takes on disk, with its row and the indexes.
pub(crate) const DATA_BYTES_OF_EVENT_MIN: u64 = 1024;

/// What the log of one database may take of the budget, in percent, before it is copied into the database.
pub(crate) const DATA_WAL_PERCENT_MAX: u64 = 2;

/// Pages of the log of a database, at least: with fewer, each change would cost more syncs.
pub(crate) const DATA_WAL_PAGES_MIN: u64 = 64;

/// What must stay free in the file system of the data directory, for whatever else has to write there; in a small
/// one, [`DISK_FREE_PERCENT_MIN`] of it.
pub(crate) const DISK_FREE_BYTES_MIN: u64 = 256 * 1024 * 1024;

/// As [`DISK_FREE_BYTES_MIN`], in percent of the file system.
pub(crate) const DISK_FREE_PERCENT_MIN: u64 = 5;

/// How long what was seen of the disk is believed; what is promised meanwhile is counted.
pub(crate) const DISK_LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// What is set aside so that deleting works on a full disk: the log of a database grows by the pages that a
/// transaction changes, which are some hundred where a thousand events are removed.
pub(crate) const RESERVE_BYTES: u64 = 8 * 1024 * 1024;

/// As [`RESERVE_BYTES`], in percent of the file system.
pub(crate) const RESERVE_PERCENT_MAX: u64 = 8;

/// What stays free where what is set aside cannot be made whole: whatever runs on writes a little.
pub(crate) const RESERVE_SPARE_BYTES: u64 = 128 * 1024;

/// Largest catalog whose database is checked as a whole at every start; a larger one only after an
/// unclean stop, since the check reads every page.
pub(crate) const CATALOG_CHECK_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Published versions of one function. AWS bounds only the storage of their code; here each change of a
/// function looks at all of its versions.
pub(crate) const VERSIONS_PER_FUNCTION_MAX: usize = 10_000;

/// Aliases of one function, which AWS does not bound; here each change of a function looks at all of them.
pub(crate) const ALIASES_PER_FUNCTION_MAX: usize = 10_000;

/// How long a change of a function is tried, while it is not known whether it was made or others come first.
pub(crate) const CHANGE_DURATION_MAX: Duration = Duration::from_secs(15);

/// Commits that are remembered, so that one which is sent again is not made again: far more than can be made
/// within [`CHANGE_DURATION_MAX`] by those who wait for an answer.
pub(crate) const RECENT_COMMITS_MAX: usize = 16_384;

/// How long a host that has stopped still counts as being at work, where hosts share their functions.
pub(crate) const LEASE_DURATION: Duration = Duration::from_secs(30);

/// Bytes of a policy's JSON, as AWS documents it.
pub const POLICY_BYTES_MAX: usize = 20 * 1024;

/// Steps of comparing texts with patterns that one decision may take, some milliseconds of work. Policies that
/// people write take some thousand.
pub(crate) const POLICY_STEPS_MAX: usize = 4_000_000;
