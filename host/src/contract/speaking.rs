//! HTTP on one connection, as it is or encrypted, until it ends.

use std::convert::Infallible;
use std::error::Error;
use std::net;
use std::sync::Arc;

use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::Watcher;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::callers::{Connection, Encryption};
use super::progressing::Progressing;
use super::tls::Handshakes;

/// How it ended.
type Ended = Result<(), Box<dyn Error + Send + Sync>>;

/// A connection on which HTTP is about to be spoken.
pub(super) struct Speaking {
    pub(super) http: http1::Builder,
    pub(super) watcher: Watcher,
    pub(super) connection: Arc<Connection>,
}

/// How a connection comes to be encrypted.
pub(super) struct Encrypting {
    pub(super) handshakes: Arc<Handshakes>,
    pub(super) encryption: Arc<Encryption>,
}

impl Speaking {
    /// Has `service` answer the requests that come over `stream`, which is encrypted first where that is asked for.
    pub(super) async fn over<V>(
        self,
        stream: net::TcpStream,
        encrypting: Option<Encrypting>,
        service: V,
    ) -> Ended
    where
        V: Service<Request<Incoming>, Response = Response, Error = Infallible>,
    {
        match encrypting {
            None => self.on(TcpStream::from_std(stream)?, service).await,
            Some(encrypting) => Box::pin(self.encrypted(stream, encrypting, service)).await,
        }
    }

    async fn encrypted<V>(self, stream: net::TcpStream, by: Encrypting, service: V) -> Ended
    where
        V: Service<Request<Incoming>, Response = Response, Error = Infallible>,
    {
        let peer = Arc::clone(self.connection.peer());
        let stream = by.handshakes.agreed(stream, by.encryption, peer).await?;
        self.on(stream, service).await
    }

    async fn on<S, V>(self, stream: S, service: V) -> Ended
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
        V: Service<Request<Incoming>, Response = Response, Error = Infallible>,
    {
        let stream = TokioIo::new(Progressing::new(stream, self.connection));
        let spoken = self.http.serve_connection(stream, service);
        Ok(self.watcher.watch(spoken).await?)
    }
}
