//! Connections: made to an address that was checked, encrypted where the scheme says so.

use std::net::IpAddr;
use std::sync::Weak;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn};
use wasmtime_wasi_http::Error;

use super::allowance::Allowance;
use super::body::RequestBody;
use super::failure;
use super::trust::Trust;
use crate::domain::{Host, Origin, Scheme};
use crate::limits;

/// A connection to a server. Dropping it closes it.
pub(super) struct Connection {
    sender: SendRequest<RequestBody>,
    address: IpAddr,
    /// Lives for as long as the body of the last request is being sent.
    upload: Weak<()>,
    _driver: AbortOnDropJoinHandle<()>,
}

/// Why there is no response.
pub(super) enum Unanswered {
    /// The request was not begun to be sent, and can be sent elsewhere.
    NotSent(Box<Request<RequestBody>>),
    /// It is lost.
    Failed(Error),
}

impl Connection {
    /// Connects to one of `addresses`, which are tried one after the other.
    pub(super) async fn open(
        trust: &Trust,
        allowance: &Allowance,
        origin: &Origin,
        addresses: &[IpAddr],
        connect_by: Instant,
    ) -> Result<Self, Error> {
        let (stream, address) = reach(addresses, origin.port, connect_by).await?;
        match origin.scheme {
            Scheme::Http => drive(TokioIo::new(stream), address).await,
            Scheme::Https => {
                let name = server_name(&origin.host)?;
                let connector = TlsConnector::from(trust.config().await?);
                let encrypted = Box::pin(connector.connect(name, stream)).await;
                let stream = encrypted.map_err(|error| {
                    let (error, sentence) = failure::of_tls(&error);
                    if let Some(sentence) = sentence {
                        allowance.log(&format!("http request to {origin} failed: {sentence}"));
                    }
                    error
                })?;
                drive(TokioIo::new(stream), address).await
            }
        }
    }

    /// Whom it leads to.
    pub(super) fn address(&self) -> IpAddr {
        self.address
    }

    /// Whether the next request can be sent, which one that was kept may not be ready for.
    pub(super) async fn is_ready(&mut self) -> bool {
        let ready = timeout(limits::OUTBOUND_READY_WAIT_MAX, self.sender.ready()).await;
        matches!(ready, Ok(Ok(())))
    }

    /// Whether it can be kept: its server has not closed it, and all of the last request has gone.
    pub(super) fn is_reusable(&self) -> bool {
        !self.sender.is_closed() && self.upload.strong_count() == 0
    }

    /// Sends a request; gives the head of its response.
    pub(super) async fn send(
        &mut self,
        request: Box<Request<RequestBody>>,
    ) -> Result<Response<Incoming>, Unanswered> {
        self.upload = request.body().alive();
        let sent = self.sender.try_send_request(*request).await;
        sent.map_err(|mut error| match error.take_message() {
            Some(request) => Unanswered::NotSent(Box::new(request)),
            None => Unanswered::Failed(failure::of_exchange(&error.into_error())),
        })
    }
}

/// A TCP connection to the first address that answers; each gets its share of the time.
async fn reach(
    addresses: &[IpAddr],
    port: u16,
    connect_by: Instant,
) -> Result<(TcpStream, IpAddr), Error> {
    let mut last = Error::DestinationNotFound;
    for (tried, address) in addresses.iter().enumerate() {
        let left = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        let share = connect_by.saturating_duration_since(Instant::now()) / left;
        match timeout(share, TcpStream::connect((*address, port))).await {
            Ok(Ok(stream)) => {
                // Requests are written whole; waiting for more would only delay them.
                let _ = stream.set_nodelay(true);
                return Ok((stream, *address));
            }
            Ok(Err(error)) => last = failure::of_connect(&error),
            Err(_) => last = Error::ConnectionTimeout,
        }
    }
    Err(last)
}

fn server_name(host: &Host) -> Result<ServerName<'static>, Error> {
    match host {
        Host::Address(address) => Ok(ServerName::from(*address)),
        Host::Name(name) => {
            ServerName::try_from(name.to_string()).map_err(|_| Error::HttpRequestUriInvalid)
        }
    }
}

async fn drive<S>(stream: S, address: IpAddr) -> Result<Connection, Error>
where
    S: Read + Write + Unpin + Send + 'static,
{
    let mut builder = Builder::new();
    builder
        .max_buf_size(limits::OUTBOUND_RESPONSE_HEAD_BYTES_MAX)
        .max_header_size(limits::OUTBOUND_RESPONSE_HEAD_BYTES_MAX);
    let (sender, connection) = builder
        .handshake(stream)
        .await
        .map_err(|error| failure::of_exchange(&error))?;
    Ok(Connection {
        sender,
        address,
        upload: Weak::new(),
        // How it ended is told to whoever waits for a response.
        _driver: spawn(async move { drop(connection.await) }),
    })
}
