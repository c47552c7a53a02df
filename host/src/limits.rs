//! Every bound of the host, with its unit in its name and the reason for its value.

use std::time::Duration;

/// Largest event of a synchronous invocation, as AWS documents it.
pub const SYNC_PAYLOAD_BYTES_MAX: usize = 6 * 1024 * 1024;

/// Largest answer of a synchronous invocation: 6 MB and 100 bytes, as AWS enforces it.
pub const RESPONSE_BYTES_MAX: usize = 6 * 1024 * 1024 + 100;

/// Largest client context, in bytes of base64, as AWS documents it.
pub const CLIENT_CONTEXT_BASE64_BYTES_MAX: usize = 3_583;

/// The log tail that an answer carries on request, as AWS documents it.
pub const LOG_TAIL_BYTES_MAX: usize = 4 * 1024;

/// Largest body of CreateFunction and UpdateFunctionCode, as AWS enforces it.
pub const DEPLOY_REQUEST_BYTES_MAX: usize = 70_167_211;

/// Largest body of any other control-plane call: AWS bounds all members, none comes near.
pub const CONTROL_REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// Largest package that is uploaded in a request, as AWS documents it.
pub const PACKAGE_BYTES_MAX: u64 = 50 * 1024 * 1024;

/// Largest sum of the files in a package, as AWS documents it; so also the largest component.
pub const UNZIPPED_BYTES_MAX: u64 = 250 * 1024 * 1024;

/// Files in one package: far above what a package of one component needs.
pub const PACKAGE_ENTRIES_MAX: usize = 10_000;

/// All packages of the account together, as AWS documents it.
pub const CODE_STORAGE_BYTES_MAX: u64 = 80_530_636_800;

/// Compact JSON of all variables of a function, as AWS documents it.
pub const ENVIRONMENT_BYTES_MAX: usize = 4 * 1024;

/// Deployments that are unpacked and checked at once: each may hold a package and the component in it.
pub const CONCURRENT_DEPLOYS_MAX: usize = 4;

/// Largest catalog whose database is checked as a whole at every start; a larger one only after an
/// unclean stop, since the check reads every page.
pub const CATALOG_CHECK_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Invocations that run at once, the concurrency that AWS gives an account by default.
pub const CONCURRENT_INVOCATIONS_MAX: u32 = 1_000;

/// Address space of the process that compiles a component.
pub const COMPILE_MEMORY_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Wall-clock time for checking, compiling and storing one component.
pub const COMPILE_DURATION_MAX: Duration = Duration::from_secs(120);

/// Compiled code of one component: cranelift's output is a small multiple of its input.
pub const ARTIFACT_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Levels that the objects and arrays of an event may be nested, as AWS's parser enforces it.
pub const EVENT_NESTING_MAX: usize = 1_000;

/// Start line and headers of one request: the client context alone may have 3,583 bytes.
pub const REQUEST_HEAD_BYTES_MAX: usize = 64 * 1024;

/// Client connections at once; those above it wait in the kernel's queue.
pub const CONNECTIONS_MAX: usize = 10_000;

/// Time for the head of a request to arrive, so also the time that a connection may be idle: longer
/// than the 60 seconds for which clients keep theirs.
pub const REQUEST_HEAD_DURATION_MAX: Duration = Duration::from_secs(75);

/// How far the sender of a body may fall behind the least rate, so also the longest pause in it.
pub const BODY_LAG_MAX: Duration = Duration::from_secs(15);

/// Least rate of a body: one that is slower holds its memory for too long.
pub const BODY_BYTES_PER_SECOND_MIN: usize = 64 * 1024;

/// How long an answer may wait for its reader without getting on by a byte.
pub const WRITE_PAUSE_MAX: Duration = Duration::from_secs(30);

/// Bodies up to this size need no share of [`LARGE_EVENTS_BYTES_MAX`] or [`LARGE_DEPLOYS_BYTES_MAX`].
pub const SMALL_BODY_BYTES_MAX: usize = 64 * 1024;

/// Memory of all large events together; those above it wait.
pub const LARGE_EVENTS_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Memory of all other large bodies together, which are those of deployments; those above it wait.
pub const LARGE_DEPLOYS_BYTES_MAX: usize = 512 * 1024 * 1024;

/// How long a body waits for memory before it is refused, while it keeps what it has.
pub const BODY_MEMORY_WAIT_MAX: Duration = Duration::from_secs(20);

/// What is read of a body that is not wanted, and thrown away, so that its sender gets to read the answer.
pub const DISCARDED_BODY_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Time for which a body that is not wanted is read and thrown away.
pub const DISCARDED_BODY_DURATION_MAX: Duration = Duration::from_secs(10);

/// Bodies from this size on are parsed outside the threads that serve connections.
pub const INLINE_PARSE_BYTES_MAX: usize = 256 * 1024;

/// Pause after the system refused to accept a connection, such as for want of descriptors.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Functions on one page of a list, as AWS gives them.
pub const LIST_PAGE_ITEMS_MAX: usize = 50;

/// Tags of one function, as AWS documents it.
pub const TAGS_MAX: usize = 50;

/// How long a package can be downloaded from the address that GetFunction gives, as AWS documents it.
pub const DOWNLOAD_ADDRESS_DURATION: Duration = Duration::from_secs(600);

/// What an error text repeats of a caller's value.
pub const QUOTED_VALUE_BYTES_MAX: usize = 2_048;

const _: () = assert!(DEPLOY_REQUEST_BYTES_MAX < LARGE_DEPLOYS_BYTES_MAX);
const _: () = assert!(SYNC_PAYLOAD_BYTES_MAX < LARGE_EVENTS_BYTES_MAX);
const _: () = assert!(SMALL_BODY_BYTES_MAX < SYNC_PAYLOAD_BYTES_MAX);
/// Largest answer that the command line's client reads: far above any that the API gives.
pub const CLIENT_ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How long the client waits for a connection.
pub const CLIENT_CONNECT_MAX: Duration = Duration::from_secs(5);

/// How long the client waits for an answer: the longest invocation, and a minute for the way.
pub const CLIENT_WAIT_MAX: Duration = Duration::from_secs(900 + 60);

/// How long a deployment may take to become ready: longer than any compilation.
pub const DEPLOYMENT_WAIT_MAX: Duration = Duration::from_secs(180);

const _: () = assert!(COMPILE_DURATION_MAX.as_secs() < DEPLOYMENT_WAIT_MAX.as_secs());
const _: () = assert!(SYNC_PAYLOAD_BYTES_MAX < RESPONSE_BYTES_MAX);
const _: () = assert!(PACKAGE_BYTES_MAX < UNZIPPED_BYTES_MAX);

/// Sandboxes beyond the invocations that may run: a sandbox lives a little longer than its call.
pub const SANDBOXES_SPARE: u32 = 24;

/// Core modules that one component may instantiate; a real one has a handful.
pub const CORE_INSTANCES_MAX: u32 = 32;

/// Linear memories of one invocation; a real component has one.
pub const MEMORIES_MAX: u32 = 4;

/// Tables of one invocation; a real component has two or three.
pub const TABLES_MAX: u32 = 16;

/// Elements of one table: interpreters compiled to wasm have tens of thousands.
pub const TABLE_ELEMENTS_MAX: usize = 100_000;

/// Stack of a guest's own frames.
pub const WASM_STACK_BYTES_MAX: usize = 512 * 1024;

/// Stack of a guest's fiber: its own frames and those of the host calls on top of them.
pub const FIBER_STACK_BYTES: usize = 1024 * 1024;

/// What a slot keeps of a memory between two guests. `sparkler build` links guests to fit.
pub const KEEP_RESIDENT_BYTES: usize = 256 * 1024;

/// What a slot keeps of a table between two guests.
pub const TABLE_KEEP_RESIDENT_BYTES: usize = 64 * 1024;

/// One linear memory: what addresses of 32 bits reach.
pub const MEMORY_BYTES_MAX: usize = 4 << 30;

/// What the host keeps of one instance beside its memories and tables. Interpreters compiled to wasm
/// have tens of thousands of functions, each with an entry.
pub const INSTANCE_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Share of the machine's memory, in percent, that all guests may hold together.
pub const GUEST_MEMORY_PERCENT_MAX: u64 = 80;

/// Functions with a larger memory never run on the threads that serve callers: filling a whole memory
/// is one instruction, which nothing interrupts.
pub const INLINE_MEMORY_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// How often a running guest looks at its deadline. A guest that has not answered by its second
/// tick leaves the thread that serves the caller.
pub const TICK: Duration = Duration::from_millis(1);

/// Bytes that one host call may copy out of a guest: its answer is the largest of them.
pub const HOSTCALL_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Host objects (streams, pollables …) that a guest may hold at once.
pub const GUEST_HANDLES_MAX: usize = 4_096;

/// Random bytes that a guest may ask for in one call.
pub const RANDOM_BYTES_MAX: u64 = 64 * 1024;

/// Bytes that a guest may write to its log in one call.
pub const LOG_WRITE_BYTES_MAX: usize = 64 * 1024;

/// Text that a guest gives as its error: type, message and frames of the stack together.
pub const FUNCTION_ERROR_TEXT_BYTES_MAX: usize = 256 * 1024;

/// Frames of the stack that a guest gives with its error.
pub const FUNCTION_ERROR_FRAMES_MAX: usize = 256;

/// Functions that are kept loaded; those used longest ago make room for others.
pub const LOADED_FUNCTIONS_MAX: usize = 1_024;

/// How long an admitted invocation waits for a sandbox that is being cleaned.
pub const SANDBOX_WAIT_MAX: Duration = Duration::from_secs(5);

const _: () = assert!(RESPONSE_BYTES_MAX < HOSTCALL_BYTES_MAX);
const _: () = assert!(WASM_STACK_BYTES_MAX < FIBER_STACK_BYTES);

/// Processor time of the process that compiles a component, over all its threads.
pub const COMPILE_CPU_SECONDS_MAX: u64 = 240;

/// Components that are checked or compiled at once.
pub const COMPILATIONS_MAX: usize = 2;

/// Largest event of an asynchronous invocation, as AWS documents it.
pub const EVENT_PAYLOAD_BYTES_MAX: usize = 1024 * 1024;

/// Largest event of the old InvokeAsync, as AWS documents it.
pub const INVOKE_ASYNC_PAYLOAD_BYTES_MAX: usize = 256 * 1024;

/// Asynchronous events that wait; a caller who brings one more is told to come back. Each takes some
/// 50 bytes of memory.
pub const EVENTS_WAITING_MAX: u64 = 500_000;

/// Bytes of all events that wait on disk.
pub const EVENTS_WAITING_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Bytes of all events that wait where they are kept in memory only.
pub const EVENTS_WAITING_IN_MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Bytes of waiting events that are kept in memory beside the disk, so that they need not be read back.
pub const EVENTS_CACHED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Events that run at once: each holds its payload. Never more than half of what may run at all, so
/// that callers who wait for their answers find room.
pub const EVENTS_RUNNING_MAX: usize = 256;

/// Events of one function that run at once.
pub const EVENTS_RUNNING_PER_FUNCTION_MAX: usize = 128;

/// Destinations of destinations: a longer chain is a loop. AWS ends loops after as many runs.
pub const EVENT_HOPS_MAX: u32 = 16;

/// Changes of the queue that become durable together.
pub const EVENT_COMMIT_CHANGES_MAX: usize = 4_096;

/// Bytes of the changes that become durable together.
pub const EVENT_COMMIT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Messages that are delivered to destinations at once.
pub const DELIVERIES_RUNNING_MAX: usize = 16;

/// Messages that are delivered to one destination at once.
pub const DELIVERIES_PER_TARGET_MAX: usize = 8;

/// Time for one delivery to SQS or SNS.
pub const DELIVERY_DURATION_MAX: Duration = Duration::from_secs(10);

/// What is read of a destination's answer.
pub const DELIVERY_ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// Dead events that are kept; the oldest make room for others.
pub const DEAD_EVENTS_MAX: u64 = 100_000;

/// Bytes of all dead events that are kept.
pub const DEAD_EVENTS_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Bytes of all dead events where they are kept in memory only.
pub const DEAD_EVENTS_IN_MEMORY_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How long a dead event is kept: the longest time that SQS keeps a message.
pub const DEAD_EVENT_AGE_MAX: Duration = Duration::from_secs(14 * 24 * 3600);

/// Events on one page of a list.
pub const EVENT_PAGE_ITEMS_MAX: usize = 100;

/// Dead events that one call runs again or removes.
pub const DEAD_EVENTS_PER_CALL_MAX: usize = 1_000;

const _: () = assert!(EVENT_PAYLOAD_BYTES_MAX < SYNC_PAYLOAD_BYTES_MAX);
const _: () = assert!(EVENT_COMMIT_BYTES_MAX > EVENT_PAYLOAD_BYTES_MAX);
