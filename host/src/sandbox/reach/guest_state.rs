//! The host's side of one guest, and the list of all that a guest can reach.
//!
//! A guest gets its log, its environment, the clocks, random bytes and a folder that is its own. The rest is linked and
//! holds nothing that its function was not granted. Whoever adds an interface writes a module for it with a
//! [`Part`], and a line below.

use std::sync::Arc;

use wasmtime::component::Linker;

use super::clocks::Clocks;
use super::config::Config;
use super::environment::Environment;
use super::failure::Failure;
use super::files::Files;
use super::inert::Inert;
use super::log::Log;
use super::outbound::{Http, Outbound};
use super::part::{Called, Described, Part, Reaches, parts};
use super::random::Random;
use super::response::Response;
use super::shared::Shared;
use super::stdio::Stdio;
use super::streams::Streams;

parts! {
    log: Log,
    failure: Failure,
    response: Response,
    stdio: Stdio,
    streams: Streams,
    environment: Environment,
    config: Config,
    clocks: Clocks,
    random: Random,
    files: Files,
    outbound: Outbound,
    inert: Inert,
}

/// The data of a store.
pub(in crate::sandbox) struct GuestState {
    /// Go before the table does, so that requests know that their guest has ended.
    pub(in crate::sandbox) parts: Parts,
    pub(in crate::sandbox) shared: Shared,
    hosts: Arc<Hosts>,
}

impl GuestState {
    pub(in crate::sandbox) fn new(hosts: Arc<Hosts>, shared: Shared) -> Self {
        Self {
            parts: Parts::new(&hosts, &shared),
            shared,
            hosts,
        }
    }

    /// Goes on to the next invocation, of which `shared` speaks already.
    pub(in crate::sandbox) fn begin(&mut self) {
        self.parts.begin();
    }

    /// Ends what an invocation leaves behind.
    pub(in crate::sandbox) fn end(&mut self) {
        self.parts.end();
    }

    /// All that the guest has to do with HTTP.
    pub(in crate::sandbox) fn http(&mut self) -> Http<'_> {
        Reaches::<Outbound>::called(self).into_http()
    }
}
