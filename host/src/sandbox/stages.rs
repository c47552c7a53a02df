//! The stages of a sandbox one by one, for the benchmark that measures them.
//!
//! An invocation goes through the same functions in one go (`run`), under a deadline whose clock ticks.
//! Here the clock stands still, so that a sandbox may wait between two stages for as long as it takes to
//! measure another one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use tokio::time::Instant;

use crate::domain::{Invocation, Version};
use crate::sandbox::Sandboxes;
use crate::sandbox::guest::sandbox::Sandbox;
use crate::sandbox::kinds::call::Call;
use crate::sandbox::kinds::input::Input;
use crate::sandbox::load::maker::Purpose;
use crate::sandbox::reach::environment::Initialization;

/// What [`make_at_most`] was told.
static SANDBOXES_MAX: AtomicU32 = AtomicU32::new(u32::MAX);

/// Has hosts that start from now on in this process reserve the address space of so many sandboxes at most. Under
/// valgrind there is too little for a pool of the usual size, and without its pool a host is another one.
pub fn make_at_most(sandboxes: u32) {
    SANDBOXES_MAX.store(sandboxes, Ordering::Relaxed);
}

/// `sandboxes`, or fewer where that was asked for.
pub(super) fn at_most(sandboxes: u32) -> u32 {
    sandboxes.min(SANDBOXES_MAX.load(Ordering::Relaxed))
}

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
        let granted = self.maker.grants.of(&version);
        let (loaded, _) = self.maker.loaded(&version).await?;
        let slot = self.maker.slots.take().await?;
        let purpose = Purpose {
            initialization: Initialization::of(&version, false),
            is_reusable: false,
            trace_id: invocation.trace_id.clone(),
            granted: granted.map_err(|error| anyhow!("not granted: {error:?}"))?,
            deadline: Instant::now() + version.settings.timeout(),
        };
        let mut sandbox = self.maker.sandbox(&version, loaded, slot, purpose);
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
        let kind = self.sandbox.kind();
        let call = Call {
            version: &self.version,
            invocation: &self.invocation,
            input: Input::of(&self.invocation.payload, kind).await?,
            response: None,
        };
        let answer = self.sandbox.handle(call).await;
        let answer = answer.map_err(|error| anyhow!("{error:?}"));
        match answer.context("the guest ended without an answer")? {
            Ok(answer) => Ok(answer.bytes.into()),
            Err(error) => bail!("the guest answered with the error {error:?}"),
        }
    }
}
