//! The stages of a sandbox one by one, for the benchmark that measures them: the steps of `run`, with a halt between
//! them.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use anyhow::{anyhow, bail};

use crate::domain::{Invocation, Version};
use crate::invoker::{Admission, How};
use crate::sandbox::run::guest_run::Ended;
use crate::sandbox::sandboxes::Sandboxes;

pub use super::engine::slots::make_at_most;

/// A sandbox whose guest is set up and has not been called.
pub struct Instantiated(Pin<Box<dyn Future<Output = Ended> + Send>>);

/// A sandbox whose guest has answered. Dropping it resets its slot.
pub struct Called(Ended);

/// Halts a run where it comes by for the first time.
#[derive(Clone, Default)]
struct Halt(Arc<AtomicBool>);

impl Future for Halt {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        match self.0.swap(true, Ordering::Relaxed) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

impl Sandboxes {
    /// Makes a fresh sandbox for `invocation` and sets up its guest.
    ///
    /// # Errors
    /// When the invocation could not begin.
    pub async fn instantiated(
        &self,
        version: Arc<Version>,
        invocation: Arc<Invocation>,
        admission: Admission,
    ) -> anyhow::Result<Instantiated> {
        let ready = self
            .runner
            .ready(version, invocation, How::default(), admission);
        let ready = ready.await?;
        let ready = ready.map_err(|report| anyhow!("it did not begin: {:?}", report.outcome))?;
        let (guest, _record) = self.runner.begin(ready, false);
        let halt = Halt::default();
        let mut run = Instantiated(Box::pin(guest.run(halt.clone())));
        let halted = poll_fn(|context| match run.0.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(Err(anyhow!("the guest ended before it was set up"))),
            Poll::Pending if halt.0.load(Ordering::Relaxed) => Poll::Ready(Ok(())),
            Poll::Pending => Poll::Pending,
        });
        halted.await?;
        Ok(run)
    }
}

impl Instantiated {
    /// Calls the guest with its invocation's event.
    pub async fn call(self) -> Called {
        Called(self.0.await)
    }
}

impl Called {
    /// # Errors
    /// When the guest did not answer, or with an error.
    pub fn check(&self) -> anyhow::Result<()> {
        match &self.0.answer {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => bail!("the guest answered with the error {error:?}"),
            Err(error) => bail!("the guest ended without an answer: {error:?}"),
        }
    }
}
