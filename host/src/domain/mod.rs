//! Plain values: what functions, versions, invocations and their outcomes are.
//!
//! Nothing here knows wasm, tokio or a wire, and nothing here waits; of HTTP, `web` knows what a request and a
//! response are. A value that exists is valid: the constructors are the only places that check.

pub mod address_kind;
pub mod alias;
pub mod allow_http;
pub mod arn;
pub mod attachments;
pub mod client_context;
pub mod destination;
pub mod environment;
pub mod event_invoke;
pub mod event_json;
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
pub mod named;
pub mod origin;
pub mod outcome;
pub mod payload;
pub mod policy;
pub mod prelude;
pub mod publishing;
pub mod provisioning;
pub mod refusal;
pub mod report_line;
pub mod runtime;
pub mod settings;
pub mod snapshot;
pub mod tags;
pub mod terms;
pub mod times;
pub mod version;
pub mod web;

#[cfg(test)]
pub(crate) mod samples;

pub use address_kind::AddressKind;
pub use alias::AliasChange;
pub use allow_http::{ALLOW_HTTP_VARIABLE, AllowHttp};
pub use arn::{Account, AccountId, FunctionArn};
pub use attachments::Attachments;
pub use client_context::ClientContext;
pub use environment::Environment;
pub use event_json::EventJson;
pub use function::{Alias, FunctionRecord, Routing};
pub use grants::{FolderAccess, GrantName, HostFolder, HostSecret, SecretSource, SecretValue};
pub(crate) use hex::hex;
pub use invocation::{Invocation, LogType, RequestId};
pub(crate) use lock::{Lock, SharedLock};
pub use name::{AliasName, FunctionName, Qualifier, VersionId};
pub use named::Named;
pub use origin::{Host, Origin, Scheme};
pub use outcome::{FunctionError, Outcome, Report};
pub use payload::{Payload, WebCall};
pub use publishing::Publication;
pub use refusal::{Refusal, RefusalClass, Throttle};
pub use report_line::{Amount, Ending, ReportFigure};
pub use settings::Settings;
pub use terms::{LogListener, Terms};
pub use version::{Code, Digest, LastUpdate, Snapshot, State, Version};
pub use web::{WebBody, WebHead, WebRequest, WebResponse};
