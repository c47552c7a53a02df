//! A function that can be invoked.

use std::time::Duration;

use bytes::Bytes;

use super::Calling;
use crate::app::Host;
use crate::domain::{FunctionArn, FunctionName, Refusal, Report};

/// A function of a [`Host`]. A clone is another handle to the same, and any number of calls may run at once,
/// each in a sandbox of its own.
#[derive(Clone)]
pub struct Function {
    host: Host,
    name: FunctionName,
    time_max: Option<Duration>,
}

impl Function {
    pub(super) fn new(host: &Host, name: FunctionName, time_max: Option<Duration>) -> Self {
        Self {
            host: host.clone(),
            name,
            time_max,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Invokes it with an event, a JSON text of at most 6 MB, and waits for its end. Dropping the future ends
    /// the guest where it is.
    ///
    /// That the function failed, was stopped or broke off is in the [`Report`], with what it cost and wrote.
    ///
    /// # Errors
    /// When it was not run: the event is not JSON or too large, too many run, the function is gone, or the
    /// host could not do its part.
    pub async fn invoke(&self, event: impl Into<Bytes>) -> Result<Report, Refusal> {
        self.call(event).run().await
    }

    /// A call that says more than its event.
    pub fn call(&self, event: impl Into<Bytes>) -> Calling<'_> {
        Calling::new(&self.host, self.arn(), self.time_max, event.into())
    }

    pub(super) fn function_name(&self) -> &FunctionName {
        &self.name
    }

    pub(super) fn arn(&self) -> FunctionArn {
        self.host.account().function_arn(&self.name, None)
    }
}
