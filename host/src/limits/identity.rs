//! What is read of those who say who they are, and how much of it is believed.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Longest header `Authorization` that is taken apart: a key, a scope, a signature and the names of some fifty headers.
pub(crate) const AUTHORIZATION_BYTES_MAX: usize = 4 * 1024;

/// Headers that one signature may cover. AWS's clients sign about ten.
pub(crate) const SIGNED_HEADERS_MAX: usize = 64;

/// How far a client's clock may be off, either way, as Lambda enforces it.
pub(crate) const CLOCK_SKEW_MAX: Duration = Duration::from_secs(300);

/// How long a presigned address may be good for, as AWS documents it: seven days.
pub(crate) const PRESIGNED_SECONDS_MAX: u32 = 604_800;

/// Keys that are derived from one secret and kept: two days around midnight, for each service that is spoken here, one
/// of which is spoken for two regions.
pub(crate) const DERIVED_KEYS_MAX: usize = 8;

/// Largest file of keys: some thousands of users with two keys each.
pub(crate) const KEYS_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Largest file with one secret, or one policy that a file of keys names. AWS's managed policies have 6 KB.
pub(crate) const KEYS_PART_BYTES_MAX: u64 = 64 * 1024;

/// Each account besides the host's own has one of so many shares of what the host keeps of logs, of packages and of events
/// that wait, where its quota says nothing else.
pub(crate) const ACCOUNT_SHARES: u64 = 8;

/// Accounts that a host has: each has threads and tasks of its own.
pub(crate) const ACCOUNTS_MAX: usize = 1_000;

/// Keys that a host knows.
pub(crate) const KEYS_MAX: usize = 10_000;

/// Keys that a user may have: one that is in use, and one that takes its place.
pub const KEYS_OF_USER_MAX: usize = 2;

/// How often the files of keys, and those of TLS, are looked at for a change.
pub(crate) const KEYS_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Requests under unknown keys, in a second, that one source is taken seriously for. Beyond it they get the same answer
/// without any arithmetic.
pub(crate) const UNKNOWN_KEYS_PER_SECOND_MAX: u32 = 10;

/// Sources that are told apart for that. Those that have been quiet for long are forgotten first.
pub(crate) const FAILING_SOURCES_MAX: usize = 4_096;

/// Roles that a host knows.
pub(crate) const ROLES_MAX: usize = 10_000;

/// How long a session of a role lasts where nothing else is asked for, and how long where its role says nothing, as AWS
/// has both.
pub(crate) const SESSION_SECONDS: u32 = 3_600;

/// How long sessions may last, as AWS has it: from a quarter of an hour to twelve hours.
pub(crate) const SESSION_SECONDS_RANGE: RangeInclusive<u32> = 900..=43_200;

/// How long a session may last that was begun by another session, as AWS has it: so whoever has found the key of one has
/// to come back for more.
pub(crate) const CHAINED_SESSION_SECONDS_MAX: u32 = 3_600;

/// Longest policy of a session, as AWS has it.
pub(crate) const SESSION_POLICY_CHARS_MAX: usize = 2_048;

/// Longest token of a session that is looked at: the longest policy, of which each character may take two bytes, and
/// some names, in base64.
pub(crate) const SESSION_TOKEN_BYTES_MAX: usize = 8 * 1024;

/// Sessions that are kept ready, with the keys that were derived for them, until as many others came. A session that is
/// none of them is made again from its token, in some microseconds.
pub(crate) const SESSIONS_KEPT_MAX: usize = 512;

/// Largest form with the parameters of an operation: the longest policy, where each of its bytes is encoded as three,
/// and all else at its longest.
pub(crate) const FORM_REQUEST_BYTES_MAX: usize = 32 * 1024;

/// Parameters that a form may have. No operation here has as many as ten.
pub(crate) const FORM_PARAMETERS_MAX: usize = 64;
