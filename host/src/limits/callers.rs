//! What callers may send, hold and be answered, and what is asked of the API at once.

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

/// Largest body of CreateFunction and UpdateFunctionCode, as AWS enforces it.
pub(crate) const DEPLOY_REQUEST_BYTES_MAX: usize = 70_167_211;

/// Largest body of any other control-plane call: AWS bounds all members, none comes near.
pub(crate) const CONTROL_REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// Compact JSON of all variables of a function, as AWS documents it.
pub const ENVIRONMENT_BYTES_MAX: usize = 4 * 1024;

/// Invocations that run at once, the concurrency that AWS gives an account by default.
pub const CONCURRENT_INVOCATIONS_MAX: u32 = 1_000;

/// Levels that the objects and arrays of an event may be nested, as AWS's parser enforces it.
pub(crate) const EVENT_NESTING_MAX: usize = 1_000;

/// Start line and headers of one request: the client context alone may have 3,583 bytes.
pub(crate) const REQUEST_HEAD_BYTES_MAX: usize = 64 * 1024;

/// Headers of one request: as many as its head has room for where each has some 64 bytes, as real ones have. Of
/// smaller ones far more would fit, and each is kept as some 100 bytes, however small it is.
pub(crate) const REQUEST_HEADERS_MAX: usize = REQUEST_HEAD_BYTES_MAX / 64;

/// Headers that a request, its trailers or an answer may have without being counted: each of them costs more than its
/// bytes, but real ones have fewer, and their table with so many is a few kilobytes.
pub(crate) const SMALL_HEAD_HEADERS_MAX: usize = 48;

/// Headers and cookies of a response that a function gives through its URL: as large as those of a
/// request may be.
pub(crate) const URL_RESPONSE_HEAD_BYTES_MAX: usize = 64 * 1024;

/// Headers of such a response: as many as a request may have.
pub(crate) const URL_RESPONSE_HEADERS_MAX: usize = REQUEST_HEADERS_MAX;

/// What the head of such a response may take if its connection is to go on: the buffer of 8 KiB that hyper writes heads
/// from stays as large as it has once become. What the host adds to a head behind that takes the rest of it.
pub(crate) const URL_RESPONSE_KEPT_BYTES_MAX: usize = 8 * 1024 - 512;

/// Prelude of a streamed response: JSON takes more room than the head that it describes.
pub(crate) const URL_PRELUDE_BYTES_MAX: usize = 2 * URL_RESPONSE_HEAD_BYTES_MAX;

/// Client connections at once. Where there are as many, one that is idle ends for each that comes; where none is, the
/// new one is refused.
pub(crate) const CONNECTIONS_MAX: usize = 10_000;

/// What a connection takes on which nothing is asked, or on which a request waits for its body: what is read of it at
/// once, the head of that request, and what stands for it in the host.
pub(crate) const CONNECTION_BYTES: u64 = 28 * 1024;

/// Share of the memory that guests leave to the host, in percent, that connections may take: fewer than
/// [`CONNECTIONS_MAX`] where there is little.
pub(crate) const CONNECTIONS_MEMORY_PERCENT_MAX: u64 = 30;

/// Pause after all connections were looked through, and few of them were idle, before they are looked through again:
/// a flood of new ones does not keep the host busy with that.
pub(crate) const CONNECTIONS_SWEEP_PAUSE: Duration = Duration::from_millis(20);

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

/// What is held for all callers together at most: bodies and heads as they arrive, and answers until they were read.
/// Some forty of the largest events or answers of one caller, who gets to the half.
pub(crate) const CALLERS_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Share of the memory that guests leave to the host, in percent, that is held for callers: less than
/// [`CALLERS_BYTES_MAX`] where there is little. Of the least that guests leave, half is the largest upload.
pub(crate) const CALLERS_MEMORY_PERCENT_MAX: u64 = 55;

/// A peer that holds one of so many parts of what may be held for all and asks for more than there is has its share;
/// with less, it is the others who have taken it.
pub(crate) const PEER_PARTS_MAX: usize = 8;

/// A peer that holds more than one of so many parts of what may be held for all keeps no buffers that have become large
/// for a head: its connections end behind such heads.
pub(crate) const KEPT_PARTS_MAX: usize = 64;

/// What is read of a connection at once, and so what of it waits uncounted. It is a byte less than a buffer of 16 KiB:
/// hyper makes a buffer larger that was filled, and keeps it for as long as the connection lives.
pub(crate) const READ_BYTES_MAX: usize = 16 * 1024 - 1;

/// What a connection buffers of requests and answers: room for a head, and for what came with its end.
pub(crate) const CONNECTION_BUFFER_BYTES_MAX: usize = REQUEST_HEAD_BYTES_MAX + READ_BYTES_MAX;

/// What is set aside for a streamed answer: what waits behind the function, and what the connection buffers.
pub(crate) const STREAM_HELD_BYTES: usize =
    2 * STREAM_BUFFER_BYTES_MAX + CONNECTION_BUFFER_BYTES_MAX;

/// Events that arrive at once, and answers that are written at once, are not counted up to this size: there are no more
/// of them than invocations that run.
pub(crate) const SMALL_BYTES_MAX: usize = 16 * 1024;

/// What of an answer may wait for its reader without having been counted before: its head, and a small body. It is
/// counted when it waits.
pub(crate) const UNCOUNTED_ANSWER_BYTES_MAX: usize = CONNECTION_BUFFER_BYTES_MAX;

/// Room for a body that arrives in pieces, at least: less would be moved often.
pub(crate) const BODY_ROOM_BYTES_MIN: usize = 4 * 1024;

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

/// How long a package can be downloaded from the address that GetFunction gives, as AWS documents it.
pub(crate) const DOWNLOAD_ADDRESS_DURATION: Duration = Duration::from_secs(600);

/// What an error text repeats of a caller's value.
pub(crate) const QUOTED_VALUE_BYTES_MAX: usize = 2_048;

/// Functions of which the metrics tell; of the others they tell how many there are.
pub(crate) const METRICS_FUNCTIONS_MAX: usize = 1_000;
