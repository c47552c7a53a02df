//! Which streams of its log a guest opens while it is initialized for a snapshot: they are opened again
//! wherever the snapshot is set up.

use std::collections::BTreeMap;

/// Which of its three streams a guest has opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sandbox) enum StandardStream {
    Input,
    Output,
    Error,
}

/// Which streams a guest opened while it was initialized, by their places in the host's table.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct OpenStreams(pub(in crate::sandbox) BTreeMap<u32, StandardStream>);

impl OpenStreams {
    /// Remembers what the guest was given at `place`.
    pub(in crate::sandbox) fn note(&mut self, place: u32, stream: StandardStream) {
        self.0.insert(place, stream);
    }
}
