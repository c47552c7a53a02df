//! What a guest answers with, while it writes it: on its way to a caller that reads along, or kept for one that
//! wants it whole. It is bounded either way.

use std::fmt;

use crate::invoker::ResponseSink;
use crate::limits::{RESPONSE_BYTES_MAX, STREAM_BYTES_MAX};

/// An answer that is being written.
#[derive(Default)]
pub(in crate::sandbox) struct Output {
    /// The caller that reads along.
    sink: Option<ResponseSink>,
    /// What is there, where nobody does.
    kept: Vec<u8>,
    /// How many bytes there were.
    bytes: usize,
}

impl Output {
    /// An answer that begins, for whoever reads along there.
    pub(in crate::sandbox) fn new(sink: Option<ResponseSink>) -> Self {
        Self {
            sink,
            ..Self::default()
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
    pub(in crate::sandbox) fn keep(&mut self, more: &[u8]) {
        self.kept.extend_from_slice(more);
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

    #[test]
    fn it_is_bounded_wherever_it_goes() {
        let (sink, _source) = response_pipe();
        for (sink, most) in [(None, RESPONSE_BYTES_MAX), (Some(sink), STREAM_BYTES_MAX)] {
            let mut output = Output::new(sink);
            output.count(1).expect("within the bound");
            output.count(most - 1).expect("within the bound");
            let error = output.count(1).expect_err("it is too large");
            let too_large = error.downcast_ref::<TooLarge>().expect("it says so");
            assert_eq!(too_large.limit_bytes, most);
            assert!(output.count(usize::MAX).is_err());
        }
    }
}
