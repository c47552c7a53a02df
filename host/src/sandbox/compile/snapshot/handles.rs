//! Handles that a guest holds when its initialization is over.
//!
//! A guest, or rather its C library, remembers by number the streams of its log and what it waits for them
//! with; a snapshot holds the numbers without the things. So code is added to the snapshot that opens the
//! same things again when it is instantiated: new handles are given the numbers that are free, so they
//! come to be the same. Anything else that is still open, such as a timer, cannot be opened again.

mod places;
mod reopening;

use std::collections::BTreeMap;

use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable};

use crate::sandbox::reach::open_streams::{OpenStreams, StandardStream};
use places::{Places, address};

/// Something that can be opened again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox::compile) enum Handle {
    /// A stream.
    Stream(StandardStream),
    /// What waits for the stream at that place.
    Pollable { stream: u32 },
}

/// What is open, by its places: the handle of a guest is one more than its place.
pub(in crate::sandbox::compile) type OpenHandles = BTreeMap<u32, Handle>;

impl OpenStreams {
    /// What is still open.
    ///
    /// # Errors
    /// With the reason why a snapshot cannot have all of it.
    pub(in crate::sandbox::compile) fn still_open(
        &self,
        table: &mut ResourceTable,
    ) -> Result<OpenHandles, String> {
        let Places { open, buried } = Places::of(table);
        let mut handles = OpenHandles::new();
        for place in &open {
            if let Some(stream) = self.stream_at(*place, table) {
                handles.insert(*place, Handle::Stream(stream));
            }
        }
        for (pollable, stream) in pollables(&handles, table) {
            handles.insert(pollable, Handle::Pollable { stream });
        }
        if handles.len() < open.len() {
            return Err(
                "its initialization leaves something of the host open, such as a timer or a folder: \
                 let go of all that it opens before it ends"
                    .into(),
            );
        }
        match (open.last(), buried.first()) {
            (Some(last), Some(first)) if first < last => Err(
                "its initialization leaves streams open, and a host that was built for debugging \
                 cannot tell which handles they have: use a release build"
                    .into(),
            ),
            _ => Ok(handles),
        }
    }

    fn stream_at(&self, place: u32, table: &mut ResourceTable) -> Option<StandardStream> {
        let entry = table.get_any_mut(place).ok()?;
        let noted = self.0.get(&place).copied()?;
        let is_it = match noted {
            StandardStream::Input => entry.is::<DynInputStream>(),
            StandardStream::Output | StandardStream::Error => entry.is::<DynOutputStream>(),
        };
        is_it.then_some(noted)
    }
}

/// The places of what waits for one of these streams, each with the place of the stream.
fn pollables(streams: &OpenHandles, table: &mut ResourceTable) -> Vec<(u32, u32)> {
    let waiting: Vec<(*const (), u32)> = streams
        .iter()
        .flat_map(|(place, handle)| {
            let children = match handle {
                Handle::Stream(StandardStream::Input) => children::<DynInputStream>(*place, table),
                Handle::Stream(StandardStream::Output | StandardStream::Error) => {
                    children::<DynOutputStream>(*place, table)
                }
                Handle::Pollable { .. } => Vec::new(),
            };
            children.into_iter().map(|child| (child, *place))
        })
        .collect();
    let open = Places::of(table).open;
    let pollables = open.into_iter().filter_map(|place| {
        let entry = table.get_any_mut(place).ok()?;
        let here = address(entry);
        let (_, stream) = waiting.iter().find(|(child, _)| *child == here)?;
        entry.is::<DynPollable>().then_some((place, *stream))
    });
    pollables.collect()
}

fn children<T: 'static>(place: u32, table: &ResourceTable) -> Vec<*const ()> {
    let parent = Resource::<T>::new_borrow(place);
    let children = table.iter_children(&parent).into_iter().flatten();
    children.map(|child| address(child)).collect()
}

/// `component` with code that opens these handles again when it is instantiated.
///
/// # Errors
/// With the reason why that cannot be.
pub(super) fn with_reopened(component: Vec<u8>, open: &OpenHandles) -> Result<Vec<u8>, String> {
    match open.is_empty() {
        true => Ok(component),
        false => reopening::append(component, open),
    }
}
