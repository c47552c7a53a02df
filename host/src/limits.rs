//! Every bound of the host, with its unit in its name and the reason for its value.

mod audit;
mod callers;
mod guests;
mod deploys;
mod events;
mod identity;
mod logs;
mod stores;
#[cfg(feature = "server")]
mod tls;

pub(crate) use audit::*;
pub use callers::*;
pub use deploys::*;
pub(crate) use events::*;
pub(crate) use guests::*;
pub use identity::*;
pub(crate) use logs::*;
pub use stores::*;
#[cfg(feature = "server")]
pub(crate) use tls::*;

const _: () = assert!(2 * (DEPLOY_REQUEST_BYTES_MAX as u64) < CALLERS_BYTES_MAX);
const _: () = assert!(
    2 * (DEPLOY_REQUEST_BYTES_MAX as u64)
        < HOST_MEMORY_BYTES_MIN / 100 * CALLERS_MEMORY_PERCENT_MAX
);
const _: () = assert!(CALLERS_MEMORY_PERCENT_MAX + CONNECTIONS_MEMORY_PERCENT_MAX < 90);
const _: () = assert!(READ_BYTES_MAX <= SMALL_BYTES_MAX);
const _: () = assert!(READ_BYTES_MAX + SMALL_BYTES_MAX < UNCOUNTED_ANSWER_BYTES_MAX);
const _: () = assert!(SYNC_PAYLOAD_BYTES_MAX < RESPONSE_BYTES_MAX);
const _: () = assert!(PACKAGE_BYTES_MAX < UNZIPPED_BYTES_MAX);
const _: () = assert!(OUTBOUND_REQUESTS_OF_INVOCATION_MAX < OUTBOUND_REQUESTS_MAX);
const _: () = assert!(OUTBOUND_IDLE_OF_FUNCTION_MAX < OUTBOUND_IDLE_MAX);
const _: () = assert!((LOG_ENTRY_BYTES_MAX as u64) < MEMORY_LOG_SEGMENT_BYTES);
const _: () = assert!(LOG_TAIL_BYTES_MAX < INVOCATION_LOG_BYTES_MAX);
const _: () = assert!(LOG_SEGMENT_BYTES < LOG_GROUP_BYTES_MAX);
const _: () = assert!(LOG_SEGMENT_BYTES < LOG_SEARCH_BYTES_MAX);
const _: () = assert!(IDLE_SANDBOXES_OF_VERSION_MAX < IDLE_SANDBOXES_MAX);
const _: () = assert!(RESPONSE_BYTES_MAX < HOSTCALL_BYTES_MAX);
const _: () = assert!(WASM_STACK_BYTES_MAX < FIBER_STACK_BYTES);
const _: () =
    assert!(UNZIPPED_BYTES_MAX + WAITING_COMPONENT_BYTES_MIN <= WAITING_COMPONENTS_BYTES_MAX);
const _: () = assert!(EVENT_PAYLOAD_BYTES_MAX < SYNC_PAYLOAD_BYTES_MAX);
const _: () = assert!(EVENT_COMMIT_BYTES_MAX > EVENT_PAYLOAD_BYTES_MAX);
const _: () = assert!(AUDIT_CHANGES_BYTES_MAX < AUDIT_PAGE_BYTES_MAX);
const _: () = assert!(AUDIT_REFUSALS_OF_SOURCE_MAX < AUDIT_REFUSALS_MAX);
