//! The door to the guest: `wasi:http`.

use std::sync::Arc;

use http::{HeaderName, Request, Response, header};
use tokio::sync::watch;
use tokio::time::Instant;
use wasmtime::component::Linker;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::p2::bindings::http::{outgoing_handler, types};
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpCtx,
    WasiHttpCtxView, WasiHttpHooks,
};

use super::allowance::Allowance;
use super::broken_stream;
use super::exchange::{BodySent, Exchange};
use super::failure;
use super::http::{BodyCosts, Http, HttpCalls};
use super::network::Network;
use crate::domain::Version;
use crate::limits;
use crate::sandbox::reach::names::Provided;
use crate::sandbox::reach::part::{Called, InSnapshot, Part, Reaches};
use crate::sandbox::reach::shared::Shared;
use crate::sandbox::vitals::Vitals;

const TYPES: Provided = Provided::wasi("wasi:http/types");

/// The requests of one guest, and what its engine keeps for requests and responses of every kind.
pub(in crate::sandbox) struct Outbound {
    context: WasiHttpCtx,
    requests: Requests,
    bodies: BodyCosts,
}

impl Part for Outbound {
    /// None while a guest is initialized for a snapshot.
    type Host = Option<Arc<Network>>;
    const TITLE: &'static str = "HTTP requests that go out";
    const PROVIDED: &'static [Provided] = &[Provided::wasi("wasi:http/outgoing-handler"), TYPES];
    const NEEDED: Option<&'static str> = Some("`SPARKLER_ALLOW_HTTP`");
    const IN_SNAPSHOT: InSnapshot = InSnapshot::Empty;

    fn new(_: &Self::Host, _: &Shared) -> Self {
        let mut context = WasiHttpCtx::new();
        context.set_field_size_limit(limits::GUEST_HTTP_FIELDS_BYTES_MAX);
        Self {
            context,
            requests: Requests(None),
            bodies: BodyCosts::default(),
        }
    }

    fn begin(&mut self) {
        self.requests = Requests(None);
    }

    fn end(&mut self) {
        self.requests = Requests(None);
    }

    fn link<T: Reaches<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        outgoing_handler::add_to_linker::<T, HttpCalls>(linker, |state| {
            state.called().into_http()
        })?;
        let options = types::LinkOptions::default();
        types::add_to_linker::<T, HttpCalls>(linker, &options, |state| state.called().into_http())?;
        broken_stream::replace_error_code::<Self, T>(linker, TYPES)
    }
}

impl<'a> Called<'a, Outbound> {
    /// All that it has to do with HTTP.
    pub(in crate::sandbox) fn into_http(self) -> Http<'a> {
        let Outbound {
            context,
            requests,
            bodies,
        } = self.part;
        if self.host.is_none() {
            self.shared.vitals.note_turn_to("the network");
        }
        requests.know(self.shared, self.host.as_ref());
        let (table, costs) = self.shared.table.split();
        Http {
            engine: WasiHttpCtxView {
                ctx: context,
                table,
                hooks: requests,
            },
            costs,
            bodies,
        }
    }
}

/// Decides about the requests of one invocation, and sends them. Filled when the guest first has to do with HTTP, and not
/// at all while it is initialized for a snapshot.
struct Requests(Option<Issuer>);

/// Whose requests they are.
struct Issuer {
    network: Arc<Network>,
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

type Sent = Box<dyn Future<Output = Result<(Response<WasiBody>, BodySent), Error>> + Send>;

impl Requests {
    fn know(&mut self, shared: &Shared, network: Option<&Arc<Network>>) {
        if self.0.is_some() {
            return;
        }
        self.0 = network.map(|network| Issuer {
            network: Arc::clone(network),
            vitals: Arc::clone(&shared.vitals),
            version: Arc::clone(&shared.version),
            tenant_id: shared.served.tenant_id.clone(),
            deadline: shared.deadline,
            ongoing: None,
        });
    }

    /// Those that are under way, and the way out.
    fn ongoing(&mut self) -> Option<(Arc<Network>, &Ongoing)> {
        let Issuer {
            network,
            vitals,
            version,
            tenant_id,
            deadline,
            ongoing,
        } = self.0.as_mut()?;
        let ongoing = ongoing.get_or_insert_with(|| Ongoing {
            allowance: Arc::new(Allowance::new(
                Arc::clone(vitals),
                Arc::clone(version),
                tenant_id.clone(),
                *deadline,
            )),
            end: watch::Sender::new(()),
        });
        Some((Arc::clone(network), ongoing))
    }
}

impl WasiHttpHooks for Requests {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _received: BodySent,
    ) -> Sent {
        let Some((network, Ongoing { allowance, end })) = self.ongoing() else {
            return Box::new(async { Err(Error::HttpRequestDenied) });
        };
        let place = match allowance.place() {
            Ok(place) => place,
            Err(refusal) => {
                allowance.log(&format!("http request refused: {refusal}"));
                return Box::new(async { Err(Error::ConnectionLimitReached) });
            }
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
