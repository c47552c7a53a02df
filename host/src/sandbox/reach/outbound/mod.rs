//! HTTP requests that guests send.
//!
//! A request is let out where a rule of its function allows scheme, host and port (`decision`), to an
//! address that was looked up once (`lookup`), is public or named by a rule, and is the one that is
//! connected to (`connect`). Redirects are the guest's own business, and the host's proxy settings are not
//! used. Connections speak HTTP/1.1. They are kept for later requests of the same function and tenant
//! (`pool`), and nothing else of a request outlives its invocation: what a guest has not read by then is
//! closed (`lease`).

mod allowance;
mod body;
mod broken_stream;
mod connect;
mod decision;
mod exchange;
mod failure;
mod lease;
mod lessons;
mod lookup;
mod network;
mod pool;
mod response_body;
mod target;
mod trust;

use std::sync::Arc;

use http::{HeaderName, Request, Response, header};
use tokio::sync::watch;
use tokio::time::Instant;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody,
    WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

use super::guest_state::GuestState;
use crate::domain::Version;
use crate::limits;
use crate::sandbox::vitals::Vitals;
use allowance::Allowance;
pub(in crate::sandbox) use broken_stream::add_to_linker;
use exchange::Exchange;
pub(in crate::sandbox) use network::Network;

/// Decides about the requests of one guest, and sends them.
pub(in crate::sandbox) struct Outbound {
    /// None while the guest is initialized for a snapshot.
    network: Option<Arc<Network>>,
    vitals: Arc<Vitals>,
    version: Arc<Version>,
    tenant_id: Option<String>,
    deadline: Instant,
    /// Made at the first request: most guests never send one.
    ongoing: Option<Ongoing>,
}

/// The requests of one invocation. Dropping it ends those that are under way.
struct Ongoing {
    allowance: Arc<Allowance>,
    end: watch::Sender<()>,
}

/// What tells how the sending of a body ended.
type BodySent = Box<dyn Future<Output = Result<(), Error>> + Send>;

type Sent = Box<dyn Future<Output = Result<(Response<WasiBody>, BodySent), Error>> + Send>;

impl Outbound {
    pub(in crate::sandbox) fn new(
        network: Option<Arc<Network>>,
        vitals: Arc<Vitals>,
        version: Arc<Version>,
        deadline: Instant,
    ) -> Self {
        Self {
            network,
            vitals,
            version,
            tenant_id: None,
            deadline,
            ongoing: None,
        }
    }

    /// Goes on to another invocation.
    pub(in crate::sandbox) fn begin(&mut self, version: Arc<Version>, deadline: Instant) {
        self.end();
        self.version = version;
        self.deadline = deadline;
    }

    /// Says for which tenant the requests are.
    pub(in crate::sandbox) fn serve(&mut self, tenant_id: Option<&str>) {
        self.tenant_id = tenant_id.map(str::to_owned);
    }

    /// Ends the requests that are under way.
    pub(in crate::sandbox) fn end(&mut self) {
        self.ongoing = None;
    }

    fn ongoing(&mut self) -> &Ongoing {
        let Self {
            vitals,
            version,
            tenant_id,
            deadline,
            ongoing,
            ..
        } = self;
        ongoing.get_or_insert_with(|| Ongoing {
            allowance: Arc::new(Allowance::new(
                Arc::clone(vitals),
                Arc::clone(version),
                tenant_id.clone(),
                *deadline,
            )),
            end: watch::Sender::new(()),
        })
    }
}

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _received: BodySent,
    ) -> Sent {
        let Some(network) = self.network.clone() else {
            return Box::new(async { Err(Error::HttpRequestDenied) });
        };
        let Ongoing { allowance, end } = self.ongoing();
        let Some(place) = allowance.place() else {
            allowance.log(&format!(
                "http request refused: {} others are under way; read or drop their responses first",
                limits::OUTBOUND_REQUESTS_OF_INVOCATION_MAX
            ));
            return Box::new(async { Err(Error::ConnectionLimitReached) });
        };
        let exchange = Exchange {
            network,
            allowance: Arc::clone(allowance),
            ended: end.subscribe(),
        };
        Box::new(exchange.run(request, options, place))
    }

    /// The host names the server itself, as it understood it.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        is_forbidden(name)
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(is_forbidden)
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        limits::GUEST_HTTP_CHUNK_BYTES_MAX
    }

    // What goes wrong is the guest's to know. It is not told in the host's log, which a guest could flood.

    fn p2_error_from_hyper(&mut self, error: &hyper::Error) -> ErrorCode {
        failure::code_of_hyper(error)
    }

    fn p2_error_from_connect(&mut self, _: &std::io::Error) -> ErrorCode {
        ErrorCode::DestinationUnavailable
    }

    fn p2_error_from_tls(&mut self, _: &std::io::Error) -> ErrorCode {
        ErrorCode::TlsProtocolError
    }
}

/// Headers that speak of a connection, which is the host's, and not of a request.
fn is_forbidden(name: &HeaderName) -> bool {
    DEFAULT_FORBIDDEN_HEADERS.contains(name) || name == header::TE
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
