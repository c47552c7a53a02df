//! A request for a function, in the two forms in which guests take it: as it is, for servers for HTTP, and
//! as the event of the payload format 2.0, as AWS documents it for function URLs.
//!
//! Parts that a request does not have are left out of its event. What AWS tells about the caller in headers
//! is in both forms.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, HOST, HeaderName, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::contract::client_certificate::ClientCertificate;
use crate::contract::forwarded::{Caller, FORWARDED_FOR};
use crate::contract::headers::TRACE_ID;
use crate::contract::signed::Signer;
use crate::domain::event_text::{is_textual, keeps_its_size};
use crate::domain::web::{FORWARDED_PROTO, OF_CONNECTION};
use crate::domain::{Lock, RequestId, WebCall, WebRequest, times};

const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");

/// A request for a function, read to its end.
#[derive(Debug)]
pub(super) struct Received {
    /// As the function gets it: [`tell`] has told what the host knows of it.
    pub(super) request: WebRequest,
    pub(super) url_id: String,
    pub(super) request_id: RequestId,
    pub(super) caller: IpAddr,
    /// Who has signed it, where that is asked for.
    pub(super) signer: Option<Signer>,
    /// What its sender has shown, where TLS asks for it.
    pub(super) certificate: Option<Arc<ClientCertificate>>,
    pub(super) time: SystemTime,
}

/// What the host tells of a request in its headers.
pub(super) struct Told<'a> {
    /// The host as the client named it, with its port.
    pub(super) host: HeaderValue,
    /// The tracing header, `Root=…;Parent=…;Sampled=…`.
    pub(super) trace: &'a str,
    pub(super) caller: Caller,
}

/// Tells a function about its request, in place of what came under the same names, and takes out what
/// concerns the connection, which ends here.
pub(super) fn tell(headers: &mut HeaderMap, told: Told<'_>) {
    // Most requests have none, and to look for one of a name costs more than to look through all of a few.
    if headers.keys().any(|name| OF_CONNECTION.contains(name)) {
        for name in OF_CONNECTION {
            headers.remove(name);
        }
    }
    let port = port(&told.host);
    let scheme = told.caller.scheme;
    let port = match port {
        Some(port) => HeaderValue::from_str(port).expect("digits"),
        None => scheme.default_port().into(),
    };
    let mut forwarded_for = claimed_before(told.caller, headers);
    if !forwarded_for.is_empty() {
        forwarded_for.extend(b", ");
    }
    write_address(&mut forwarded_for, address_of(told.caller));
    let trace = HeaderValue::from_str(told.trace);
    headers.insert(HOST, told.host);
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static(scheme.name()));
    headers.insert(FORWARDED_PORT, port);
    headers.insert(TRACE_ID, trace.expect("a trace comes from a header"));
    let forwarded_for = HeaderValue::try_from(forwarded_for);
    headers.insert(
        FORWARDED_FOR,
        forwarded_for.expect("values of headers, joined"),
    );
}

/// The caller's address. A server that is not ours may not tell who is connected to it.
pub(super) fn address_of(caller: Caller) -> IpAddr {
    let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    caller.address.unwrap_or(unknown)
}

/// Writes an address as text. Of the usual kind this takes a tenth of what its formatting does, which pads and aligns.
fn write_address(text: &mut Vec<u8>, address: IpAddr) {
    let IpAddr::V4(address) = address else {
        text.extend(address.to_string().bytes());
        return;
    };
    for (place, octet) in address.octets().into_iter().enumerate() {
        if place > 0 {
            text.push(b'.');
        }
        let digits = [octet / 100, octet / 10 % 10, octet % 10];
        let first = digits[..2].iter().take_while(|digit| **digit == 0).count();
        text.extend(digits[first..].iter().map(|digit| b'0' + digit));
    }
}

/// What the caller says of those before it: all of the chain but the caller itself and the proxies behind it.
fn claimed_before(caller: Caller, headers: &HeaderMap) -> Vec<u8> {
    let mut chain = joined(headers, &FORWARDED_FOR);
    for _ in 0..caller.vouched_entries {
        let comma = chain.iter().rposition(|byte| *byte == b',');
        chain.truncate(comma.unwrap_or(0));
    }
    chain
}

/// All values of one name.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Vec<u8> {
    let mut joined = Vec::new();
    for (position, value) in headers.get_all(name).into_iter().enumerate() {
        if position > 0 {
            joined.push(b',');
        }
        joined.extend(value.as_bytes());
    }
    joined
}

fn port(host: &HeaderValue) -> Option<&str> {
    let (_, port) = host.to_str().ok()?.rsplit_once(':')?;
    let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(port)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    version: &'static str,
    route_key: &'static str,
    raw_path: &'a str,
    raw_query_string: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    query_string_parameters: BTreeMap<String, String>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    account_id: &'a str,
    api_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentication: Option<Authentication<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<Authorizer<'a>>,
    domain_name: &'a str,
    domain_prefix: &'a str,
    http: HttpContext<'a>,
    request_id: String,
    route_key: &'static str,
    stage: &'static str,
    time: String,
    time_epoch: u64,
}

/// Who is at the other end of the connection, as API Gateway tells it: function URLs of AWS ask for no certificates.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Authentication<'a> {
    client_cert: &'a ClientCertificate,
}

#[derive(Serialize)]
struct Authorizer<'a> {
    iam: Iam<'a>,
}

/// Who has signed a request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Iam<'a> {
    access_key: &'a str,
    account_id: &'a str,
    caller_id: &'a str,
    cognito_identity: (),
    principal_org_id: Option<&'a str>,
    user_arn: &'a str,
    user_id: &'a str,
}

impl<'a> Authorizer<'a> {
    fn of(Signer(key): &'a Signer) -> Self {
        let user = key.user();
        Self {
            iam: Iam {
                access_key: key.id(),
                account_id: user.account.as_str(),
                caller_id: &user.id,
                cognito_identity: (),
                principal_org_id: user.org.as_deref(),
                user_arn: &user.arn,
                user_id: &user.id,
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HttpContext<'a> {
    method: &'a str,
    path: String,
    protocol: String,
    source_ip: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
}

/// A request that waits for its guest, which gets it as it is.
#[derive(Debug)]
pub(super) struct Waiting(Lock<Option<Received>>);

impl Waiting {
    pub(super) fn new(received: Received) -> Self {
        Self(Lock::new(Some(received)))
    }
}

impl WebCall for Waiting {
    fn request(&self) -> Option<WebRequest> {
        let received = self.0.lock().take()?;
        Some(received.request)
    }

    fn event(&self) -> Option<Bytes> {
        self.0.lock().as_ref().map(Received::event)
    }

    fn body_bytes(&self) -> usize {
        let received = self.0.lock();
        received
            .as_ref()
            .map_or(0, |received| received.request.body().bytes.len())
    }
}

impl Received {
    pub(super) fn event(&self) -> Bytes {
        let (body, is_base64_encoded) = self.body();
        let host = self.header(&HOST).unwrap_or_default();
        let event = Event {
            version: "2.0",
            route_key: "$default",
            raw_path: self.request.uri().path(),
            raw_query_string: self.query(),
            cookies: self.cookies(),
            headers: self.headers(),
            query_string_parameters: self.parameters(),
            request_context: self.context(&host),
            body,
            is_base64_encoded,
        };
        serde_json::to_vec(&event)
            .expect("texts and numbers have a JSON form")
            .into()
    }

    fn context<'a>(&'a self, host: &'a str) -> RequestContext<'a> {
        let authorizer = self.signer.as_ref().map(Authorizer::of);
        let certificate = self.certificate.as_deref();
        RequestContext {
            authentication: certificate.map(|client_cert| Authentication { client_cert }),
            account_id: authorizer
                .as_ref()
                .map_or("anonymous", |by| by.iam.account_id),
            authorizer,
            api_id: &self.url_id,
            domain_name: host,
            domain_prefix: &self.url_id,
            http: HttpContext {
                method: self.request.method().as_str(),
                path: decoded(self.request.uri().path()),
                protocol: format!("{:?}", self.request.version()),
                source_ip: self.caller.to_string(),
                user_agent: self.header(&USER_AGENT),
            },
            request_id: self.request_id.to_string(),
            route_key: "$default",
            stage: "$default",
            time: times::common_log(self.time),
            time_epoch: times::unix_ms(self.time),
        }
    }

    fn query(&self) -> &str {
        self.request.uri().query().unwrap_or_default()
    }

    fn header(&self, name: &HeaderName) -> Option<String> {
        let value = self.request.headers().get(name)?;
        Some(text(value.as_bytes()))
    }

    /// Names in lower case, values of the same name joined; without cookies, which stand apart.
    fn headers(&self) -> BTreeMap<String, String> {
        let mut headers = BTreeMap::new();
        for (name, value) in self.request.headers() {
            if *name != COOKIE {
                join(&mut headers, name.as_str(), &text(value.as_bytes()));
            }
        }
        headers
    }

    fn cookies(&self) -> Vec<String> {
        let headers = self.request.headers().get_all(COOKIE).into_iter();
        let lines: Vec<String> = headers.map(|value| text(value.as_bytes())).collect();
        let cookies = lines.iter().flat_map(|line| line.split(';'));
        cookies
            .map(|cookie| cookie.trim().to_owned())
            .filter(|cookie| !cookie.is_empty())
            .collect()
    }

    /// Names and values decoded, values of the same name joined.
    fn parameters(&self) -> BTreeMap<String, String> {
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(self.query().as_bytes()) {
            join(&mut parameters, &name, &value);
        }
        parameters
    }

    /// The body, and whether it is in base64.
    fn body(&self) -> (Option<String>, bool) {
        let body = &self.request.body().bytes;
        if body.is_empty() {
            return (None, false);
        }
        let kind = self.request.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok());
        match std::str::from_utf8(body) {
            Ok(text) if kind.is_some_and(is_textual) && keeps_its_size(text) => {
                (Some(text.into()), false)
            }
            _ => (Some(BASE64_STANDARD.encode(body)), true),
        }
    }
}

fn join(values: &mut BTreeMap<String, String>, name: &str, value: &str) {
    match values.get_mut(name) {
        Some(before) => {
            before.push(',');
            before.push_str(value);
        }
        None => {
            values.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A path, decoded once; what is no percent-encoding stays.
fn decoded(path: &str) -> String {
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}
