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
use http::{HeaderMap, Method, Version};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::domain::event_text::{is_textual, keeps_its_size};
use crate::domain::{RequestId, WebCall, WebRequest, times};

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PORT: &str = "x-forwarded-port";
const FORWARDED_PROTO: &str = "x-forwarded-proto";
const TRACE_ID: &str = "x-amzn-trace-id";

/// Headers that concern one connection, which ends here.
pub(super) const OF_CONNECTION: [&str; 7] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A request for a function, read to its end.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) method: Method,
    pub(super) version: Version,
    /// As it was sent, without what names the function.
    pub(super) path: String,
    /// As it was sent.
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The host as the client named it, with its port.
    pub(super) host: String,
    pub(super) url_id: String,
    pub(super) request_id: RequestId,
    /// The tracing header, `Root=…;Parent=…;Sampled=…`.
    pub(super) trace: String,
    pub(super) caller: IpAddr,
    pub(super) time: SystemTime,
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
        let told = self.told();
        let is_told = |name: &str| told.iter().any(|(told, _)| *told == name);
        let mut headers: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| !concerns_connection(name) && !is_told(name.as_str()))
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_owned()))
            .collect();
        headers.extend(
            told.iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone().into_bytes())),
        );
        WebRequest {
            method: self.method.as_str().to_owned(),
            is_secure: self.is_secure(),
            authority: self.host.clone(),
            target: match self.query.is_empty() {
                true => self.path.clone(),
                false => format!("{}?{}", self.path, self.query),
            },
            headers,
            body: self.body.clone(),
        }
    }

    fn event(&self) -> Bytes {
        let (body, is_base64_encoded) = self.body();
        let event = Event {
            version: "2.0",
            route_key: "$default",
            raw_path: &self.path,
            raw_query_string: &self.query,
            cookies: self.cookies(),
            headers: self.headers(),
            query_string_parameters: self.parameters(),
            request_context: self.context(),
            body,
            is_base64_encoded,
        };
        serde_json::to_vec(&event)
            .expect("texts and numbers have a JSON form")
            .into()
    }

    fn body_bytes(&self) -> usize {
        self.body.len()
    }
}

impl Received {
    fn context(&self) -> RequestContext<'_> {
        RequestContext {
            // Whose account called; nobody has to say so.
            account_id: "anonymous",
            api_id: &self.url_id,
            domain_name: &self.host,
            domain_prefix: &self.url_id,
            http: HttpContext {
                method: self.method.as_str(),
                path: decoded(&self.path),
                protocol: format!("{:?}", self.version),
                source_ip: self.caller.to_string(),
                user_agent: self
                    .headers
                    .get(USER_AGENT)
                    .map(|value| text(value.as_bytes())),
            },
            request_id: self.request_id.to_string(),
            route_key: "$default",
            stage: "$default",
            time: times::common_log(self.time),
            time_epoch: milliseconds(self.time),
        }
    }

    /// Names in lower case, values of the same name joined; without cookies, which stand apart.
    fn headers(&self) -> BTreeMap<String, String> {
        let mut headers = BTreeMap::new();
        for (name, value) in &self.headers {
            if *name != COOKIE && !concerns_connection(name) {
                join(&mut headers, name.as_str(), &text(value.as_bytes()));
            }
        }
        for (name, value) in self.told() {
            headers.insert(name.into(), value);
        }
        headers
    }

    /// What the host tells of the request in headers, in place of any that came with it.
    fn told(&self) -> [(&'static str, String); 5] {
        let (scheme, port) = match self.is_secure() {
            true => ("https", "443"),
            false => ("http", "80"),
        };
        let mut forwarded_for = self.joined(FORWARDED_FOR);
        if !forwarded_for.is_empty() {
            forwarded_for.push_str(", ");
        }
        forwarded_for.push_str(&self.caller.to_string());
        [
            (HOST.as_str(), self.host.clone()),
            (FORWARDED_PROTO, scheme.into()),
            (FORWARDED_PORT, self.port().unwrap_or(port).into()),
            (TRACE_ID, self.trace.clone()),
            (FORWARDED_FOR, forwarded_for),
        ]
    }

    fn is_secure(&self) -> bool {
        self.joined(FORWARDED_PROTO) == "https"
    }

    /// All values of one name.
    fn joined(&self, name: &str) -> String {
        let values = self.headers.get_all(name).into_iter();
        let values: Vec<_> = values.map(|value| text(value.as_bytes())).collect();
        values.join(",")
    }

    fn port(&self) -> Option<&str> {
        let (_, port) = self.host.rsplit_once(':')?;
        let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(port)
    }

    fn cookies(&self) -> Vec<String> {
        let headers = self.headers.get_all(COOKIE).into_iter();
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
        for (name, value) in form_urlencoded::parse(self.query.as_bytes()) {
            join(&mut parameters, &name, &value);
        }
        parameters
    }

    /// The body, and whether it is in base64.
    fn body(&self) -> (Option<String>, bool) {
        if self.body.is_empty() {
            return (None, false);
        }
        let is_textual = self
            .headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(is_textual);
        match std::str::from_utf8(&self.body) {
            Ok(text) if is_textual && keeps_its_size(text) => (Some(text.into()), false),
            _ => (Some(BASE64_STANDARD.encode(&self.body)), true),
        }
    }
}

fn concerns_connection(name: &HeaderName) -> bool {
    OF_CONNECTION.contains(&name.as_str())
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
    use http::HeaderValue;
    use serde_json::{Value, json};
    use std::time::Duration;

    fn received() -> Received {
        Received {
            method: Method::POST,
            version: Version::HTTP_11,
            path: "/".into(),
            query: String::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            host: "id.lambda-url.us-east-1.localhost:9001".into(),
            url_id: "id".into(),
            request_id: RequestId(uuid::Uuid::nil()),
            trace: "Root=1".into(),
            caller: IpAddr::from([192, 0, 2, 7]),
            time: UNIX_EPOCH + Duration::from_millis(1_584_039_838_390),
        }
    }

    fn with_headers(headers: &[(&str, &str)]) -> Received {
        let mut received = received();
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).expect("a name");
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
            received.headers.append(name, value);
        }
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
            let event = event(&Received {
                path: sent.into(),
                ..received()
            });
            assert_eq!(event["rawPath"], sent);
            assert_eq!(event["requestContext"]["http"]["path"], path);
        }
    }

    #[test]
    fn values_of_one_name_are_joined() {
        let mut received = with_headers(&[("X-One", "1"), ("x-one", "2"), ("X-Two", "ü")]);
        received.query = "m=foo&m=%2Fbar&e&p=a+b&m=&%zz=%zz".into();
        let event = event(&received);
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
        let mut received = with_headers(&[
            ("x-one", "1"),
            ("x-one", "2"),
            ("connection", "close"),
            ("cookie", "a=1"),
            ("x-forwarded-for", "198.51.100.1"),
        ]);
        received.path = "/a%20b".into();
        received.query = "c=%2F&c".into();
        received.body = Bytes::from_static(b"\xff");
        let request = received.request();
        assert_eq!(
            (&*request.method, &*request.target),
            ("POST", "/a%20b?c=%2F&c")
        );
        assert_eq!(request.authority, received.host);
        assert_eq!(request.body, received.body);
        let headers: Vec<_> = request
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", text(value)))
            .collect();
        assert_eq!(
            headers,
            [
                "x-one: 1",
                "x-one: 2",
                "cookie: a=1",
                "host: id.lambda-url.us-east-1.localhost:9001",
                "x-forwarded-proto: http",
                "x-forwarded-port: 9001",
                "x-amzn-trace-id: Root=1",
                "x-forwarded-for: 198.51.100.1, 192.0.2.7",
            ]
        );
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
            let mut received = with_headers(&[("content-type", kind)]);
            received.body = body.to_owned().into();
            let event = event(&received);
            let in_base64 = BASE64_STANDARD.encode(body);
            assert_eq!(event["body"], expected.unwrap_or(&in_base64), "{kind}");
            assert_eq!(event["isBase64Encoded"], expected.is_none());
        }
        let mut received = with_headers(&[("content-type", "text/plain")]);
        received.body = Bytes::from_static(b"\xff");
        assert_eq!(event(&received)["body"], "/w==");
    }
}
