//! What a guest answers with, while it writes it: on its way to a caller that reads along, or kept for one that
//! wants it whole. It is bounded either way.

use std::fmt;
use std::sync::Arc;

use crate::invoker::ResponseSink;
use crate::limits::{RESPONSE_BYTES_MAX, STREAM_BYTES_MAX};
use crate::sandbox::memory::budget::Budget;
use crate::sandbox::memory::charge::Charge;

/// An answer that is being written.
pub(in crate::sandbox) struct Output {
    /// The caller that reads along.
    sink: Option<ResponseSink>,
    /// What is there, where nobody does.
    kept: Vec<u8>,
    /// What that costs the guest, until it is its answer.
    charge: Charge,
    /// How many bytes there were.
    bytes: usize,
}

impl Output {
    /// An answer that begins, for whoever reads along there.
    pub(in crate::sandbox) fn new(sink: Option<ResponseSink>, budget: &Arc<Budget>) -> Self {
        Self {
            sink,
            kept: Vec::new(),
            charge: Charge::none(budget),
            bytes: 0,
        }
    }

    /// Where it goes; `None` where it is kept.
    pub(in crate::sandbox) fn sink(&self) -> Option<&ResponseSink> {
        self.sink.as_ref()
    }

    /// Counts bytes before they are taken.
    ///
    /// # Errors
    /// [`TooLarge`] where there would be more of them than may be.
    pub(in crate::sandbox) fn count(&mut self, more: usize) -> wasmtime::Result<()> {
        let limit_bytes = match self.sink {
            Some(_) => STREAM_BYTES_MAX,
            None => RESPONSE_BYTES_MAX,
        };
        let bytes = self.bytes.saturating_add(more);
        if bytes > limit_bytes {
            return Err(wasmtime::Error::new(TooLarge { limit_bytes }));
        }
        self.bytes = bytes;
        Ok(())
    }

    /// Keeps bytes that were counted and go to nobody yet.
    ///
    /// # Errors
    /// Where the guest has no memory left for them.
    pub(in crate::sandbox) fn keep(&mut self, more: &[u8]) -> wasmtime::Result<()> {
        let needed = self.kept.len() + more.len();
        if needed > self.kept.capacity() {
            let wanted = needed.max(2 * self.kept.capacity()).min(RESPONSE_BYTES_MAX);
            self.charge.set(wanted)?;
            self.kept.reserve_exact(wanted - self.kept.len());
        }
        self.kept.extend_from_slice(more);
        Ok(())
    }

    /// Takes out what is not on its way to the caller.
    pub(in crate::sandbox) fn take_kept(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.kept)
    }
}

/// A write that would have made a response larger than one may be.
#[derive(Debug)]
pub(in crate::sandbox) struct TooLarge {
    pub(in crate::sandbox) limit_bytes: usize,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a response of more than {} bytes", self.limit_bytes)
    }
}

impl std::error::Error for TooLarge {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoker::response_pipe;
    use crate::sandbox::memory::budget::tests::budget_of;

    #[test]
    fn it_is_bounded_wherever_it_goes() {
        let (sink, _source) = response_pipe();
        for (sink, most) in [(None, RESPONSE_BYTES_MAX), (Some(sink), STREAM_BYTES_MAX)] {
            let mut output = Output::new(sink, &budget_of(u64::MAX));
            output.count(1).expect("within the bound");
            output.count(most - 1).expect("within the bound");
            let error = output.count(1).expect_err("it is too large");
            let too_large = error.downcast_ref::<TooLarge>().expect("it says so");
            assert_eq!(too_large.limit_bytes, most);
            assert!(output.count(usize::MAX).is_err());
        }
    }

    #[test]
    fn what_is_kept_of_it_costs_its_guest() {
        let budget = budget_of(100);
        let mut output = Output::new(None, &budget);
        output.keep(&[1; 40]).expect("there is room");
        assert_eq!(budget.held_bytes(), 40);
        output.keep(&[1; 40]).expect("there is room");
        assert!(output.keep(&[1; 40]).is_err());
        assert_eq!(output.take_kept().len(), 80);
        drop(output);
        assert_eq!(budget.held_bytes(), 0);
    }
}
