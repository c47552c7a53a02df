//! What the API has of the host itself, whichever account's functions are asked for.

use std::sync::Arc;

use super::callers::{ExpectedAnswers, Peers};
use super::cloudwatch::LogReads;
use super::download_key::DownloadKey;
use super::forwarded::TrustedProxies;
use super::host_names::HostNames;
use super::refusal_log::RefusalLog;
use super::request_counts::RequestCounts;
use crate::domain::Digest;
use crate::identity::Identities;

/// What the API has of the host itself, whichever account's functions are asked for.
pub(crate) struct HostApi {
    /// Stands for the version of the engine, in the runtime's version that answers show.
    pub engine: Digest,
    /// Signs the addresses of packages.
    pub downloads: DownloadKey,
    /// Whom the host believes who sends a request.
    pub proxies: TrustedProxies,
    /// Who may call; `None` where nobody is asked who they are.
    pub identities: Option<Arc<Identities>>,
    /// What is held for callers.
    pub peers: Arc<Peers>,
    /// How large answers will be.
    pub answers: ExpectedAnswers,
    /// The places for reads of logs.
    pub log_reads: LogReads,
    /// Notes who was refused.
    pub refusals: Arc<RefusalLog>,
    /// What was answered.
    pub requests: RequestCounts,
    /// What the jail around this process confines, and whether it does.
    pub jail: Vec<(&'static str, bool)>,
    /// The names under which the API may be asked, besides addresses and `localhost`.
    pub host_names: HostNames,
    /// Whether function URLs whose `AuthType` is `NONE` need no permission in the resource policy.
    pub open_function_urls: bool,
}
