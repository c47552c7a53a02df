//! Work that takes the longer the more bytes there are.

use super::error::WireError;
use crate::limits::INLINE_PARSE_BYTES_MAX;

/// What comes of `work` on so many bytes. With many of them it is done on a thread that may be busy for a while.
///
/// # Errors
/// Where the work has panicked.
pub(super) async fn aside<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, WireError> {
    if bytes <= INLINE_PARSE_BYTES_MAX {
        return Ok(work());
    }
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(WireError::internal)
}
