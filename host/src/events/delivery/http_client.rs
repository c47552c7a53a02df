//! Signed requests over plain HTTP, each over a connection of its own.

use std::error::Error;
use std::fmt::Display;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, HOST, USER_AGENT};
use http::uri::Scheme;
use http::{HeaderValue, Method, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::Undelivered;
use crate::limits::{DELIVERY_ANSWER_BYTES_MAX, DELIVERY_DURATION_MAX};
use crate::sigv4::{self, Credentials, Signable};

/// How much of a destination's refusal is told.
const TOLD_CHARS_MAX: usize = 300;

/// The port of URLs that name none.
const HTTP_PORT: u16 = 80;

/// A POST to a service of AWS, or to what stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) url: String,
    /// `sqs` or `sns`.
    pub(super) service: &'static str,
    pub(super) region: String,
    /// Beside those of every request; names in lower case.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
}

/// What a destination says.
struct Answer {
    status: StatusCode,
    /// The beginning of its body.
    text: Bytes,
}

type Failure = Box<dyn Error + Send + Sync>;

impl Request {
    /// Signs and sends the request.
    pub(super) async fn send(self, credentials: &Credentials) -> Result<(), Undelivered> {
        let Ok(uri) = self.url.parse::<Uri>() else {
            return Err(Undelivered::ForGood(format!("{} is not a URL.", self.url)));
        };
        let exchange = async { exchange(&uri, self.signed(&uri, credentials)?).await };
        let answered = tokio::time::timeout(DELIVERY_DURATION_MAX, exchange).await;
        let seconds = DELIVERY_DURATION_MAX.as_secs();
        match answered {
            Ok(Ok(answer)) => answer.judged(&self.url),
            Ok(Err(failure)) => Err(self.failed(innermost(&*failure))),
            Err(_) => Err(self.failed(&format!("it did not answer within {seconds} seconds"))),
        }
    }

    fn failed(&self, reason: &dyn Display) -> Undelivered {
        Undelivered::ForNow(format!("{} cannot be reached: {reason}.", self.url))
    }

    fn signed(
        &self,
        uri: &Uri,
        credentials: &Credentials,
    ) -> Result<http::Request<Full<Bytes>>, Failure> {
        if uri.scheme() != Some(&Scheme::HTTP) {
            return Err("destinations are spoken to over plain HTTP".into());
        }
        let host = uri.authority().map_or("", |authority| authority.as_str());
        let signable = Signable {
            method: "POST",
            host,
            path: uri.path(),
            query: "",
            service: self.service,
            region: &self.region,
            headers: &self.headers,
            body: &self.body,
        };
        let signature = sigv4::headers(&signable, credentials, SystemTime::now());
        let agent = concat!("sparkler/", env!("CARGO_PKG_VERSION"));
        let mut post = http::Request::builder()
            .method(Method::POST)
            .uri(uri.path())
            .header(HOST, host)
            .header(USER_AGENT, HeaderValue::from_static(agent))
            .header(CONNECTION, HeaderValue::from_static("close"));
        for (name, value) in self.headers.iter().chain(&signature) {
            post = post.header(*name, value);
        }
        Ok(post.body(Full::new(self.body.clone()))?)
    }
}

impl Answer {
    fn judged(&self, url: &str) -> Result<(), Undelivered> {
        let Self { status, text } = self;
        if status.is_success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(text);
        let text: String = text.chars().take(TOLD_CHARS_MAX).collect();
        let reason = format!("{url} answered with status {status}: {text}");
        Err(match *status {
            // A character or a size that it does not take says nothing about other messages.
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => Undelivered::Refused(reason),
            _ => Undelivered::ForNow(reason),
        })
    }
}

/// The connection lives in this future and goes with it, whatever interrupts it.
async fn exchange(uri: &Uri, post: http::Request<Full<Bytes>>) -> Result<Answer, Failure> {
    let port = uri.port_u16().unwrap_or(HTTP_PORT);
    let address = format!("{}:{port}", uri.host().unwrap_or_default());
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut answer = std::pin::pin!(async {
        let response = sender.send_request(post).await?;
        let status = response.status();
        let text = beginning(response.into_body()).await?;
        Ok(Answer { status, text })
    });
    tokio::select! {
        answer = &mut answer => answer,
        // What has arrived before the connection ended is still there.
        _ = connection => answer.await,
    }
}

async fn beginning(mut body: Incoming) -> Result<Bytes, hyper::Error> {
    let mut text = BytesMut::new();
    while text.len() < DELIVERY_ANSWER_BYTES_MAX
        && let Some(frame) = body.frame().await
    {
        if let Ok(data) = frame?.into_data() {
            let room = DELIVERY_ANSWER_BYTES_MAX - text.len();
            text.extend_from_slice(&data[..data.len().min(room)]);
        }
    }
    Ok(text.freeze())
}

/// What began it: the errors around it say little.
fn innermost<'a>(failure: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut innermost = failure;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost
}
