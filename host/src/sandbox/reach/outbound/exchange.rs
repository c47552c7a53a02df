//! One request and its response.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::allowance::{Allowance, Place};
use super::body::RequestBody;
use super::connect::{Connection, Unanswered};
use super::decision::Decision;
use super::http::charged_headers;
use super::lease::{Held, Lease};
use super::network::Network;
use super::response_body::{ResponseBody, too_large};
use super::{lookup, target};
use crate::domain::Origin;
use crate::limits;

/// What tells how the sending of a body ended.
pub(super) type BodySent = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// What one request needs.
pub(super) struct Exchange {
    pub(super) network: Arc<Network>,
    pub(super) allowance: Arc<Allowance>,
    /// Closed when the invocation has ended.
    pub(super) ended: watch::Receiver<()>,
}

/// How long a request may wait, all of it within the invocation's time.
struct Patience {
    connect_by: Instant,
    first_byte: Duration,
    between_bytes: Duration,
}

impl Patience {
    fn new(options: Option<RequestOptions>, deadline: Instant) -> Self {
        let now = Instant::now();
        let left = deadline.saturating_duration_since(now);
        let wanted = |own: fn(&RequestOptions) -> Option<Duration>| {
            let own = options.as_ref().and_then(own);
            own.map_or(left, |own| own.min(left))
        };
        let connect = wanted(|options| options.connect_timeout);
        Self {
            connect_by: now + connect.min(limits::OUTBOUND_CONNECT_DURATION_MAX),
            first_byte: wanted(|options| options.first_byte_timeout),
            between_bytes: wanted(|options| options.between_bytes_timeout),
        }
    }
}

impl Exchange {
    /// Sends a request and gives the head of its response, with what follows it. `place` is one of the
    /// invocation's.
    pub(super) async fn run(
        self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        place: Place,
    ) -> Result<(Response<WasiBody>, BodySent), Error> {
        let mut ended = self.ended.clone();
        tokio::select! {
            biased;
            _ = ended.changed() => Err(Error::ConnectionTerminated),
            answered = Box::pin(self.exchange(request, options, place)) => answered,
        }
    }

    async fn exchange(
        self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        place: Place,
    ) -> Result<(Response<WasiBody>, BodySent), Error> {
        let (mut parts, body) = request.into_parts();
        let origin = target::origin(&parts)?;
        self.decision(&origin).origin()?;
        target::address_to_server(&mut parts, &origin)?;
        let patience = Patience::new(options, self.allowance.deadline);
        let waiting = Arc::clone(&self.network.places).acquire_owned();
        let Ok(Ok(host_place)) = timeout_at(patience.connect_by, waiting).await else {
            return Err(Error::ConnectionLimitReached);
        };
        let body = RequestBody::new(body, Arc::clone(&self.allowance), self.ended.clone());
        let request = Box::new(Request::from_parts(parts, body));
        let (connection, response) = self.transmit(request, &origin, &patience).await?;
        let lease = Lease::new(Held {
            connection,
            pool: self.network.pool.clone(),
            client: self.allowance.client(),
            origin,
            places: (place, host_place),
        });
        self.received(response, Arc::new(lease), patience.between_bytes)
    }

    /// Sends a request through a connection that was kept, or a new one.
    async fn transmit(
        &self,
        mut request: Box<Request<RequestBody>>,
        origin: &Origin,
        patience: &Patience,
    ) -> Result<(Connection, Response<Incoming>), Error> {
        let decision = self.decision(origin);
        let client = self.allowance.client();
        let fits = |kept: &Connection| decision.allows_address(kept.address());
        while let Some(mut connection) = self.network.pool.take(&client, origin, fits) {
            if !connection.is_ready().await {
                continue;
            }
            match answer(&mut connection, request, patience).await {
                Ok(response) => return Ok((connection, response)),
                Err(Unanswered::NotSent(back)) => request = back,
                Err(Unanswered::Failed(error)) => return Err(error),
            }
        }
        let mut connection = self.connect(&decision, patience).await?;
        match answer(&mut connection, request, patience).await {
            Ok(response) => Ok((connection, response)),
            Err(Unanswered::NotSent(_)) => Err(Error::ConnectionTerminated),
            Err(Unanswered::Failed(error)) => Err(error),
        }
    }

    async fn connect(
        &self,
        decision: &Decision<'_>,
        patience: &Patience,
    ) -> Result<Connection, Error> {
        let Decision { origin, .. } = decision;
        let connect_by = patience.connect_by;
        let found = timeout_at(connect_by, lookup::addresses(&self.network, &origin.host)).await;
        let addresses = decision.addresses(found.map_err(|_| Error::DnsTimeout)??)?;
        let opening = Connection::open(
            &self.network.trust,
            &self.allowance,
            origin,
            &addresses,
            connect_by,
        );
        timeout_at(connect_by, opening)
            .await
            .map_err(|_| Error::ConnectionTimeout)?
    }

    fn received(
        self,
        mut response: Response<Incoming>,
        lease: Arc<Lease>,
        pause_max: Duration,
    ) -> Result<(Response<WasiBody>, BodySent), Error> {
        let promised = response.body().size_hint().lower();
        if !self.allowance.received().has_room_for(promised) {
            return Err(too_large(&self.allowance));
        }
        let headers = charged_headers(self.allowance.budget(), response.headers());
        *response.headers_mut() =
            headers.map_err(|_| Error::HttpResponseHeaderSectionSize(None))?;
        let body_lease = Arc::clone(&lease);
        let response = response.map(|incoming| {
            ResponseBody::new(incoming, body_lease, self.allowance, pause_max).boxed_unsync()
        });
        let mut ended = self.ended;
        // Runs for as long as the guest has the body.
        let until_end = async move {
            let _ = ended.changed().await;
            lease.close();
            Ok(())
        };
        Ok((response, Box::new(until_end)))
    }

    fn decision<'a>(&'a self, origin: &'a Origin) -> Decision<'a> {
        Decision {
            network: &self.network,
            allowance: &self.allowance,
            origin,
        }
    }
}

async fn answer(
    connection: &mut Connection,
    request: Box<Request<RequestBody>>,
    patience: &Patience,
) -> Result<Response<Incoming>, Unanswered> {
    let answered = timeout(patience.first_byte, connection.send(request)).await;
    answered.unwrap_or(Err(Unanswered::Failed(Error::ConnectionReadTimeout)))
}
