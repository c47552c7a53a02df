//! What a guest may hold and use, one and all together.

use std::time::Duration;

/// Sandboxes beyond the invocations that may run: a sandbox lives a little longer than its call.
pub(crate) const SANDBOXES_SPARE: u32 = 24;

/// Core modules that one component may instantiate; a real one has a handful.
pub(crate) const CORE_INSTANCES_MAX: u32 = 32;

/// Linear memories of one invocation; a real component has one.
pub(crate) const MEMORIES_MAX: u32 = 4;

/// Tables of one invocation; a real component has two or three.
pub(crate) const TABLES_MAX: u32 = 16;

/// Elements of one table: interpreters compiled to wasm have tens of thousands.
pub(crate) const TABLE_ELEMENTS_MAX: usize = 100_000;

/// Stack of a guest's own frames.
pub(crate) const WASM_STACK_BYTES_MAX: usize = 512 * 1024;

/// Stack of a guest's fiber: its own frames and those of the host calls on top of them.
pub(crate) const FIBER_STACK_BYTES: usize = 1024 * 1024;

/// What a slot keeps of a memory between two guests. `sparkler build` links guests to fit.
pub(crate) const KEEP_RESIDENT_BYTES: usize = 256 * 1024;

/// What a slot keeps of a table between two guests.
pub(crate) const TABLE_KEEP_RESIDENT_BYTES: usize = 64 * 1024;

/// One linear memory: what addresses of 32 bits reach.
pub(crate) const MEMORY_BYTES_MAX: usize = 4 << 30;

/// What the host keeps of one instance beside its memories and tables. Interpreters compiled to wasm
/// have tens of thousands of functions, each with an entry.
pub(crate) const INSTANCE_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Share of the memory that there is for this process, in percent, that all guests may hold together.
pub(crate) const GUEST_MEMORY_PERCENT_MAX: u64 = 75;

/// Share of what all guests may hold, in percent, that is set aside at most for what slots keep between two guests: of
/// memories, tables and stacks. That is a bound of what they may keep, which hardly ever all of them do; what the process
/// really takes is looked at besides.
pub(crate) const KEPT_PERCENT_MAX: u64 = 10;

/// What guests leave to the host at least, where there is so much: its own memory, callers' requests and answers, and
/// what the system keeps for both.
pub(crate) const HOST_MEMORY_BYTES_MIN: u64 = 256 * 1024 * 1024;

/// Guests that hold no more are small: most do not, and they are let in where larger ones are not.
pub(crate) const SMALL_GUEST_BYTES: u64 = 8 * 1024 * 1024;

/// Share of what all guests may hold, in percent, that is for small ones alone.
pub(crate) const SMALL_GUESTS_PERCENT: u64 = 3;

/// What guests take before it is looked at again what the process really takes.
pub(crate) const RESIDENT_UNSEEN_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How long ago that may have been where a guest takes more that is not small.
pub(crate) const RESIDENT_UNSEEN_DURATION_MAX: Duration = Duration::from_millis(10);

/// How long it is remembered, and up to twice as long, what the process took beside what guests hold. A guest may let pass
/// so much time before it writes what it holds.
pub(crate) const UNCOUNTED_REMEMBERED: Duration = Duration::from_secs(60);

/// How often the allocator is asked for what it keeps, while that is in the way of guests.
pub(crate) const KEPT_MEMORY_ASKED_INTERVAL: Duration = Duration::from_millis(250);

/// Portions in which a guest takes of the memory of all: its counter is touched about once an invocation.
pub(crate) const GUEST_MEMORY_PORTION_BYTES: u64 = 256 * 1024;

/// Guests of which more is copied to set one up never run on the threads that serve callers: nothing interrupts it.
pub(crate) const INLINE_COPY_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// How often a running guest looks at its deadline. A guest that has not answered by its second
/// tick leaves the thread that serves the caller.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Bytes that one host call may copy out of a guest: its answer is the largest of them.
pub(crate) const HOSTCALL_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Host objects (streams, pollables …) that a guest may hold at once.
pub(crate) const GUEST_HANDLES_MAX: usize = 4_096;

/// Host objects for which there are places once there is the first: few guests have more.
pub(crate) const GUEST_HANDLES_MIN: usize = 32;

/// What one counts for, beside the bytes in it: its place in tables that double as they grow, its box, and what
/// belongs together with it.
pub(crate) const GUEST_HANDLE_BYTES: usize = 512;

/// What an entry counts for in a list of what a guest waits for, while it does: each is a future.
pub(crate) const GUEST_POLLED_BYTES: usize = 256;

/// Random bytes that a guest may ask for in one call.
pub(crate) const RANDOM_BYTES_MAX: u64 = 64 * 1024;

/// Bytes of one set of HTTP headers that a guest sends or is given.
pub(crate) const GUEST_HTTP_FIELDS_BYTES_MAX: usize = 64 * 1024;

/// What a header counts for beside the bytes of its name and its value: its place in tables that double as they grow,
/// and the two pieces of memory that it has.
pub(crate) const GUEST_HTTP_FIELD_BYTES: usize = 256;

/// What a body that a guest writes counts for beside what it has written: its two ends, and what lies between.
pub(crate) const GUEST_HTTP_BODY_BYTES: usize = 4 * 1024;

/// Bytes of a body for HTTP that a guest may write in one call; two such pieces wait at most.
pub(crate) const GUEST_HTTP_CHUNK_BYTES_MAX: usize = 64 * 1024;

/// HTTP requests of one invocation that are under way at once, until their responses were read.
pub(crate) const OUTBOUND_REQUESTS_OF_INVOCATION_MAX: usize = 32;

/// What the connection of a request that is under way keeps: what was read of its response and not taken yet, the head
/// of the request, and as much again for encryption.
pub(crate) const OUTBOUND_CONNECTION_BYTES: usize = 128 * 1024;

/// HTTP requests of all guests that are under way at once; those above it wait. Each has a connection,
/// which is a file to the system.
pub(crate) const OUTBOUND_REQUESTS_MAX: usize = 512;

/// Names that are resolved at once: each takes a thread, which the system's resolver may keep for long.
pub(crate) const OUTBOUND_LOOKUPS_MAX: usize = 32;

/// Addresses of a name that are tried.
pub(crate) const OUTBOUND_ADDRESSES_MAX: usize = 8;

/// Time for resolving a name and connecting to it, where a guest does not ask for less.
pub(crate) const OUTBOUND_CONNECT_DURATION_MAX: Duration = Duration::from_secs(30);

/// Status line and headers of a response to a guest's request; more than that is an error.
pub(crate) const OUTBOUND_RESPONSE_HEAD_BYTES_MAX: usize = 64 * 1024;

/// Bytes of the bodies that one invocation may receive: more than the memory of most functions.
pub(crate) const OUTBOUND_RECEIVED_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Bytes of the bodies that one invocation may send.
pub(crate) const OUTBOUND_SENT_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// How long a kept connection may take to be ready for the next request: it is, or it is of no use.
pub(crate) const OUTBOUND_READY_WAIT_MAX: Duration = Duration::from_millis(100);

/// Connections that are kept open for the next request of one function.
pub(crate) const OUTBOUND_IDLE_OF_FUNCTION_MAX: usize = 16;

/// Connections that are kept open for the next requests of all functions.
pub(crate) const OUTBOUND_IDLE_MAX: usize = 256;

/// How long a connection is kept open for the next request. Most servers close theirs after a minute.
pub(crate) const OUTBOUND_IDLE_DURATION_MAX: Duration = Duration::from_secs(30);

/// How often kept connections are looked through for those that were kept for too long.
pub(crate) const OUTBOUND_IDLE_SWEEP_INTERVAL: Duration = Duration::from_secs(10);

/// Rules of one function that are noted where the host learns what functions need.
pub(crate) const LEARNED_RULES_OF_FUNCTION_MAX: usize = 128;

/// Functions of which it is noted what they need.
pub(crate) const LEARNED_FUNCTIONS_MAX: usize = 1_000;

/// Files, folders and streams that a guest may hold open at once: each is a descriptor of the host, or a
/// buffer.
pub(crate) const GUEST_FILES_OPEN_MAX: usize = 256;

/// What one counts for in memory, beside what is read or written: what the system keeps of it.
pub(crate) const GUEST_FILE_BYTES: usize = 2 * 1024;

/// Share of the descriptors of the host's process, in percent, that all guests may hold together.
pub(crate) const GUEST_FILES_OPEN_PERCENT_MAX: u64 = 50;

/// Bytes that one call reads from a file.
pub(crate) const FILE_READ_BYTES_MAX: usize = 64 * 1024;

/// Bytes that are read from a file before the guest asked for them, because it waits for some.
pub(crate) const FILE_READ_AHEAD_BYTES: usize = 4 * 1024;

/// Bytes that one call writes to a file through a stream.
pub(crate) const FILE_WRITE_BYTES_MAX: usize = 64 * 1024;

/// Entries of a folder that are read ahead of the guest.
pub(crate) const FOLDER_ENTRIES_READ_AHEAD: usize = 64;

/// What a folder that is being read counts for: those entries, and what the system's library reads ahead of them.
pub(crate) const FOLDER_READ_AHEAD_BYTES: usize = 64 * 1024;

/// Longest path of a file: the system takes none that is longer.
pub(crate) const PATH_BYTES_MAX: usize = 4_096;

/// How long a write into `/tmp` waits for room that is being cleared.
pub(crate) const TMP_REMOVAL_WAIT_MAX: Duration = Duration::from_secs(10);

/// Files, folders and links in `/tmp` of one invocation: each must be removed after it.
pub(crate) const TMP_ENTRIES_MAX: u64 = 16_384;

/// Files, folders and links in `/tmp` of all invocations together.
pub(crate) const TMP_TOTAL_ENTRIES_MAX: u64 = 1024 * 1024;

/// Bytes in `/tmp` of all invocations together.
pub(crate) const TMP_TOTAL_BYTES_MAX: u64 = 64 * 1024 * 1024 * 1024;

/// Share of what is free where `/tmp` is kept, in percent, that all invocations may fill together.
pub(crate) const TMP_FREE_PERCENT_MAX: u64 = 50;

/// Share of what all guests may hold, in percent, that is set aside for `/tmp` where it is in memory: half of it for bytes,
/// and half for names.
pub(crate) const TMP_MEMORY_PERCENT_MAX: u64 = 10;

/// What a name in `/tmp` takes of memory beside the bytes of the file: the rest of a page, and what the system keeps.
pub(crate) const TMP_MEMORY_OF_ENTRY_BYTES: u64 = 8 * 1024;

/// One secret.
pub(crate) const SECRET_BYTES_MAX: usize = 64 * 1024;

/// Secrets and lines of secrets that are shorter are not masked in logs: they would hide words.
pub(crate) const SECRET_MASKED_BYTES_MIN: usize = 6;

/// Versions whose folders and secrets are kept at hand; beyond that they are looked up again.
pub(crate) const GRANTS_KEPT_MAX: usize = 1_024;

/// Text that a guest gives as its error: type, message and frames of the stack together.
pub(crate) const FUNCTION_ERROR_TEXT_BYTES_MAX: usize = 256 * 1024;

/// Frames of the stack that a guest gives with its error.
pub(crate) const FUNCTION_ERROR_FRAMES_MAX: usize = 256;

/// Functions that are kept loaded; those used longest ago make room for others.
pub(crate) const LOADED_FUNCTIONS_MAX: usize = 1_024;

/// How long a sandbox that may be reused is kept idle.
pub(crate) const IDLE_DURATION_MAX: Duration = Duration::from_secs(600);

/// How often idle sandboxes are looked through for those that were idle for too long.
pub(crate) const IDLE_SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// Idle sandboxes of one version.
pub(crate) const IDLE_SANDBOXES_OF_VERSION_MAX: usize = 256;

/// Idle sandboxes of all functions together. Each keeps its memory.
pub(crate) const IDLE_SANDBOXES_MAX: usize = 512;

/// How long an admitted invocation waits for a sandbox that is being cleaned.
pub(crate) const SANDBOX_WAIT_MAX: Duration = Duration::from_secs(5);

/// How long provisioned concurrency is shown as in progress at least: a caller who asks right after a
/// change sees that something goes on, as in AWS.
pub(crate) const PROVISIONING_SHOWN_MIN: Duration = Duration::from_millis(50);

/// How long a sandbox that is prepared counts as one of the few that are set up at once. One that takes longer goes on
/// beside them, as invocations do.
pub(crate) const PREPARING_DURATION: Duration = Duration::from_secs(1);

/// Pause before sandboxes are prepared again that the host had no room for.
pub(crate) const PROVISIONING_RETRY_PAUSE: Duration = Duration::from_secs(10);
