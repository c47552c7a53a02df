//! The host's side of one guest: what its calls to the host reach.
//!
//! A guest gets its log, its environment, the clocks, random bytes and a folder that is its own. The rest
//! of WASI is linked and holds nothing that its function was not granted.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_config::WasiConfigVariables;
use wasmtime_wasi_http::WasiHttpCtx;

use super::caller::Served;
use super::environment::Surroundings;
use super::files::{GuestFiles, HostFiles};
use super::open_streams::OpenStreams;
use super::outbound::{Network, Outbound};
use super::response::Response;
use crate::limits;
use crate::sandbox::bindings::sparkler::function::failure;
use crate::sandbox::bindings::sparkler::function::types;
use crate::sandbox::engine::memory_limiter::MemoryLimiter;
use crate::sandbox::guest::trap;
use crate::sandbox::vitals::Vitals;

/// The data of a store.
pub(in crate::sandbox) struct GuestState {
    pub(in crate::sandbox) vitals: Arc<Vitals>,
    pub(in crate::sandbox) limiter: MemoryLimiter,
    pub(in crate::sandbox) surroundings: Surroundings,
    pub(in crate::sandbox) served: Served,
    pub(in crate::sandbox) deadline: Instant,
    pub(in crate::sandbox) clock_start: Instant,
    /// Goes before the table does, so that requests know that their guest has ended.
    pub(in crate::sandbox) outbound: Outbound,
    pub(in crate::sandbox) table: ResourceTable,
    /// What a command reads; there is none for other guests.
    pub(in crate::sandbox) stdin: Option<MemoryInputPipe>,
    pub(in crate::sandbox) response: Response,
    pub(in crate::sandbox) http: WasiHttpCtx,
    /// What a guest that is initialized for a snapshot holds open of the host.
    pub(in crate::sandbox) open_streams: Option<Box<OpenStreams>>,
    files: Option<Arc<HostFiles>>,
    /// Made at the first call that needs them: most guests never do.
    guest_files: Option<Arc<GuestFiles>>,
    /// See `guest_files`.
    pub(in crate::sandbox) config: Option<Box<WasiConfigVariables>>,
    /// See `guest_files`.
    wasi: Option<Box<WasiCtx>>,
}

/// What of the host a guest can get to, as far as its function was granted it.
pub(in crate::sandbox) struct Reach {
    pub(in crate::sandbox) files: Arc<HostFiles>,
    pub(in crate::sandbox) network: Arc<Network>,
}

impl GuestState {
    /// The host's side of a guest; with no `reach`, it has neither files nor a network.
    pub(in crate::sandbox) fn new(
        vitals: Arc<Vitals>,
        limiter: MemoryLimiter,
        surroundings: Surroundings,
        reach: Option<Reach>,
        deadline: Instant,
    ) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits::GUEST_HANDLES_MAX);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(limits::GUEST_HTTP_FIELDS_BYTES_MAX);
        let version = Arc::clone(&surroundings.version);
        let (files, network) = reach.map(|reach| (reach.files, reach.network)).unzip();
        Self {
            outbound: Outbound::new(network, Arc::clone(&vitals), version, deadline),
            vitals,
            limiter,
            surroundings,
            served: Served::default(),
            deadline,
            clock_start: Instant::now(),
            table,
            stdin: None,
            response: Response::default(),
            http,
            open_streams: None,
            files,
            guest_files: None,
            config: None,
            wasi: None,
        }
    }

    /// The guest's own files, which live as long as its sandbox; none while it is initialized for a
    /// snapshot.
    pub(in crate::sandbox) fn guest_files(&mut self) -> Option<&Arc<GuestFiles>> {
        let host = self.files.as_ref()?;
        Some(self.guest_files.get_or_insert_with(|| {
            let settings = &self.surroundings.version.settings;
            GuestFiles::new(host, settings.ephemeral_storage_bytes_max())
        }))
    }

    /// Has the monotonic clock begin at `elapsed`, so that it goes on after what a guest read of it while
    /// it was initialized.
    pub(in crate::sandbox) fn start_clock_after(&mut self, elapsed: Duration) {
        self.clock_start = self
            .clock_start
            .checked_sub(elapsed)
            .unwrap_or(self.clock_start);
    }
}

impl WasiView for GuestState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let ctx = self.wasi.get_or_insert_with(|| {
            let mut builder = WasiCtxBuilder::new();
            Box::new(builder.max_random_size(limits::RANDOM_BYTES_MAX).build())
        });
        WasiCtxView {
            ctx,
            table: &mut self.table,
        }
    }
}

impl types::Host for GuestState {}

impl failure::Host for GuestState {
    fn report(&mut self, error: types::FunctionError) {
        self.vitals.report_failure(trap::handler_error(error));
    }
}
