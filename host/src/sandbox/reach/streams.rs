//! `wasi:io`: streams, what waits for them, and their errors.

use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::{DynPollable, IoError};
use wasmtime_wasi_io::bindings::wasi::io::{error, poll, streams};

use super::names::Provided;
use super::part::{InSnapshot, Part, Reaches};
use super::shared::Shared;
use super::table::Table;
use crate::limits;
use crate::sandbox::memory::charge::Charge;

/// Streams, which are where all things are that a guest has handles of.
pub(in crate::sandbox) struct Streams;

impl Part for Streams {
    type Host = ();
    const TITLE: &'static str = "streams, and waiting for them";
    const PROVIDED: &'static [Provided] = &[
        Provided::wasi("wasi:io/error"),
        Provided::wasi("wasi:io/poll"),
        Provided::wasi("wasi:io/streams"),
    ];
    const NEEDED: Option<&'static str> = None;
    const IN_SNAPSHOT: InSnapshot = InSnapshot::There;

    fn new((): &(), _: &Shared) -> Self {
        Self
    }

    fn link<T: Reaches<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        error::add_to_linker::<T, Errors<'static>>(linker, |state| {
            Errors(&mut state.called().shared.table)
        })?;
        poll::add_to_linker::<T, Polls<'static>>(linker, |state| {
            Polls(&mut state.called().shared.table)
        })?;
        streams::add_to_linker::<T, Places>(linker, |state| state.called().shared.table.lend())
    }
}

/// The engine's own functions need places alone: what streams hold is counted where they are made.
struct Places;

impl HasData for Places {
    type Data<'a> = &'a mut ResourceTable;
}

/// What guests wait for. A list of it costs while it is waited for.
struct Polls<'a>(&'a mut Table);

impl HasData for Polls<'static> {
    type Data<'a> = Polls<'a>;
}

impl poll::Host for Polls<'_> {
    async fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> wasmtime::Result<Vec<u32>> {
        let bytes = pollables.len().saturating_mul(limits::GUEST_POLLED_BYTES);
        let _held = Charge::take(self.0.budget(), bytes)?;
        poll::Host::poll(self.0.lend(), pollables).await
    }
}

impl poll::HostPollable for Polls<'_> {
    async fn block(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        poll::HostPollable::block(self.0.lend(), pollable).await
    }

    async fn ready(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<bool> {
        poll::HostPollable::ready(self.0.lend(), pollable).await
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        poll::HostPollable::drop(self.0.lend(), pollable)
    }
}

/// Errors, which are shown to guests in words of their own.
struct Errors<'a>(&'a mut Table);

impl HasData for Errors<'static> {
    type Data<'a> = Errors<'a>;
}

impl error::Host for Errors<'_> {}

impl error::HostError for Errors<'_> {
    /// What went wrong, and not where in the host: a guest is not to see its stack.
    fn to_debug_string(&mut self, error: Resource<IoError>) -> wasmtime::Result<String> {
        Ok(format!("{:#}", self.0.get(&error)?))
    }

    fn drop(&mut self, error: Resource<IoError>) -> wasmtime::Result<()> {
        self.0.delete(error)?;
        Ok(())
    }
}
