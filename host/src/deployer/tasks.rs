//! How work of a deployment is run.

use std::fmt::Display;
use std::future::Future;

use crate::domain::Refusal;

/// Runs `deployment` to its end, also where the caller leaves before that.
pub(super) async fn whole<T: Send + 'static>(
    deployment: impl Future<Output = Result<T, Refusal>> + Send + 'static,
) -> Result<T, Refusal> {
    let ended = tokio::spawn(deployment).await;
    ended.unwrap_or_else(|broke_off| Err(internal(broke_off)))
}

/// Runs `work`, which takes its time, where that holds up nobody else.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|broke_off| Err(internal(broke_off)))
}

/// The caller cannot mend it; whoever runs the host reads it in the log.
pub(super) fn internal(error: impl Display) -> Refusal {
    tracing::error!(%error, "a deployment failed in the host");
    Refusal::Internal
}
