//! Requests and responses, with their headers.

use wasmtime::component::Resource;
use wasmtime_wasi_http::p2::HttpResult;
use wasmtime_wasi_http::p2::bindings::http::types::{
    ErrorCode, Fields, HostIncomingRequest, HostIncomingResponse, HostOutgoingRequest,
    HostOutgoingResponse, HostRequestOptions, HostResponseOutparam, IncomingBody, IncomingRequest,
    IncomingResponse, Method, OutgoingBody, OutgoingRequest, OutgoingResponse, RequestOptions,
    ResponseOutparam, Scheme, StatusCode,
};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use super::charged_body::ChargedBody;
use super::{Http, as_the_engine_does, charged_body, weights};
use crate::limits;

type Duration = u64;

/// A body where there is none yet.
type NewBody = Result<Resource<OutgoingBody>, ()>;

impl HostIncomingRequest for Http<'_> {
    as_the_engine_does! { HostIncomingRequest:
        fn method(request: Resource<IncomingRequest>) -> wasmtime::Result<Method>;
        fn path_with_query(
            request: Resource<IncomingRequest>
        ) -> wasmtime::Result<Option<String>>;
        fn scheme(request: Resource<IncomingRequest>) -> wasmtime::Result<Option<Scheme>>;
        fn authority(request: Resource<IncomingRequest>) -> wasmtime::Result<Option<String>>;
        fn consume(
            request: Resource<IncomingRequest>
        ) -> wasmtime::Result<Result<Resource<IncomingBody>, ()>>;
    }

    fn headers(
        &mut self,
        request: Resource<IncomingRequest>,
    ) -> wasmtime::Result<Resource<Fields>> {
        let fields = HostIncomingRequest::headers(&mut self.engine, request)?;
        self.shared_fields(fields)
    }

    fn drop(&mut self, request: Resource<IncomingRequest>) -> wasmtime::Result<()> {
        self.costs.take(request.rep());
        HostIncomingRequest::drop(&mut self.engine, request)
    }
}

impl Http<'_> {
    /// Has a request count for its headers and texts. Of those it has just been given, there must be a bound.
    fn weigh_request(&mut self, place: u32) -> wasmtime::Result<()> {
        let request = Resource::<OutgoingRequest>::new_borrow(place);
        let request = self.engine.table.get(&request)?;
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::capacity);
        let method = match &request.method {
            Method::Other(name) => name.capacity(),
            _ => 0,
        };
        let bytes = weights::headers(&request.headers)
            + method
            + text(&request.authority)
            + text(&request.path_with_query);
        Ok(self.costs.set(place, bytes)?)
    }

    /// Has a body count that has begun, here and wherever its other end goes, which is in `slot` of the message at
    /// `place`.
    fn begin_body<T: 'static>(
        &mut self,
        place: u32,
        begun: NewBody,
        slot: impl FnOnce(&mut T) -> &mut Option<HyperOutgoingBody>,
    ) -> wasmtime::Result<NewBody> {
        let Ok(body) = begun else {
            return Ok(Err(()));
        };
        let cost = self.bodies.begin(&body, self.costs.budget())?;
        let message = Resource::<T>::new_borrow(place);
        let slot = slot(self.engine.table.get_mut(&message)?);
        *slot = slot.take().map(|body| ChargedBody::boxed(body, cost));
        Ok(Ok(body))
    }
}

impl HostOutgoingRequest for Http<'_> {
    as_the_engine_does! { HostOutgoingRequest:
        fn method(request: Resource<OutgoingRequest>) -> wasmtime::Result<Method>;
        fn path_with_query(
            request: Resource<OutgoingRequest>
        ) -> wasmtime::Result<Option<String>>;
        fn scheme(request: Resource<OutgoingRequest>) -> wasmtime::Result<Option<Scheme>>;
        // Names of schemes are short.
        fn set_scheme(
            request: Resource<OutgoingRequest>,
            scheme: Option<Scheme>
        ) -> wasmtime::Result<Result<(), ()>>;
        fn authority(request: Resource<OutgoingRequest>) -> wasmtime::Result<Option<String>>;
    }

    fn new(&mut self, headers: Resource<Fields>) -> wasmtime::Result<Resource<OutgoingRequest>> {
        let charge = self.costs.take(headers.rep());
        let request = HostOutgoingRequest::new(&mut self.engine, headers)?;
        self.move_cost(charge, request.rep());
        Ok(request)
    }

    fn body(&mut self, request: Resource<OutgoingRequest>) -> wasmtime::Result<NewBody> {
        let place = request.rep();
        let begun = HostOutgoingRequest::body(&mut self.engine, request)?;
        self.begin_body(place, begun, |request: &mut OutgoingRequest| {
            &mut request.body
        })
    }

    fn set_method(
        &mut self,
        request: Resource<OutgoingRequest>,
        method: Method,
    ) -> wasmtime::Result<Result<(), ()>> {
        let place = request.rep();
        let done = HostOutgoingRequest::set_method(&mut self.engine, request, method)?;
        self.weigh_request(place)?;
        Ok(done)
    }

    fn set_path_with_query(
        &mut self,
        request: Resource<OutgoingRequest>,
        path: Option<String>,
    ) -> wasmtime::Result<Result<(), ()>> {
        let place = request.rep();
        let done = HostOutgoingRequest::set_path_with_query(&mut self.engine, request, path)?;
        self.weigh_request(place)?;
        Ok(done)
    }

    fn set_authority(
        &mut self,
        request: Resource<OutgoingRequest>,
        authority: Option<String>,
    ) -> wasmtime::Result<Result<(), ()>> {
        let place = request.rep();
        let done = HostOutgoingRequest::set_authority(&mut self.engine, request, authority)?;
        self.weigh_request(place)?;
        Ok(done)
    }

    fn headers(
        &mut self,
        request: Resource<OutgoingRequest>,
    ) -> wasmtime::Result<Resource<Fields>> {
        let fields = HostOutgoingRequest::headers(&mut self.engine, request)?;
        self.shared_fields(fields)
    }

    fn drop(&mut self, request: Resource<OutgoingRequest>) -> wasmtime::Result<()> {
        self.costs.take(request.rep());
        HostOutgoingRequest::drop(&mut self.engine, request)
    }
}

impl HostRequestOptions for Http<'_> {
    as_the_engine_does! { HostRequestOptions:
        fn new() -> wasmtime::Result<Resource<RequestOptions>>;
        fn connect_timeout(
            options: Resource<RequestOptions>
        ) -> wasmtime::Result<Option<Duration>>;
        fn set_connect_timeout(
            options: Resource<RequestOptions>,
            duration: Option<Duration>
        ) -> wasmtime::Result<Result<(), ()>>;
        fn first_byte_timeout(
            options: Resource<RequestOptions>
        ) -> wasmtime::Result<Option<Duration>>;
        fn set_first_byte_timeout(
            options: Resource<RequestOptions>,
            duration: Option<Duration>
        ) -> wasmtime::Result<Result<(), ()>>;
        fn between_bytes_timeout(
            options: Resource<RequestOptions>
        ) -> wasmtime::Result<Option<Duration>>;
        fn set_between_bytes_timeout(
            options: Resource<RequestOptions>,
            duration: Option<Duration>
        ) -> wasmtime::Result<Result<(), ()>>;
        fn drop(options: Resource<RequestOptions>) -> wasmtime::Result<()>;
    }
}

impl HostResponseOutparam for Http<'_> {
    as_the_engine_does! { HostResponseOutparam:
        fn send_informational(
            outparam: Resource<ResponseOutparam>,
            status: u16,
            headers: Resource<Fields>
        ) -> HttpResult<()>;
        fn drop(outparam: Resource<ResponseOutparam>) -> wasmtime::Result<()>;
    }

    /// What the response holds goes along with its body.
    fn set(
        &mut self,
        outparam: Resource<ResponseOutparam>,
        response: Result<Resource<OutgoingResponse>, ErrorCode>,
    ) -> wasmtime::Result<()> {
        match &response {
            Ok(response) => {
                if let Some(charge) = self.costs.take(response.rep()) {
                    let slot = &mut self.engine.table.get_mut(response)?.body;
                    let body = slot.take().unwrap_or_else(charged_body::empty);
                    *slot = Some(ChargedBody::boxed(body, charge));
                }
            }
            Err(error) if weights::error(error) > limits::FUNCTION_ERROR_TEXT_BYTES_MAX => {
                wasmtime::bail!(
                    "the error that is given for a response is longer than {} bytes",
                    limits::FUNCTION_ERROR_TEXT_BYTES_MAX
                );
            }
            Err(_) => {}
        }
        HostResponseOutparam::set(&mut self.engine, outparam, response)
    }
}

impl HostIncomingResponse for Http<'_> {
    as_the_engine_does! { HostIncomingResponse:
        fn status(response: Resource<IncomingResponse>) -> wasmtime::Result<StatusCode>;
        fn consume(
            response: Resource<IncomingResponse>
        ) -> wasmtime::Result<Result<Resource<IncomingBody>, ()>>;
        // Its headers count wherever they are.
        fn drop(response: Resource<IncomingResponse>) -> wasmtime::Result<()>;
    }

    fn headers(
        &mut self,
        response: Resource<IncomingResponse>,
    ) -> wasmtime::Result<Resource<Fields>> {
        let fields = HostIncomingResponse::headers(&mut self.engine, response)?;
        self.shared_fields(fields)
    }
}

impl HostOutgoingResponse for Http<'_> {
    as_the_engine_does! { HostOutgoingResponse:
        fn status_code(response: Resource<OutgoingResponse>) -> wasmtime::Result<StatusCode>;
        fn set_status_code(
            response: Resource<OutgoingResponse>,
            status: StatusCode
        ) -> wasmtime::Result<Result<(), ()>>;
    }

    fn new(&mut self, headers: Resource<Fields>) -> wasmtime::Result<Resource<OutgoingResponse>> {
        let charge = self.costs.take(headers.rep());
        let response = HostOutgoingResponse::new(&mut self.engine, headers)?;
        self.move_cost(charge, response.rep());
        Ok(response)
    }

    fn body(&mut self, response: Resource<OutgoingResponse>) -> wasmtime::Result<NewBody> {
        let place = response.rep();
        let begun = HostOutgoingResponse::body(&mut self.engine, response)?;
        self.begin_body(place, begun, |response: &mut OutgoingResponse| {
            &mut response.body
        })
    }

    fn headers(
        &mut self,
        response: Resource<OutgoingResponse>,
    ) -> wasmtime::Result<Resource<Fields>> {
        let fields = HostOutgoingResponse::headers(&mut self.engine, response)?;
        self.shared_fields(fields)
    }

    fn drop(&mut self, response: Resource<OutgoingResponse>) -> wasmtime::Result<()> {
        self.costs.take(response.rep());
        HostOutgoingResponse::drop(&mut self.engine, response)
    }
}
