//! The host's side of one guest: what its calls to the host reach.
//!
//! A guest gets its log, its environment, the clocks and random bytes. The rest of WASI is linked and
//! holds nothing: no folder is opened, every address is refused.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::WasiHttpCtx;

use super::bindings::sparkler::function::failure;
use super::bindings::sparkler::function::types;
use super::environment::Surroundings;
use super::memory_limiter::MemoryLimiter;
use super::outbound::Outbound;
use super::response::Response;
use super::snapshot::OpenStreams;
use super::trap;
use super::vitals::Vitals;
use crate::limits;

/// The data of a store.
pub(super) struct GuestState {
    pub(super) vitals: Arc<Vitals>,
    pub(super) limiter: MemoryLimiter,
    pub(super) surroundings: Surroundings,
    pub(super) deadline: Instant,
    pub(super) clock_start: Instant,
    pub(super) table: ResourceTable,
    pub(super) response: Response,
    pub(super) http: WasiHttpCtx,
    pub(super) outbound: Outbound,
    /// What a guest that is initialized for a snapshot holds open of the host.
    pub(super) open_streams: Option<Box<OpenStreams>>,
    /// Made at the first call that needs it: most guests never do.
    wasi: Option<Box<WasiCtx>>,
}

impl GuestState {
    pub(super) fn new(
        vitals: Arc<Vitals>,
        limiter: MemoryLimiter,
        surroundings: Surroundings,
        deadline: Instant,
    ) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits::GUEST_HANDLES_MAX);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(limits::GUEST_HTTP_FIELDS_BYTES_MAX);
        Self {
            vitals,
            limiter,
            surroundings,
            deadline,
            clock_start: Instant::now(),
            table,
            response: Response::default(),
            http,
            outbound: Outbound,
            open_streams: None,
            wasi: None,
        }
    }

    /// Has the monotonic clock begin at `elapsed`, so that it goes on after what a guest read of it while
    /// it was initialized.
    pub(super) fn start_clock_after(&mut self, elapsed: Duration) {
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
