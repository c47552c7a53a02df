//! Plain values: what functions, versions, invocations and their outcomes are.
//!
//! Nothing here knows wasm, tokio or a wire, and nothing here waits; of HTTP, `web` knows what a request and a
//! response are. A value that exists is valid: the constructors are the only places that check.

pub(crate) mod address_kind;
pub(crate) mod alias;
pub(crate) mod allow_http;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod any_input;
pub(crate) mod arn;
pub(crate) mod attachments;
pub(crate) mod audit;
pub(crate) mod client_context;
pub(crate) mod data;
pub(crate) mod destination;
pub(crate) mod environment;
pub(crate) mod event_invoke;
pub(crate) mod event_json;
pub(crate) mod event_text;
pub(crate) mod concurrency;
pub(crate) mod function;
pub(crate) mod function_url;
pub(crate) mod grants;
pub(crate) mod hex;
pub(crate) mod invocation;
pub(crate) mod language;
pub(crate) mod lifecycle;
pub(crate) mod lock;
pub(crate) mod name;
pub(crate) mod named;
pub(crate) mod network;
pub(crate) mod origin;
pub(crate) mod outcome;
pub(crate) mod payload;
pub(crate) mod policy;
pub(crate) mod prelude;
pub(crate) mod publishing;
pub(crate) mod provisioning;
pub(crate) mod quotas;
pub(crate) mod refusal;
pub(crate) mod report_line;
pub(crate) mod runtime;
pub(crate) mod settings;
pub(crate) mod snapshot;
pub(crate) mod tags;
pub(crate) mod terms;
pub(crate) mod times;
pub(crate) mod version;
pub(crate) mod web;

#[cfg(test)]
pub(crate) mod dice;
#[cfg(test)]
pub(crate) mod samples;

pub(crate) use address_kind::AddressKind;
pub(crate) use alias::AliasChange;
pub use allow_http::ALLOW_HTTP_VARIABLE;
pub(crate) use allow_http::AllowHttp;

pub use arn::{Account, AccountId, FunctionArn};
pub(crate) use attachments::Attachments;
pub use audit::Cause;
pub(crate) use client_context::ClientContext;
pub(crate) use data::DataFigures;
#[cfg(feature = "storage")]
pub(crate) use data::DataPart;
pub use environment::Environment;
pub use event_json::EventJson;
pub(crate) use function::Routing;
pub use function::{Alias, FunctionRecord};
pub use grants::{FolderAccess, GrantName, HostFolder, HostSecret, SecretSource, SecretValue};
pub(crate) use hex::hex;
pub use invocation::{Invocation, LogType, RequestId};
pub(crate) use lock::{Lock, SharedLock};
pub use name::{AliasName, FunctionName, Qualifier, VersionId};
pub use named::Named;
pub(crate) use origin::{Host, Origin, Scheme};
pub use outcome::{FunctionError, Outcome, Report};
pub use payload::Payload;
pub(crate) use payload::WebCall;
pub(crate) use publishing::Publication;
pub use refusal::Refusal;
pub(crate) use refusal::{Growing, RefusalClass, Throttle};
pub(crate) use report_line::Amount;
pub use report_line::{Ending, ReportFigure};
pub use settings::Settings;
pub(crate) use terms::{LogListener, Terms};
pub(crate) use version::{Code, LastUpdate, Snapshot};
pub use version::{Digest, State, Version};
pub(crate) use web::{WebBody, WebHead, WebRequest, WebResponse, WebTrailers};
