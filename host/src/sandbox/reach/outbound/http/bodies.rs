//! Bodies of requests and responses, and what comes behind them.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable};
use wasmtime_wasi_http::p2::bindings::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, FutureTrailers, HostFutureIncomingResponse,
    HostFutureTrailers, HostIncomingBody, HostOutgoingBody, IncomingBody, IncomingResponse,
    OutgoingBody,
};
use wasmtime_wasi_http::p2::{HttpError, HttpResult};

use super::charged_body::ChargedStream;
use super::{Http, as_the_engine_does};
use crate::domain::Lock;
use crate::limits;
use crate::sandbox::memory::budget::{Budget, Spent};
use crate::sandbox::memory::charge::Charge;

/// What a body that a guest writes costs beside what it wrote. Shared by the guest's end of it and by the other,
/// which has it wherever it goes.
pub(super) type BodyCost = Arc<Lock<Charge>>;

/// The bodies that a guest writes, by their places.
#[derive(Default)]
pub(in crate::sandbox::reach::outbound) struct BodyCosts(BTreeMap<u32, BodyCost>);

impl BodyCosts {
    /// A body that begins.
    pub(super) fn begin(
        &mut self,
        body: &Resource<OutgoingBody>,
        budget: &Arc<Budget>,
    ) -> Result<BodyCost, Spent> {
        let charge = Charge::take(budget, limits::GUEST_HTTP_BODY_BYTES)?;
        let cost = Arc::new(Lock::new(charge));
        self.0.insert(body.rep(), Arc::clone(&cost));
        Ok(cost)
    }

    /// It has ended, with trailers that cost so much.
    fn end(&mut self, body: &Resource<OutgoingBody>, trailers: usize) -> Result<(), Spent> {
        let cost = self.0.remove(&body.rep());
        cost.map_or(Ok(()), |cost| cost.lock().add(trailers))
    }
}

impl HostOutgoingBody for Http<'_> {
    fn write(
        &mut self,
        body: Resource<OutgoingBody>,
    ) -> wasmtime::Result<Result<Resource<DynOutputStream>, ()>> {
        let Some(stream) = self.engine.table.get_mut(&body)?.take_output_stream() else {
            return Ok(Err(()));
        };
        let stream: DynOutputStream = Box::new(ChargedStream {
            stream,
            budget: Arc::clone(self.costs.budget()),
        });
        Ok(Ok(self.engine.table.push_child(stream, &body)?))
    }

    fn finish(
        &mut self,
        body: Resource<OutgoingBody>,
        trailers: Option<Resource<Fields>>,
    ) -> HttpResult<()> {
        let held = trailers.as_ref();
        let held = held.and_then(|trailers| self.costs.take(trailers.rep()));
        // Given back before it is taken anew.
        let bytes = held.map_or(0, |held| held.bytes());
        let ended = self.bodies.end(&body, bytes);
        ended.map_err(HttpError::trap)?;
        HostOutgoingBody::finish(&mut self.engine, body, trailers)
    }

    fn drop(&mut self, body: Resource<OutgoingBody>) -> wasmtime::Result<()> {
        self.bodies.end(&body, 0)?;
        HostOutgoingBody::drop(&mut self.engine, body)
    }
}

/// What comes in was counted where it came in.
impl HostIncomingBody for Http<'_> {
    as_the_engine_does! { HostIncomingBody:
        fn stream(
            body: Resource<IncomingBody>
        ) -> wasmtime::Result<Result<Resource<DynInputStream>, ()>>;
        fn finish(body: Resource<IncomingBody>) -> wasmtime::Result<Resource<FutureTrailers>>;
        fn drop(body: Resource<IncomingBody>) -> wasmtime::Result<()>;
    }
}

type Trailers = Option<Result<Result<Option<Resource<Fields>>, ErrorCode>, ()>>;

impl HostFutureTrailers for Http<'_> {
    as_the_engine_does! { HostFutureTrailers:
        fn subscribe(trailers: Resource<FutureTrailers>) -> wasmtime::Result<Resource<DynPollable>>;
        fn drop(trailers: Resource<FutureTrailers>) -> wasmtime::Result<()>;
    }

    fn get(&mut self, trailers: Resource<FutureTrailers>) -> wasmtime::Result<Trailers> {
        Ok(match HostFutureTrailers::get(&mut self.engine, trailers)? {
            Some(Ok(Ok(Some(fields)))) => Some(Ok(Ok(Some(self.shared_fields(fields)?)))),
            other => other,
        })
    }
}

impl HostFutureIncomingResponse for Http<'_> {
    as_the_engine_does! { HostFutureIncomingResponse:
        fn get(
            response: Resource<FutureIncomingResponse>
        ) -> wasmtime::Result<Option<Result<Result<Resource<IncomingResponse>, ErrorCode>, ()>>>;
        fn subscribe(
            response: Resource<FutureIncomingResponse>
        ) -> wasmtime::Result<Resource<DynPollable>>;
        fn drop(response: Resource<FutureIncomingResponse>) -> wasmtime::Result<()>;
    }
}
