//! What a compiler is to its host, wherever it runs.

use std::io::Read;
use std::pin::Pin;

use bytes::Bytes;
use tokio::time::{Instant, timeout_at};

use crate::deployer::{Initialized, Rejection};
use crate::domain::{Account, Version};
use crate::limits;

/// A compiler: in this process, or in one that it starts for each component.
pub(super) trait Compile: Send + Sync {
    /// Checks `wasm`, until then.
    fn check(&self, wasm: Bytes, deadline: Instant) -> Step<'_, Box<dyn Compilation>>;

    /// Initializes a version for a snapshot.
    fn initialize<'a>(
        &'a self,
        account: &'a Account,
        version: &'a Version,
        wasm: Bytes,
    ) -> Step<'a, Initialized>;
}

/// A component that was checked, on its way to compiled code.
pub(super) trait Compilation: Send {
    /// The compiled code. What compiles may end when this is dropped.
    fn artifact(&mut self) -> Step<'_, Code>;

    /// Whether compiling ends when nobody waits for it any more, as a thread of this process does not.
    fn can_be_ended(&self) -> bool;
}

/// Compiled code, as it is read.
pub(super) type Code = Box<dyn Read + Send>;

/// A step on the way. Each takes so long that a box is nothing.
pub(super) type Step<'a, T> = Pin<Box<dyn Future<Output = Result<T, Rejection>> + Send + 'a>>;

/// `work`, ended where it is at `deadline`.
pub(super) async fn within_time<T>(
    deadline: Option<Instant>,
    work: impl Future<Output = Result<T, Rejection>>,
) -> Result<T, Rejection> {
    let Some(deadline) = deadline else {
        return work.await;
    };
    timeout_at(deadline, work).await.unwrap_or_else(|_| {
        Err(Rejection::of_code(format!(
            "The component takes longer than {} seconds to compile. Make it smaller, or split \
                 its largest functions.",
            limits::COMPILE_DURATION_MAX.as_secs()
        )))
    })
}

/// The host, or the process that compiles, did not do its part.
pub(super) fn failed(error: impl std::fmt::Display) -> Rejection {
    Rejection::of_host(format!("The component could not be compiled: {error}."))
}
