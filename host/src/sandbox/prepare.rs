//! What can be done for a version before anybody calls it.

use std::sync::Arc;

use super::Sandboxes;
use crate::domain::Version;
use crate::invoker::{PrepareFailure, PrepareGuest};

impl PrepareGuest for Sandboxes {
    /// Loads the code, so that the first call finds it in memory; each call still has its sandbox made
    /// when it comes, so none wait.
    async fn prepare(&self, version: &Arc<Version>, count: u32) -> Result<(), PrepareFailure> {
        if count > 0 {
            self.loaded(version).await?;
        }
        Ok(())
    }

    fn waiting(&self, _: &Version) -> u32 {
        0
    }
}
