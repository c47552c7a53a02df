//! Every bound of the host, with its unit in its name and the reason for its value.

use std::time::Duration;

/// Largest event of a synchronous invocation, as AWS documents it.
pub const SYNC_PAYLOAD_BYTES_MAX: usize = 6 * 1024 * 1024;

/// Largest answer of a synchronous invocation: 6 MB and 100 bytes, as AWS enforces it.
pub(crate) const RESPONSE_BYTES_MAX: usize = 6 * 1024 * 1024 + 100;

/// Largest response that is streamed, as AWS documents it.
pub(crate) const STREAM_BYTES_MAX: usize = 200 * 1024 * 1024;

/// What of a streamed response is on its way to a caller that does not read: a guest that has written so
/// much waits.
pub(crate) const STREAM_BUFFER_BYTES_MAX: usize = 64 * 1024;

/// Largest client context, in bytes of base64, as AWS documents it.
pub const CLIENT_CONTEXT_BASE64_BYTES_MAX: usize = 3_583;

/// The log tail that an answer carries on request, as AWS documents it.
pub(crate) const LOG_TAIL_BYTES_MAX: usize = 4 * 1024;

/// Largest body of CreateFunction and UpdateFunctionCode, as AWS enforces it.
pub(crate) const DEPLOY_REQUEST_BYTES_MAX: usize = 70_167_211;

/// Largest body of any other control-plane call: AWS bounds all members, none comes near.
pub(crate) const CONTROL_REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// Largest package that is uploaded in a request, as AWS documents it.
pub const PACKAGE_BYTES_MAX: u64 = 50 * 1024 * 1024;

/// Largest sum of the files in a package, as AWS documents it; so also the largest component.
pub(crate) const UNZIPPED_BYTES_MAX: u64 = 250 * 1024 * 1024;

/// How long whoever reads a pipe or a device that somebody has named waits for what is written into it.
pub(crate) const NAMED_FILE_WAIT_MAX: Duration = Duration::from_secs(10);

/// Files in one package: far above what a package of one component needs.
pub(crate) const PACKAGE_ENTRIES_MAX: usize = 10_000;

/// All packages of the account together, as AWS documents it.
pub(crate) const CODE_STORAGE_BYTES_MAX: u64 = 80_530_636_800;

/// Share of its file system, in percent, that a data directory may take where its owner does not say how much:
/// others have things there, too.
pub(crate) const DATA_PERCENT_MAX: u64 = 80;

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

/// Compact JSON of all variables of a function, as AWS documents it.
pub const ENVIRONMENT_BYTES_MAX: usize = 4 * 1024;

/// Deployments that are unpacked and checked at once: each may hold a package and the component in it.
pub(crate) const CONCURRENT_DEPLOYS_MAX: usize = 4;

/// Largest catalog whose database is checked as a whole at every start; a larger one only after an
/// unclean stop, since the check reads every page.
pub(crate) const CATALOG_CHECK_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Invocations that run at once, the concurrency that AWS gives an account by default.
pub const CONCURRENT_INVOCATIONS_MAX: u32 = 1_000;

/// Address space of the process that compiles a component.
pub(crate) const COMPILE_MEMORY_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Time that passes while one component is checked, and while it is compiled: a busy machine must not make one
/// fail that is harmless, so what bounds a compilation is `COMPILE_CPU_SECONDS_MAX`. This is far behind it, for a
/// machine that gives it a fifteenth of a processor.
pub const COMPILE_DURATION_MAX: Duration = Duration::from_secs(3_600);

/// Compiled code of one component: cranelift's output is a small multiple of its input.
pub(crate) const ARTIFACT_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// What compiled code is taken to be larger than its component, where it is not compiled yet and must have room.
pub(crate) const ARTIFACT_BYTES_OF_COMPONENT_BYTE: u64 = 2;

/// Levels that the objects and arrays of an event may be nested, as AWS's parser enforces it.
pub(crate) const EVENT_NESTING_MAX: usize = 1_000;

/// Start line and headers of one request: the client context alone may have 3,583 bytes.
pub(crate) const REQUEST_HEAD_BYTES_MAX: usize = 64 * 1024;

/// Headers of one request: as many as its head has room for where each has some 64 bytes, as real ones have. Of
/// smaller ones far more would fit, and each is kept as some 100 bytes, however small it is.
pub(crate) const REQUEST_HEADERS_MAX: usize = REQUEST_HEAD_BYTES_MAX / 64;

/// Headers and cookies of a response that a function gives through its URL: as large as those of a
/// request may be.
pub(crate) const URL_RESPONSE_HEAD_BYTES_MAX: usize = 64 * 1024;

/// Prelude of a streamed response: JSON takes more room than the head that it describes.
pub(crate) const URL_PRELUDE_BYTES_MAX: usize = 2 * URL_RESPONSE_HEAD_BYTES_MAX;

/// Client connections at once. Where there are as many, one that is idle ends for each that comes; where none is, the
/// new one is refused.
pub(crate) const CONNECTIONS_MAX: usize = 10_000;

/// Share of all connections, in percent, that one peer may have: others find room at once, and not only when what is
/// idle has ended.
pub(crate) const CONNECTIONS_OF_PEER_PERCENT_MAX: usize = 90;

/// Share of the descriptors of the host's process, in percent, that connections may take: fewer than
/// [`CONNECTIONS_MAX`] where there are few.
pub(crate) const CONNECTION_DESCRIPTORS_PERCENT_MAX: u64 = 40;

/// Time for the head of a request to arrive, so also the time that a connection may be idle: longer
/// than the 60 seconds for which clients keep theirs.
pub(crate) const REQUEST_HEAD_DURATION_MAX: Duration = Duration::from_secs(75);

/// How far the sender of a body may fall behind the least rate, so also the longest pause in it.
pub(crate) const BODY_LAG_MAX: Duration = Duration::from_secs(15);

/// Least rate of a body: one that is slower holds its memory for too long.
pub(crate) const BODY_BYTES_PER_SECOND_MIN: usize = 64 * 1024;

/// How long an answer may wait for its reader without getting on by a byte.
pub(crate) const WRITE_PAUSE_MAX: Duration = Duration::from_secs(30);

/// What is held for all callers together: bodies and heads as they arrive, and answers until they were read. Some
/// forty of the largest events or answers of one caller, who gets to the half.
pub(crate) const CALLERS_BYTES_MAX: usize = 512 * 1024 * 1024;

/// A peer that holds one of so many parts of [`CALLERS_BYTES_MAX`] and asks for more than there is has its share;
/// with less, it is the others who have taken it.
pub(crate) const PEER_PARTS_MAX: usize = 8;

/// What is read of a connection at once, and so what of it waits uncounted.
pub(crate) const READ_BYTES_MAX: usize = 32 * 1024;

/// What a connection buffers of requests and answers: room for a head, and for what came with its end.
pub(crate) const CONNECTION_BUFFER_BYTES_MAX: usize = REQUEST_HEAD_BYTES_MAX + READ_BYTES_MAX;

/// What is set aside for a streamed answer: what waits behind the function, and what the connection buffers.
pub(crate) const STREAM_HELD_BYTES: usize =
    2 * STREAM_BUFFER_BYTES_MAX + CONNECTION_BUFFER_BYTES_MAX;

/// Bodies and answers up to this size are not counted: with one for each of [`CONNECTIONS_MAX`] they are
/// bounded.
pub(crate) const SMALL_BYTES_MAX: usize = 16 * 1024;

/// What is read of a body that is not wanted, and thrown away, so that its sender gets to read the answer.
pub(crate) const DISCARDED_BODY_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Time for which a body that is not wanted is read and thrown away.
pub(crate) const DISCARDED_BODY_DURATION_MAX: Duration = Duration::from_secs(10);

/// Bodies from this size on are parsed outside the threads that serve connections.
pub(crate) const INLINE_PARSE_BYTES_MAX: usize = 256 * 1024;

/// Pause after the system refused to accept a connection, such as for want of descriptors.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Functions on one page of a list, as AWS gives them.
pub(crate) const LIST_PAGE_ITEMS_MAX: usize = 50;

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

/// How long an update is at least in progress, however little there is to do. AWS refuses a second update
/// meanwhile: a client that forgets to wait for the first should learn it here, and not there.
pub(crate) const UPDATE_DURATION_MIN: Duration = Duration::from_millis(50);

/// How long a package can be downloaded from the address that GetFunction gives, as AWS documents it.
pub(crate) const DOWNLOAD_ADDRESS_DURATION: Duration = Duration::from_secs(600);

/// What an error text repeats of a caller's value.
pub(crate) const QUOTED_VALUE_BYTES_MAX: usize = 2_048;

const _: () = assert!(2 * DEPLOY_REQUEST_BYTES_MAX < CALLERS_BYTES_MAX);
const _: () = assert!(SMALL_BYTES_MAX * CONNECTIONS_MAX < CALLERS_BYTES_MAX);
const _: () = assert!(SYNC_PAYLOAD_BYTES_MAX < RESPONSE_BYTES_MAX);
const _: () = assert!(PACKAGE_BYTES_MAX < UNZIPPED_BYTES_MAX);

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

/// What guests leave to the host at least, where there is so much: its own memory, callers' requests and answers, and
/// what the system keeps for both.
pub(crate) const HOST_MEMORY_BYTES_MIN: u64 = 256 * 1024 * 1024;

/// Guests that hold no more get their memory even where the allocator keeps what others gave back: most do not hold more,
/// and what was kept goes as they run.
pub(crate) const SMALL_GUEST_BYTES: u64 = 8 * 1024 * 1024;

/// What guests take before it is looked at again what the process really takes.
pub(crate) const RESIDENT_UNSEEN_BYTES_MAX: u64 = 16 * 1024 * 1024;

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

const _: () = assert!(OUTBOUND_REQUESTS_OF_INVOCATION_MAX < OUTBOUND_REQUESTS_MAX);
const _: () = assert!(OUTBOUND_IDLE_OF_FUNCTION_MAX < OUTBOUND_IDLE_MAX);
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

/// One secret.
pub(crate) const SECRET_BYTES_MAX: usize = 64 * 1024;

/// Secrets and lines of secrets that are shorter are not masked in logs: they would hide words.
pub(crate) const SECRET_MASKED_BYTES_MIN: usize = 6;

/// Versions whose folders and secrets are kept at hand; beyond that they are looked up again.
pub(crate) const GRANTS_KEPT_MAX: usize = 1_024;

/// Bytes that a guest may write to its log in one call.
pub(crate) const LOG_WRITE_BYTES_MAX: usize = 64 * 1024;

/// What is kept of the output of one invocation, its end: as much as one event of CloudWatch may have.
pub(crate) const INVOCATION_LOG_BYTES_MAX: usize = 256 * 1024;

/// Text that is kept of one invocation: its output and what the host writes around it.
pub(crate) const LOG_ENTRY_BYTES_MAX: usize = INVOCATION_LOG_BYTES_MAX + 64 * 1024;

/// Logs that wait to be written; what comes on top is dropped and counted.
pub(crate) const LOG_QUEUE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Groups whose dropped entries are counted one by one.
pub(crate) const LOG_DROPPED_GROUPS_MAX: usize = 1_024;

/// Logs up to this size are copied into the buffer of all that wait.
pub(crate) const LOG_TEXT_COPIED_BYTES_MAX: usize = 8 * 1024;

/// The largest such buffer that is kept for the next logs.
pub(crate) const LOG_TEXTS_KEPT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How long logs are collected before they are written together.
pub(crate) const LOG_BATCH_PAUSE: Duration = Duration::from_millis(5);

/// How long a reader waits for what was logged before it asked.
pub(crate) const LOG_FLUSH_WAIT_MAX: Duration = Duration::from_secs(2);

/// How often logs are looked through for what is too old.
pub(crate) const LOG_EXPIRY_PERIOD: Duration = Duration::from_secs(60);

/// A log is kept in pieces of this size, which are removed as a whole.
pub(crate) const LOG_SEGMENT_BYTES: u64 = 8 * 1024 * 1024;

/// What is kept of one log group; its oldest piece goes first.
pub(crate) const LOG_GROUP_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What is kept of all log groups; the oldest piece goes first.
pub(crate) const LOG_TOTAL_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// How long a log is kept.
pub(crate) const LOG_AGE_MAX: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// As [`LOG_SEGMENT_BYTES`], for logs that are kept in memory.
pub(crate) const MEMORY_LOG_SEGMENT_BYTES: u64 = 512 * 1024;

/// As [`LOG_GROUP_BYTES_MAX`], for logs that are kept in memory.
pub(crate) const MEMORY_LOG_GROUP_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// As [`LOG_TOTAL_BYTES_MAX`], for logs that are kept in memory.
pub(crate) const MEMORY_LOG_TOTAL_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Pieces of one log group: more than its size allows, since a piece that was damaged is not filled.
pub(crate) const LOG_GROUP_SEGMENTS_MAX: usize = 32;

/// Log groups: each costs a file and an entry in memory.
pub(crate) const LOG_GROUPS_MAX: usize = 50_000;

/// Log streams in one piece of a log, each an entry in memory.
pub(crate) const LOG_SEGMENT_STREAMS_MAX: usize = 1_024;

/// Distance of the places in a piece of a log from which it can be read.
pub(crate) const LOG_MARK_BYTES: u64 = 64 * 1024;

/// Bytes of a log that one request looks through; its answer says where to go on.
pub(crate) const LOG_SEARCH_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Time that one request looks through a log, beside the last piece of it; its answer says where to go
/// on. An expression can be slow.
pub(crate) const LOG_SEARCH_DURATION_MAX: Duration = Duration::from_secs(5);

/// Regular expressions in one filter pattern.
pub(crate) const LOG_PATTERN_EXPRESSIONS_MAX: usize = 5;

/// Log groups that one request names, as AWS documents it.
pub(crate) const LOG_GROUPS_NAMED_MAX: usize = 50;

/// Text of the events in one answer, as AWS documents it.
pub(crate) const LOG_PAGE_BYTES_MAX: usize = 1024 * 1024;

/// Events in one answer, as AWS documents it.
pub(crate) const LOG_PAGE_EVENTS_MAX: u16 = 10_000;

/// What an event counts for beside its text, as AWS documents it.
pub(crate) const LOG_EVENT_OVERHEAD_BYTES: usize = 26;

/// Log groups or streams in one answer, as AWS documents it.
pub(crate) const LOG_DESCRIBE_ITEMS_MAX: u16 = 50;

/// Requests that read logs at once: each may hold a piece of a log in memory.
pub(crate) const LOG_READS_MAX: usize = 4;

const _: () = assert!((LOG_ENTRY_BYTES_MAX as u64) < MEMORY_LOG_SEGMENT_BYTES);
const _: () = assert!(LOG_TAIL_BYTES_MAX < INVOCATION_LOG_BYTES_MAX);
const _: () = assert!(LOG_SEGMENT_BYTES < LOG_GROUP_BYTES_MAX);
const _: () = assert!(LOG_SEGMENT_BYTES < LOG_SEARCH_BYTES_MAX);

/// Text that a guest gives as its error: type, message and frames of the stack together.
pub(crate) const FUNCTION_ERROR_TEXT_BYTES_MAX: usize = 256 * 1024;

/// Frames of the stack that a guest gives with its error.
pub(crate) const FUNCTION_ERROR_FRAMES_MAX: usize = 256;

/// Functions that are kept loaded; those used longest ago make room for others.
pub(crate) const LOADED_FUNCTIONS_MAX: usize = 1_024;

/// Sections of a component that are looked through for the one that opts in to reuse; real components
/// have some hundred.
pub(crate) const COMPONENT_SECTIONS_MAX: usize = 100_000;

/// How long a sandbox that may be reused is kept idle.
pub(crate) const IDLE_DURATION_MAX: Duration = Duration::from_secs(600);

/// How often idle sandboxes are looked through for those that were idle for too long.
pub(crate) const IDLE_SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// Idle sandboxes of one version.
pub(crate) const IDLE_SANDBOXES_OF_VERSION_MAX: usize = 256;

/// Idle sandboxes of all functions together. Each keeps its memory.
pub(crate) const IDLE_SANDBOXES_MAX: usize = 512;

const _: () = assert!(IDLE_SANDBOXES_OF_VERSION_MAX < IDLE_SANDBOXES_MAX);

/// How long an admitted invocation waits for a sandbox that is being cleaned.
pub(crate) const SANDBOX_WAIT_MAX: Duration = Duration::from_secs(5);

const _: () = assert!(RESPONSE_BYTES_MAX < HOSTCALL_BYTES_MAX);
const _: () = assert!(WASM_STACK_BYTES_MAX < FIBER_STACK_BYTES);

/// Memories of a guest together that are kept in a snapshot: they are stored, and mapped by every sandbox.
#[cfg(feature = "compiler")]
pub(crate) const SNAPSHOT_MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Largest component with a snapshot in it: it is read as any package is.
#[cfg(feature = "compiler")]
pub(crate) const SNAPSHOT_BYTES_MAX: u64 = UNZIPPED_BYTES_MAX;

/// Largest memory of which an image is made that sandboxes map, even where most of it is zero: beyond it
/// only if the data is dense, and else each sandbox copies its data. Interpreters with a snapshot have
/// tens of megabytes.
pub(crate) const MEMORY_IMAGE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Time for reading the state of a guest that was initialized: it runs no more code of its own.
#[cfg(feature = "compiler")]
pub(crate) const SNAPSHOT_READ_DURATION_MAX: Duration = Duration::from_secs(60);

/// Processor time of the process that compiles a component, over all its threads.
pub(crate) const COMPILE_CPU_SECONDS_MAX: u64 = 240;

/// Components that are compiled at once: for each level, how many of it and those above it, and how much processor time
/// one has before it has to rise. Most functions in Rust take less than the first; large ones less than the second; the
/// engines of JavaScript and Python up to a minute; what takes longer than that is most likely meant to.
pub(crate) const COMPILE_LEVELS: [(usize, Duration); 4] = [
    (3, Duration::from_millis(500)),
    (2, Duration::from_secs(8)),
    (2, Duration::from_secs(64)),
    (1, Duration::from_secs(COMPILE_CPU_SECONDS_MAX)),
];

/// As [`COMPILE_LEVELS`], for the checks before that, so that whoever deploys need not wait for the compilations of
/// others to be told what is wrong. They are quick.
pub(crate) const CHECK_LEVELS: [(usize, Duration); 2] = [
    (3, Duration::from_secs(1)),
    (2, Duration::from_secs(COMPILE_CPU_SECONDS_MAX)),
];

/// As [`COMPILE_LEVELS`], for initializations for snapshots: by the time that passes, since the code that they run may
/// also do nothing for as long as a function's initialization may take.
pub(crate) const INITIALIZE_LEVELS: [(usize, Duration); 3] = [
    (3, Duration::from_secs(4)),
    (2, Duration::from_secs(64)),
    (1, Duration::from_secs(900)),
];

/// Memory of the components that were accepted and wait to be compiled. Each counts for its size, and for
/// [`WAITING_COMPONENT_BYTES_MIN`] besides; where there is none left, one waits on disk, and is checked again before it is
/// compiled.
pub(crate) const WAITING_COMPONENTS_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// What a process takes that waits to compile.
pub(crate) const WAITING_COMPONENT_BYTES_MIN: u64 = 16 * 1024 * 1024;

const _: () =
    assert!(UNZIPPED_BYTES_MAX + WAITING_COMPONENT_BYTES_MIN <= WAITING_COMPONENTS_BYTES_MAX);

/// How long provisioned concurrency is shown as in progress at least: a caller who asks right after a
/// change sees that something goes on, as in AWS.
pub(crate) const PROVISIONING_SHOWN_MIN: Duration = Duration::from_millis(50);

/// How long a sandbox that is prepared counts as one of the few that are set up at once. One that takes longer goes on
/// beside them, as invocations do.
pub(crate) const PREPARING_DURATION: Duration = Duration::from_secs(1);

/// Pause before sandboxes are prepared again that the host had no room for.
pub(crate) const PROVISIONING_RETRY_PAUSE: Duration = Duration::from_secs(10);

/// Functions of which the metrics tell; of the others they tell how many there are.
pub(crate) const METRICS_FUNCTIONS_MAX: usize = 1_000;

/// Largest event of an asynchronous invocation, as AWS documents it.
pub(crate) const EVENT_PAYLOAD_BYTES_MAX: usize = 1024 * 1024;

/// Largest event of the old InvokeAsync, as AWS documents it.
pub(crate) const INVOKE_ASYNC_PAYLOAD_BYTES_MAX: usize = 256 * 1024;

/// Asynchronous events that wait; a caller who brings one more is told to come back. Each takes some
/// 80 bytes of memory.
pub(crate) const EVENTS_WAITING_MAX: u64 = 500_000;

/// Bytes of all events that wait on disk.
pub(crate) const EVENTS_WAITING_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Bytes of all events that wait where they are kept in memory only.
pub(crate) const EVENTS_WAITING_IN_MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Bytes of waiting events that are kept in memory beside the disk, so that they need not be read back.
pub(crate) const EVENTS_CACHED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Events that run at once: each holds its payload. Never more than half of what may run at all, so
/// that callers who wait for their answers find room.
pub(crate) const EVENTS_RUNNING_MAX: usize = 256;

/// Events of one function that run at once.
pub(crate) const EVENTS_RUNNING_PER_FUNCTION_MAX: usize = 128;

/// How long what a host has leased stays with it after it was last heard of.
pub(crate) const EVENT_LEASE_DURATION: Duration = Duration::from_secs(30);

/// Destinations of destinations: a longer chain is a loop. AWS ends loops after as many runs.
pub(crate) const EVENT_HOPS_MAX: u32 = 16;

/// Changes of the queue that become durable together.
pub(crate) const EVENT_COMMIT_CHANGES_MAX: usize = 4_096;

/// Bytes of the changes that become durable together.
pub(crate) const EVENT_COMMIT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Messages that are delivered to destinations at once.
pub(crate) const DELIVERIES_RUNNING_MAX: usize = 16;

/// Messages that are delivered to one destination at once.
pub(crate) const DELIVERIES_PER_TARGET_MAX: usize = 8;

/// Time for one delivery to SQS or SNS.
pub(crate) const DELIVERY_DURATION_MAX: Duration = Duration::from_secs(10);

/// What is read of a destination's answer.
pub(crate) const DELIVERY_ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Dead events that are kept; the oldest make room for others.
pub(crate) const DEAD_EVENTS_MAX: u64 = 100_000;

/// Bytes of all dead events that are kept.
pub(crate) const DEAD_EVENTS_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Bytes of all dead events where they are kept in memory only.
pub(crate) const DEAD_EVENTS_IN_MEMORY_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How long a dead event is kept: the longest time that SQS keeps a message.
pub(crate) const DEAD_EVENT_AGE_MAX: Duration = Duration::from_secs(14 * 24 * 3600);

/// Events on one page of a list.
pub(crate) const EVENT_PAGE_ITEMS_MAX: usize = 100;

/// Dead events that one call runs again or removes.
pub(crate) const DEAD_EVENTS_PER_CALL_MAX: usize = 1_000;

const _: () = assert!(EVENT_PAYLOAD_BYTES_MAX < SYNC_PAYLOAD_BYTES_MAX);
const _: () = assert!(EVENT_COMMIT_BYTES_MAX > EVENT_PAYLOAD_BYTES_MAX);
