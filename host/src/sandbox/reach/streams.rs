//! `wasi:io`: streams, what waits for them, and their errors.

use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::IoError;
use wasmtime_wasi_io::bindings::wasi::io::{error, poll, streams};

use super::names::Provided;
use super::part::{InSnapshot, Part, Reaches};
use super::shared::Shared;

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
        poll::add_to_linker::<T, Table>(linker, |state| &mut state.called().shared.table)?;
        streams::add_to_linker::<T, Table>(linker, |state| &mut state.called().shared.table)
    }
}

/// The engine's own functions need the table alone.
struct Table;

impl HasData for Table {
    type Data<'a> = &'a mut ResourceTable;
}

/// Errors, which are shown to guests in words of their own.
struct Errors<'a>(&'a mut ResourceTable);

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
