//! HTTP requests that guests send: none is let out.

use http::{Request, Response};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

use super::guest_state::GuestState;
use crate::limits;

/// Decides about the requests of one guest.
pub(super) struct Outbound;

/// What tells how the sending of a body ended.
type BodySent = Box<dyn Future<Output = Result<(), Error>> + Send>;

type Sent = Box<dyn Future<Output = Result<(Response<WasiBody>, BodySent), Error>> + Send>;

impl WasiHttpHooks for Outbound {
    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        limits::GUEST_HTTP_CHUNK_BYTES_MAX
    }

    fn send_request(
        &mut self,
        _request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _received: BodySent,
    ) -> Sent {
        Box::new(async { Err(Error::HttpRequestDenied) })
    }
}

impl WasiHttpView for GuestState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.outbound,
        }
    }
}
