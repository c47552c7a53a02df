//! The engine's functions for HTTP, with what the host holds for a guest in requests, responses and headers counted
//! in its budget. What the engine keeps on its own is counted by the place of its handle; what is on its way out or
//! in counts wherever it is, until it is gone.

mod bodies;
mod charged_body;
mod fields;
mod messages;
mod weights;

use http::{HeaderMap, Response};
use tokio::sync::oneshot;
use wasmtime::component::{HasData, Resource};
use wasmtime_wasi::p2::IoError;
use wasmtime_wasi_http::WasiHttpCtxView;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler;
use wasmtime_wasi_http::p2::bindings::http::types::{
    self, ErrorCode, FutureIncomingResponse, IncomingRequest, OutgoingRequest, RequestOptions,
    ResponseOutparam, Scheme,
};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;
use wasmtime_wasi_http::p2::{HeaderError, HttpError, HttpResult};

use crate::domain::WebRequest;
use crate::sandbox::memory::charge::Charge;
use crate::sandbox::reach::table::Costs;
pub(super) use bodies::BodyCosts;
use charged_body::ChargedBody;
pub(super) use weights::charged_headers;

/// What one guest has to do with HTTP, for the time of a call.
pub(in crate::sandbox) struct Http<'a> {
    pub(super) engine: WasiHttpCtxView<'a>,
    pub(super) costs: &'a mut Costs,
    pub(super) bodies: &'a mut BodyCosts,
}

/// How generated code gets at it.
pub(super) struct HttpCalls;

impl HasData for HttpCalls {
    type Data<'a> = Http<'a>;
}

/// Functions by which a guest makes nothing grow.
macro_rules! as_the_engine_does {
    ($interface:path: $(fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        $(fn $name(&mut self, $($argument: $type),*) -> $result {
            <wasmtime_wasi_http::WasiHttpCtxView<'_> as $interface>::$name(
                &mut self.engine,
                $($argument),*
            )
        })*
    };
}
use as_the_engine_does;

impl Http<'_> {
    /// A request for a guest that is a server.
    pub(in crate::sandbox) fn new_incoming_request(
        &mut self,
        scheme: Scheme,
        request: WebRequest,
    ) -> wasmtime::Result<Resource<IncomingRequest>> {
        let uri = request.uri();
        let target = uri
            .path_and_query()
            .map_or(0, |target| target.as_str().len());
        let authority = uri
            .authority()
            .map_or(0, |authority| authority.as_str().len());
        let bytes = weights::headers(request.headers()) + target + authority;
        let charge = Charge::take(self.costs.budget(), bytes)?;
        let request = self.engine.new_incoming_request(scheme, request)?;
        self.costs.put(request.rep(), charge);
        Ok(request)
    }

    /// Where such a guest says what its response is.
    pub(in crate::sandbox) fn new_response_outparam(
        &mut self,
        result: oneshot::Sender<Result<Response<HyperOutgoingBody>, ErrorCode>>,
    ) -> wasmtime::Result<Resource<ResponseOutparam>> {
        self.engine.new_response_outparam(result)
    }

    /// What was at one place is at another.
    fn move_cost(&mut self, charge: Option<Charge>, to: u32) {
        if let Some(charge) = charge {
            self.costs.put(to, charge);
        }
    }
}

impl types::Host for Http<'_> {
    as_the_engine_does! { types::Host:
        fn convert_error_code(error: HttpError) -> wasmtime::Result<ErrorCode>;
        fn convert_header_error(error: HeaderError) -> wasmtime::Result<types::HeaderError>;
        fn http_error_code(error: Resource<IoError>) -> wasmtime::Result<Option<ErrorCode>>;
    }
}

impl outgoing_handler::Host for Http<'_> {
    /// What the request holds goes along with its body, which is gone when all of it is.
    fn handle(
        &mut self,
        request: Resource<OutgoingRequest>,
        options: Option<Resource<RequestOptions>>,
    ) -> HttpResult<Resource<FutureIncomingResponse>> {
        let charge = self.costs.take(request.rep());
        let outgoing = self.engine.table.get_mut(&request)?;
        if let Some(charge) = charge {
            let body = outgoing.body.take();
            // Of a request that announces a body which it has not, the engine tells so.
            let has_none = body.is_none() && announces_none(&outgoing.headers);
            let body = body.or_else(|| has_none.then(charged_body::empty));
            outgoing.body = body.map(|body| ChargedBody::boxed(body, charge));
        }
        outgoing_handler::Host::handle(&mut self.engine, request, options)
    }
}

fn announces_none(headers: &HeaderMap) -> bool {
    let announced = headers.get(http::header::CONTENT_LENGTH);
    announced.is_none_or(|length| length.as_bytes().iter().all(|digit| *digit == b'0'))
}
