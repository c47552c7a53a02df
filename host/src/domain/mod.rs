//! Plain values: what functions, versions, invocations and their outcomes are.
//!
//! Nothing here knows HTTP, wasm or tokio, and nothing here waits. A value that exists is valid:
//! the constructors are the only places that check.

pub mod address_kind;
pub mod alias;
pub mod allow_http;
pub mod arn;
pub mod attachments;
pub mod destination;
pub mod event_invoke;
pub mod event_text;
pub mod concurrency;
pub mod function;
pub mod function_url;
pub mod grants;
pub(crate) mod hex;
pub mod invocation;
pub mod lifecycle;
pub(crate) mod lock;
pub mod name;
pub mod origin;
pub mod outcome;
pub mod payload;
pub mod policy;
pub mod publishing;
pub mod provisioning;
pub mod refusal;
pub mod runtime;
pub mod settings;
pub mod snapshot;
pub mod tags;
pub mod terms;
pub mod times;
pub mod version;

#[cfg(test)]
pub(crate) mod samples;

pub use address_kind::AddressKind;
pub use alias::{Alias, AliasChange, Routing};
pub use allow_http::{ALLOW_HTTP_VARIABLE, AllowHttp};
pub use arn::{Account, FunctionArn};
pub use attachments::Attachments;
pub use function::FunctionRecord;
pub use grants::{FolderAccess, GrantName, HostFolder, HostSecret, SecretSource, SecretValue};
pub(crate) use hex::hex;
pub use invocation::{Invocation, LogType, RequestId};
pub(crate) use lock::{Lock, SharedLock};
pub use name::{AliasName, FunctionName, Qualifier, VersionId};
pub use origin::{Host, Origin, Scheme};
pub use outcome::{FunctionError, Outcome, Report};
pub use payload::{Payload, WebCall, WebRequest};
pub use publishing::Publication;
pub use refusal::{Refusal, Throttle};
pub use settings::{Environment, Settings};
pub use snapshot::Snapshot;
pub use terms::{LogListener, Terms};
pub use version::{Code, Digest, LastUpdate, State, Version};
