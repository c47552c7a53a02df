//! The stages of a sandbox one by one, for the benchmark that measures them.
//!
//! An invocation goes through the same functions in one go (`run`), under a deadline whose clock ticks.
//! Here the clock stands still, so that a sandbox may wait between two stages for as long as it takes to
//! measure another one.

use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use tokio::time::Instant;

use crate::domain::{Invocation, Version};
use crate::sandbox::guest::sandbox::Sandbox;
use crate::sandbox::kinds::answer::Returned;
use crate::sandbox::kinds::call::Call;
use crate::sandbox::kinds::input::Input;
use crate::sandbox::load::maker::Purpose;
use crate::sandbox::reach::shared::Initialization;
use crate::sandbox::sandboxes::Sandboxes;

pub use super::engine::slots::make_at_most;

/// A sandbox whose guest is set up and has not been called. Dropping it resets its slot.
pub struct Instantiated {
    sandbox: Sandbox,
    version: Arc<Version>,
    invocation: Arc<Invocation>,
}

impl Sandboxes {
    /// Makes a fresh sandbox for `invocation` and sets up its guest.
    ///
    /// # Errors
    /// When it could not be set up.
    pub async fn instantiated(
        &self,
        version: Arc<Version>,
        invocation: Arc<Invocation>,
    ) -> anyhow::Result<Instantiated> {
        let maker = self.maker();
        let granted = maker.grants.of(&version);
        let (loaded, _) = maker.loaded(&version).await?;
        let slot = maker.slots.take().await?;
        let purpose = Purpose {
            initialization: Initialization::of(&version, false),
            is_reusable: false,
            granted: granted.map_err(|error| anyhow!("not granted: {error:?}"))?,
            deadline: Instant::now() + version.settings.timeout(),
        };
        let mut sandbox = maker.sandbox(&version, loaded, slot, purpose);
        sandbox.serve(&invocation);
        let set_up = sandbox.instantiate().await;
        set_up.map_err(|error| anyhow!("the guest could not be set up: {error:?}"))?;
        Ok(Instantiated {
            sandbox,
            version,
            invocation,
        })
    }
}

impl Instantiated {
    /// Calls the guest with its invocation's event and gives its answer.
    ///
    /// # Errors
    /// When it did not answer, or with an error.
    pub async fn call(&mut self) -> anyhow::Result<Bytes> {
        let takes_requests = self.sandbox.kind().takes_requests();
        let call = Call {
            version: &self.version,
            invocation: &self.invocation,
            input: Input::of(&self.invocation.payload, takes_requests).await?,
            response: None,
        };
        let answer = self.sandbox.handle(call).await;
        let answer = answer.map_err(|error| anyhow!("{error:?}"));
        match answer.context("the guest ended without an answer")? {
            Ok(Returned::Bytes(bytes)) => Ok(bytes),
            Ok(Returned::Web(response)) => Ok(response.body.bytes),
            Err(error) => bail!("the guest answered with the error {error:?}"),
        }
    }
}
