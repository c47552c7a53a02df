//! A request for a function, in the two forms in which guests take it: as it is, for servers for HTTP, and
//! as the event of the payload format 2.0, as AWS documents it for function URLs.
//!
//! Parts that a request does not have are left out of its event. What AWS tells about the caller in headers
//! is in both forms.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, HOST, HeaderName, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::contract::headers::TRACE_ID;
use crate::domain::event_text::{is_textual, keeps_its_size};
use crate::domain::web::{FORWARDED_PROTO, OF_CONNECTION};
use crate::domain::{RequestId, WebCall, WebRequest, times};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");

/// A request for a function, read to its end.
#[derive(Debug)]
pub(super) struct Received {
    /// As the function gets it: [`tell`] has told what the host knows of it.
    pub(super) request: WebRequest,
    pub(super) url_id: String,
    pub(super) request_id: RequestId,
    pub(super) caller: IpAddr,
    pub(super) time: SystemTime,
}

/// What the host tells of a request in its headers.
pub(super) struct Told<'a> {
    /// The host as the client named it, with its port.
    pub(super) host: HeaderValue,
    /// The tracing header, `Root=…;Parent=…;Sampled=…`.
    pub(super) trace: &'a str,
    pub(super) caller: IpAddr,
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
    let (scheme, usual_port) = match is_secure(headers) {
        true => ("https", "443"),
        false => ("http", "80"),
    };
    let port = match port {
        Some(port) => HeaderValue::from_str(port).expect("digits"),
        None => HeaderValue::from_static(usual_port),
    };
    let mut forwarded_for = joined(headers, &FORWARDED_FOR);
    if !forwarded_for.is_empty() {
        forwarded_for.extend(b", ");
    }
    forwarded_for.extend(told.caller.to_string().bytes());
    let trace = HeaderValue::from_str(told.trace);
    headers.insert(HOST, told.host);
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static(scheme));
    headers.insert(FORWARDED_PORT, port);
    headers.insert(TRACE_ID, trace.expect("a trace comes from a header"));
    let forwarded_for = HeaderValue::try_from(forwarded_for);
    headers.insert(
        FORWARDED_FOR,
        forwarded_for.expect("values of headers, joined"),
    );
}

fn is_secure(headers: &HeaderMap) -> bool {
    let mut schemes = headers.get_all(FORWARDED_PROTO).into_iter();
    let first = schemes.next();
    first.is_some_and(|scheme| scheme == "https") && schemes.next().is_none()
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
    account_id: &'static str,
    api_id: &'a str,
    domain_name: &'a str,
    domain_prefix: &'a str,
    http: HttpContext<'a>,
    request_id: String,
    route_key: &'static str,
    stage: &'static str,
    time: String,
    time_epoch: u64,
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

impl WebCall for Received {
    fn request(&self) -> WebRequest {
        self.request.clone()
    }

    fn event(&self) -> Bytes {
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

    fn body_bytes(&self) -> usize {
        self.request.body().bytes.len()
    }
}

impl Received {
    fn context<'a>(&'a self, host: &'a str) -> RequestContext<'a> {
        RequestContext {
            // Whose account called; nobody has to say so.
            account_id: "anonymous",
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
            time_epoch: milliseconds(self.time),
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

fn milliseconds(time: SystemTime) -> u64 {
    let elapsed = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;
    use serde_json::{Value, json};
    use std::time::Duration;

    fn received() -> Received {
        with_headers(&[])
    }

    fn with_headers(headers: &[(&str, &str)]) -> Received {
        let caller = IpAddr::from([192, 0, 2, 7]);
        let mut request = WebRequest::default();
        *request.method_mut() = Method::POST;
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).expect("a name");
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
            request.headers_mut().append(name, value);
        }
        let told = Told {
            host: HeaderValue::from_static("id.lambda-url.us-east-1.localhost:9001"),
            trace: "Root=1",
            caller,
        };
        tell(request.headers_mut(), told);
        Received {
            request,
            url_id: "id".into(),
            request_id: RequestId(uuid::Uuid::nil()),
            caller,
            time: UNIX_EPOCH + Duration::from_millis(1_584_039_838_390),
        }
    }

    fn with_target(mut received: Received, target: &str) -> Received {
        *received.request.uri_mut() = target.parse().expect("a target");
        received
    }

    fn with_body(mut received: Received, body: impl Into<Bytes>) -> Received {
        *received.request.body_mut() = body.into().into();
        received
    }

    fn event(received: &Received) -> Value {
        serde_json::from_slice(&received.event()).expect("JSON")
    }

    #[test]
    fn a_bare_request_becomes_an_event_without_what_it_does_not_have() {
        let expected = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/",
            "rawQueryString": "",
            "headers": {
                "host": "id.lambda-url.us-east-1.localhost:9001",
                "x-amzn-trace-id": "Root=1",
                "x-forwarded-for": "192.0.2.7",
                "x-forwarded-port": "9001",
                "x-forwarded-proto": "http",
            },
            "requestContext": {
                "accountId": "anonymous",
                "apiId": "id",
                "domainName": "id.lambda-url.us-east-1.localhost:9001",
                "domainPrefix": "id",
                "http": {
                    "method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7",
                },
                "requestId": "00000000-0000-0000-0000-000000000000",
                "routeKey": "$default",
                "stage": "$default",
                "time": "12/Mar/2020:19:03:58 +0000",
                "timeEpoch": 1_584_039_838_390_u64,
            },
            "isBase64Encoded": false,
        });
        assert_eq!(event(&received()), expected);
    }

    #[test]
    fn the_path_is_there_as_it_was_sent_and_decoded_once() {
        for (sent, path) in [
            ("/pa2%25Fth/1", "/pa2%Fth/1"),
            ("/%zz%", "/%zz%"),
            ("/a%20b%ff", "/a b\u{fffd}"),
            ("/%C3%BC%00", "/ü\0"),
        ] {
            let event = event(&with_target(received(), sent));
            assert_eq!(event["rawPath"], sent);
            assert_eq!(event["requestContext"]["http"]["path"], path);
        }
    }

    #[test]
    fn values_of_one_name_are_joined() {
        let received = with_headers(&[("X-One", "1"), ("x-one", "2"), ("X-Two", "ü")]);
        let target = "/?m=foo&m=%2Fbar&e&p=a+b&m=&%zz=%zz";
        let event = event(&with_target(received, target));
        assert_eq!(event["headers"]["x-one"], "1,2");
        assert_eq!(event["headers"]["x-two"], "ü");
        assert_eq!(event["rawQueryString"], "m=foo&m=%2Fbar&e&p=a+b&m=&%zz=%zz");
        assert_eq!(
            event["queryStringParameters"],
            json!({"m": "foo,/bar,", "e": "", "p": "a b", "%zz": "%zz"})
        );
    }

    #[test]
    fn cookies_stand_apart_and_headers_of_the_connection_are_gone() {
        let event = event(&with_headers(&[
            ("cookie", "a=1; b=2;;"),
            ("cookie", "c=3"),
            ("connection", "keep-alive"),
            ("transfer-encoding", "chunked"),
            ("user-agent", "agent"),
        ]));
        assert_eq!(event["cookies"], json!(["a=1", "b=2", "c=3"]));
        for name in ["cookie", "connection", "transfer-encoding"] {
            assert_eq!(event["headers"][name], Value::Null, "{name}");
        }
        assert_eq!(event["requestContext"]["http"]["userAgent"], "agent");
    }

    #[test]
    fn proxies_in_front_are_told_of_but_the_caller_is_who_connected() {
        let event = event(&with_headers(&[
            ("x-forwarded-for", "198.51.100.1"),
            ("x-forwarded-proto", "https"),
            ("x-amzn-trace-id", "Root=other"),
        ]));
        assert_eq!(
            event["headers"]["x-forwarded-for"],
            "198.51.100.1, 192.0.2.7"
        );
        assert_eq!(event["headers"]["x-forwarded-proto"], "https");
        assert_eq!(event["headers"]["x-amzn-trace-id"], "Root=1");
        assert_eq!(event["requestContext"]["http"]["sourceIp"], "192.0.2.7");
    }

    #[test]
    fn a_request_is_also_there_as_it_was_sent() {
        let received = with_headers(&[
            ("x-one", "1"),
            ("x-one", "2"),
            ("connection", "close"),
            ("cookie", "a=1"),
            ("x-forwarded-for", "198.51.100.1"),
        ]);
        let mut received = with_body(with_target(received, "/a%20b?c=%2F&c"), &b"\xff"[..]);
        let bytes = HeaderValue::from_bytes(b"\x80\xff").expect("a value");
        received
            .request
            .headers_mut()
            .insert("x-bytes", bytes.clone());
        let trailers = [(HeaderName::from_static("x-end"), bytes.clone())]
            .into_iter()
            .collect();
        received.request.body_mut().trailers = Some(trailers);
        let request = received.request();
        assert_eq!(request.method(), "POST");
        assert_eq!(request.uri(), "/a%20b?c=%2F&c");
        assert_eq!(request.body(), received.request.body());
        let all = |name: &str| request.headers().get_all(name).iter().collect::<Vec<_>>();
        for (name, expected) in [
            ("x-one", &["1", "2"][..]),
            ("connection", &[]),
            ("cookie", &["a=1"]),
            ("host", &["id.lambda-url.us-east-1.localhost:9001"]),
            ("x-forwarded-proto", &["http"]),
            ("x-forwarded-port", &["9001"]),
            ("x-amzn-trace-id", &["Root=1"]),
            ("x-forwarded-for", &["198.51.100.1, 192.0.2.7"]),
        ] {
            assert_eq!(all(name), expected, "{name}");
        }
        assert_eq!(all("x-bytes"), [&bytes]);
    }

    #[test]
    fn text_is_text_and_all_else_is_base64() {
        for (kind, body, expected) in [
            ("text/plain; charset=utf-8", "grüße\r\n", Some("grüße\r\n")),
            ("application/json", "{}", Some("{}")),
            ("Application/Problem+JSON", "{}", Some("{}")),
            ("image/svg+xml", "<svg/>", Some("<svg/>")),
            ("application/x-www-form-urlencoded", "a=b", None),
            ("multipart/form-data; boundary=text/plain", "--", None),
            ("application/octet-stream", "a", None),
            ("text/plain", "\u{1}", None),
        ] {
            let received = with_headers(&[("content-type", kind)]);
            let event = event(&with_body(received, body.to_owned()));
            let in_base64 = BASE64_STANDARD.encode(body);
            assert_eq!(event["body"], expected.unwrap_or(&in_base64), "{kind}");
            assert_eq!(event["isBase64Encoded"], expected.is_none());
        }
        let received = with_headers(&[("content-type", "text/plain")]);
        let event = event(&with_body(received, &b"\xff"[..]));
        assert_eq!(event["body"], "/w==");
    }
}
