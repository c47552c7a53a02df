//! The seam behind which sandboxes are prepared ahead of the invocations that they will serve.

use std::future::Future;
use std::sync::Arc;

use super::HostFailure;
use crate::domain::{FunctionError, Version};

/// Keeps sandboxes waiting: what provisioned concurrency is made of.
pub trait PrepareGuest: Send + Sync + 'static {
    /// Keeps `count` sandboxes of `version` instantiated and waiting, from now on: one that an
    /// invocation takes is replaced behind it. Returns when they are ready. 0 lets go of all; calling
    /// again changes the number. Dropping the future leaves the number as it was set.
    ///
    /// # Errors
    /// When one of them cannot be made; then none is kept.
    fn prepare(
        &self,
        version: &Arc<Version>,
        count: u32,
    ) -> impl Future<Output = Result<(), PrepareFailure>> + Send;

    /// How many of `version` wait now.
    fn waiting(&self, version: &Version) -> u32;
}

/// A sandbox could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareFailure {
    /// The function failed while it was set up: a start function or a constructor of it.
    #[error("the function failed while it was set up: {}", described(.0))]
    Guest(FunctionError),
    /// The account runs as much at once as it may.
    #[error("the account runs as much at once as it may, and this waited for half a minute")]
    NoConcurrency,
    /// The host has no room for it, or does not have its code.
    #[error(transparent)]
    Host(#[from] HostFailure),
}

fn described(error: &FunctionError) -> String {
    match error {
        FunctionError::Handler { message, .. } => message.clone(),
        FunctionError::TimedOut { timeout } => {
            format!("it was not ready after {} seconds", timeout.as_secs())
        }
        FunctionError::OutOfMemory { limit_bytes } => {
            format!("it needs more than its {limit_bytes} bytes of memory")
        }
        FunctionError::Exited { status } => format!("it exited with the status {status}"),
        FunctionError::ResponseTooLarge { limit_bytes } => {
            format!("it handed more than {limit_bytes} bytes to the host")
        }
        FunctionError::Trapped { description, .. }
        | FunctionError::InitFailed { description, .. } => description.clone(),
    }
}
