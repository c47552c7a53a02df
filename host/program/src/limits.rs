//! The bounds of the program, each with its unit and its reason. Those of the host are the library's.

use std::time::Duration;

/// Largest answer that the command line's client reads: far above any that the API gives.
pub(crate) const CLIENT_ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Largest project file: each function takes some hundred bytes of it.
pub(crate) const PROJECT_FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How long memory that was freed is kept at most. A host under load asks for it again before that, and has it at hand;
/// to look for what is free takes some microseconds.
pub(crate) const FREED_MEMORY_KEPT_MAX: Duration = Duration::from_secs(10);

/// How long the client waits for a connection.
pub(crate) const CLIENT_CONNECT_MAX: Duration = Duration::from_secs(5);

/// How long the client waits for an answer: the longest invocation, and a minute for the way.
pub(crate) const CLIENT_WAIT_MAX: Duration = Duration::from_secs(900 + 60);

/// How long a deployment may take to become ready: longer than any compilation.
pub(crate) const DEPLOYMENT_WAIT_MAX: Duration = Duration::from_secs(3_600 + 60);
