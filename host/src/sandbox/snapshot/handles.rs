//! Handles that a guest holds when its initialization is over.
//!
//! A guest remembers the streams of its log by number, and a snapshot holds the numbers without the
//! streams. So code is added to the snapshot that opens the same streams again, in the same order, when
//! it is instantiated: new handles are given the lowest numbers that are free, so they come to be the same.
//! Anything else that is still open, such as a timer, is nothing that could be opened again.

mod reopening;

use std::collections::BTreeMap;

use wasmtime::component::ResourceTable;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream};

use crate::limits;

/// Which of its three streams a guest has opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sandbox) enum StandardStream {
    Input,
    Output,
    Error,
}

impl StandardStream {
    /// The interface, without its version, and what is in it: its function, and the resource that this
    /// gives.
    fn interface(self) -> [&'static str; 3] {
        match self {
            Self::Input => ["wasi:cli/stdin@", "get-stdin", "input-stream"],
            Self::Output => ["wasi:cli/stdout@", "get-stdout", "output-stream"],
            Self::Error => ["wasi:cli/stderr@", "get-stderr", "output-stream"],
        }
    }
}

/// Which streams a guest opened while it was initialized, by their places in the table.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct OpenStreams(BTreeMap<u32, StandardStream>);

impl OpenStreams {
    /// Remembers what the guest was given at `place`.
    pub(in crate::sandbox) fn note(&mut self, place: u32, stream: StandardStream) {
        self.0.insert(place, stream);
    }

    /// What is still open, by its places.
    ///
    /// # Errors
    /// With the reason why a snapshot cannot have all of it.
    pub(super) fn still_open(
        &self,
        table: &mut ResourceTable,
    ) -> Result<BTreeMap<u32, StandardStream>, String> {
        let is_open = |place: &u32| table.get_any_mut(*place).is_ok();
        let places: Vec<u32> = (0..places_max()).filter(is_open).collect();
        let streams = places
            .iter()
            .map(|place| Some((*place, self.stream_at(*place, table)?)));
        streams.collect::<Option<_>>().ok_or_else(|| {
            "its initialization leaves something of the host open, such as a timer, a pollable or a \
             folder: let go of all that it opens before it ends"
                .into()
        })
    }

    fn stream_at(&self, place: u32, table: &mut ResourceTable) -> Option<StandardStream> {
        let entry = table.get_any_mut(place).ok()?;
        if entry.is::<DynInputStream>() {
            // An initialization reaches no file and no socket: there is no other stream to read.
            return Some(StandardStream::Input);
        }
        let noted = self.0.get(&place).copied();
        noted.filter(|_| entry.is::<DynOutputStream>())
    }
}

fn places_max() -> u32 {
    u32::try_from(limits::GUEST_HANDLES_MAX).unwrap_or(u32::MAX)
}

/// `component` with code that opens these streams again when it is instantiated.
///
/// # Errors
/// With the reason why that cannot be.
pub(super) fn with_reopened(
    component: Vec<u8>,
    open: &BTreeMap<u32, StandardStream>,
) -> Result<Vec<u8>, String> {
    match open.is_empty() {
        true => Ok(component),
        false => reopening::append(component, open),
    }
}
