//! `wasi:random`: random bytes out of the thread's generator, which the operating system seeds.

use rand::Rng as _;
use wasmtime::component::Linker;
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};

use super::names::Provided;
use super::part::{Called, Calls, InSnapshot, Part, Reaches};
use super::shared::Shared;
use crate::limits;

/// Random bytes, of which nothing is kept beside a guest.
pub(in crate::sandbox) struct Random;

impl Part for Random {
    type Host = ();
    const TITLE: &'static str = "random bytes";
    const PROVIDED: &'static [Provided] = &[
        Provided::wasi("wasi:random/insecure"),
        Provided::wasi("wasi:random/insecure-seed"),
        Provided::wasi("wasi:random/random"),
    ];
    const NEEDED: Option<&'static str> = None;
    const IN_SNAPSHOT: InSnapshot = InSnapshot::There;

    fn new((): &(), _: &Shared) -> Self {
        Self
    }

    fn link<T: Reaches<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        random::add_to_linker::<T, Calls<Self>>(linker, T::called)?;
        insecure::add_to_linker::<T, Calls<Self>>(linker, T::called)?;
        insecure_seed::add_to_linker::<T, Calls<Self>>(linker, T::called)
    }
}

fn random_bytes(count: u64) -> wasmtime::Result<Vec<u8>> {
    if count > limits::RANDOM_BYTES_MAX {
        wasmtime::bail!(
            "{count} random bytes were asked for in one call; at most {} are given",
            limits::RANDOM_BYTES_MAX
        );
    }
    let mut bytes = vec![0; usize::try_from(count)?];
    rand::rng().fill_bytes(&mut bytes);
    Ok(bytes)
}

impl random::Host for Called<'_, Random> {
    fn get_random_bytes(&mut self, count: u64) -> wasmtime::Result<Vec<u8>> {
        random_bytes(count)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(rand::random())
    }
}

impl insecure::Host for Called<'_, Random> {
    fn get_insecure_random_bytes(&mut self, count: u64) -> wasmtime::Result<Vec<u8>> {
        random_bytes(count)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(rand::random())
    }
}

impl insecure_seed::Host for Called<'_, Random> {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok(rand::random())
    }
}
