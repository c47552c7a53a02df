//! One guest, from a fresh sandbox to its answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;
use uuid::Uuid;
use wasmtime::{Store, UpdateDeadline};

use super::bindings::exports::sparkler::function::handler::Context;
use super::bindings::sparkler::function::types;
use super::guest_state::GuestState;
use super::loaded::Loaded;
use super::ticker::Ticking;
use crate::domain::{Invocation, Version};
use crate::invoker::Admission;
use crate::limits;

/// Everything that one guest needs to run.
pub(super) struct GuestRun {
    pub(super) loaded: Arc<Loaded>,
    pub(super) state: GuestState,
    pub(super) version: Arc<Version>,
    pub(super) invocation: Invocation,
    pub(super) slot: tokio::sync::OwnedSemaphorePermit,
    pub(super) ticking: Ticking,
    pub(super) admission: Admission,
}

/// How far a guest came.
pub(super) enum End {
    /// It could not be set up.
    NotStarted(wasmtime::Error),
    /// It ended without an answer.
    Broken(wasmtime::Error),
    /// Its handler came back.
    Answered(Result<Vec<u8>, types::FunctionError>),
}

/// A guest that has ended, and what is left of it.
pub(super) struct Ended {
    pub(super) end: End,
    pub(super) remains: Remains,
    /// Given back before the caller hears, so that its next call finds room.
    pub(super) admission: Admission,
}

/// A used sandbox. Dropping it resets its slot, which counts as taken until then. The order of the
/// fields is the order in which they go.
pub(super) struct Remains {
    _store: Store<GuestState>,
    _ticking: Ticking,
    _slot: tokio::sync::OwnedSemaphorePermit,
}

impl GuestRun {
    /// Runs the guest to its end. Dropping the future ends the guest where it waits.
    pub(super) async fn run(self) -> Ended {
        let Self {
            loaded,
            state,
            version,
            invocation,
            slot,
            ticking,
            admission,
        } = self;
        let deadline = state.deadline;
        let mut store = fresh_store(&loaded, state);
        let end = match loaded.function.instantiate_async(&mut store).await {
            Err(error) => End::NotStarted(error),
            Ok(function) => {
                let handler = function.sparkler_function_handler();
                let mut id = Uuid::encode_buffer();
                let context = Context {
                    request_id: invocation.request_id.0.hyphenated().encode_lower(&mut id),
                    invoked_function_arn: &invocation.invoked_arn,
                    function_version: &version.id.to_string(),
                    deadline_ms: unix_milliseconds(deadline),
                    trace_id: invocation.trace_id.as_deref(),
                    client_context: invocation.client_context.as_deref(),
                    tenant_id: invocation.tenant_id.as_deref(),
                };
                match handler
                    .call_handle(&mut store, &invocation.payload, context)
                    .await
                {
                    Err(error) => End::Broken(error),
                    Ok(answer) => End::Answered(answer),
                }
            }
        };
        let remains = Remains {
            _store: store,
            _ticking: ticking,
            _slot: slot,
        };
        Ended {
            end,
            remains,
            admission,
        }
    }
}

fn fresh_store(loaded: &Loaded, state: GuestState) -> Store<GuestState> {
    let mut store = Store::new(loaded.function.engine(), state);
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(limits::HOSTCALL_BYTES_MAX);
    store.set_max_component_handles(limits::GUEST_HANDLES_MAX);
    store.epoch_deadline_callback(|context| Ok(at_tick(context.data())));
    // The first tick may come at once; the second leaves at least one whole slice.
    store.set_epoch_deadline(2);
    store
}

/// What happens to a guest that is still running at a tick: it ends at its deadline and when nobody
/// waits for it, and otherwise lets others have the thread.
fn at_tick(state: &GuestState) -> UpdateDeadline {
    let vitals = &state.vitals;
    if Instant::now() >= state.deadline || vitals.abandoned.load(Ordering::Relaxed) {
        return UpdateDeadline::Interrupt;
    }
    vitals.ticked.store(true, Ordering::Relaxed);
    UpdateDeadline::Yield(1)
}

fn unix_milliseconds(deadline: Instant) -> u64 {
    let remaining = deadline.saturating_duration_since(Instant::now());
    let at = (SystemTime::now() + remaining)
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(at.as_millis()).unwrap_or(u64::MAX)
}
