//! Events that describe a request: what API Gateway, function URLs and load balancers invoke functions
//! with.
//!
//! Two shapes are told apart: payload format 2.0 of HTTP APIs and function URLs, and the older one of REST
//! APIs, which load balancers send nearly alike.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, COOKIE, HOST, TRANSFER_ENCODING};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use super::request::{Fields, no_address, shown};
use crate::domain::{WebBody, WebRequest};

/// Which shape an event has, and its response must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gateway {
    /// Payload format 2.0.
    Two,
    /// Payload format 1.0, and load balancers.
    One,
}

/// What may not stand in the target of a request as it is. A percent sign may: most paths are encoded.
const UNSAFE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The same for a path, in which no query may begin.
const UNSAFE_IN_PATH: &AsciiSet = &UNSAFE.add(b'?');

type Texts = BTreeMap<String, Value>;
type Lists = BTreeMap<String, Option<Vec<String>>>;

/// The members of all shapes, as far as they are of use.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Event {
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    cookies: Option<Vec<String>>,
    request_context: Option<Context>,

    http_method: Option<String>,
    path: Option<String>,
    query_string_parameters: Option<Texts>,
    multi_value_query_string_parameters: Option<Lists>,
    multi_value_headers: Option<Lists>,

    headers: Option<Texts>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Context {
    domain_name: Option<String>,
    http: Option<Http>,
    /// There in events of load balancers, which leave queries encoded.
    elb: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Http {
    method: Option<String>,
    path: Option<String>,
}

/// The request that an event describes.
///
/// # Errors
/// With what is missing, in a sentence.
pub(super) fn read(event: &[u8]) -> Result<(WebRequest, Gateway), String> {
    let event: Event = serde_json::from_slice(event)
        .map_err(|error| format!("{NEEDED} The event has no such form: {}.", reason(&error)))?;
    event.request()
}

/// What an event must be, where it is not.
const NEEDED: &str = "This function is a server for HTTP: call it at its function URL, or with the event \
                      of an HTTP request in API Gateway's payload format 2.0.";

fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.chars().take(200).collect()
}

impl Event {
    fn request(mut self) -> Result<(WebRequest, Gateway), String> {
        let context = self.request_context.take().unwrap_or_default();
        let (gateway, method, target) = match (context.http, self.http_method.take()) {
            (None, Some(method)) => {
                let target = self.older_target(context.elb.is_some())?;
                (Gateway::One, method, target)
            }
            (http, _) => {
                let Http { method, path } = http.unwrap_or_default();
                let method = method.ok_or_else(|| missing("requestContext.http.method"))?;
                let path = self.raw_path.take().or(path);
                let path = path.ok_or_else(|| missing("rawPath"))?;
                let query = self.raw_query_string.take().unwrap_or_default();
                (Gateway::Two, method, target(&path, &query))
            }
        };
        let body = body(self.body.take(), self.is_base64_encoded == Some(true))?;
        let headers = self.headers(body.len(), context.domain_name)?;
        let mut request = Request::new(WebBody::from(body));
        *request.method_mut() = Method::from_bytes(method.as_bytes())
            .map_err(|_| format!("'{}' is no method of HTTP.", shown(&method)))?;
        *request.uri_mut() = PathAndQuery::try_from(target.as_str())
            .map_err(|error| no_address(&error, &headers[HOST], &target))?
            .into();
        *request.headers_mut() = headers;
        Ok((request, gateway))
    }

    /// The target of a request in the older shape, whose query comes in parts.
    fn older_target(&self, is_encoded: bool) -> Result<String, String> {
        let path = self.path.as_deref().ok_or_else(|| missing("path"))?;
        let mut pairs: Vec<(String, String)> = Vec::new();
        if let Some(lists) = &self.multi_value_query_string_parameters {
            for (name, values) in lists {
                let values = values.iter().flatten();
                pairs.extend(values.map(|value| (name.clone(), value.clone())));
            }
        } else if let Some(texts) = &self.query_string_parameters {
            for (name, value) in texts {
                pairs.extend(text(name, value)?.map(|value| (name.clone(), value)));
            }
        }
        let query = match is_encoded {
            true => {
                let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
                pairs.collect::<Vec<_>>().join("&")
            }
            false => form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs)
                .finish(),
        };
        Ok(target(path, &query))
    }

    /// All headers, with the host that the request was for and the length that the body really has.
    fn headers(
        &mut self,
        body_bytes: usize,
        domain_name: Option<String>,
    ) -> Result<HeaderMap, String> {
        let mut fields = Fields::default();
        if let Some(lists) = self.multi_value_headers.take() {
            for (name, values) in lists {
                for value in values.into_iter().flatten() {
                    append(&mut fields, &name, value)?;
                }
            }
        } else {
            for (name, value) in self.headers.take().unwrap_or_default() {
                if let Some(value) = text(&name, &value)? {
                    append(&mut fields, &name, value)?;
                }
            }
        }
        if let Some(cookies) = self.cookies.take().filter(|cookies| !cookies.is_empty()) {
            fields.append(COOKIE.as_str(), cookies.join("; "))?;
        }
        let mut headers = fields.into_headers();
        if body_bytes > 0 {
            headers.insert(CONTENT_LENGTH, body_bytes.into());
        }
        let domain_name = domain_name.and_then(|name| HeaderValue::try_from(name).ok());
        let host = headers.entry(HOST);
        host.or_insert(domain_name.unwrap_or(HeaderValue::from_static("")));
        Ok(headers)
    }
}

/// Adds a header that does not say how the body was sent.
fn append(fields: &mut Fields, name: &str, value: String) -> Result<(), String> {
    let of_body = [CONTENT_LENGTH, TRANSFER_ENCODING];
    match of_body
        .iter()
        .any(|it| name.eq_ignore_ascii_case(it.as_str()))
    {
        true => Ok(()),
        false => fields.append(name, value),
    }
}

fn missing(member: &str) -> String {
    format!("{NEEDED} '{member}' is missing in the event.")
}

/// The text of a value; none of one that is null.
fn text(name: &str, value: &Value) -> Result<Option<String>, String> {
    match value {
        Value::String(text) => Ok(Some(text.clone())),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(is) => Ok(Some(is.to_string())),
        Value::Null => Ok(None),
        Value::Array(_) | Value::Object(_) => {
            let name: String = name.chars().take(100).collect();
            Err(format!(
                "{NEEDED} The value of '{name}' in the event is no text."
            ))
        }
    }
}

fn target(path: &str, query: &str) -> String {
    let path = utf8_percent_encode(path, UNSAFE_IN_PATH).to_string();
    let slash = match path.starts_with('/') {
        true => "",
        false => "/",
    };
    match query.is_empty() {
        true => format!("{slash}{path}"),
        false => format!("{slash}{path}?{}", utf8_percent_encode(query, UNSAFE)),
    }
}

fn body(body: Option<String>, is_base64: bool) -> Result<Bytes, String> {
    let body = body.unwrap_or_default();
    match is_base64 {
        false => Ok(body.into()),
        true => BASE64_STANDARD.decode(body).map(Bytes::from).map_err(|_| {
            format!("{NEEDED} 'isBase64Encoded' is true in the event, and 'body' is not in base64.")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn request(event: &Value) -> (WebRequest, Gateway) {
        read(event.to_string().as_bytes()).expect("a request")
    }

    #[track_caller]
    fn assert_headers(request: &WebRequest, expected: &[(&str, &str)]) {
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().expect("text")));
        assert_eq!(headers.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_event_of_format_2_is_the_request_that_it_came_from() {
        let (request, gateway) = request(&json!({
            "version": "2.0",
            "rawPath": "/a%20b/c",
            "rawQueryString": "d=1&d=%2F",
            "cookies": ["e=1", "f=2"],
            "headers": {"Host": "a.example", "x-b": "1,2", "x-forwarded-proto": "https", "x-c": null,
                "content-length": "99"},
            "requestContext": {"domainName": "other.example", "http": {"method": "POST", "path": "/x"}},
            "body": "aGk=",
            "isBase64Encoded": true,
        }));
        assert_eq!(gateway, Gateway::Two);
        assert_eq!(request.method(), "POST");
        assert_eq!(request.uri(), "/a%20b/c?d=1&d=%2F");
        assert_eq!(request.body(), &WebBody::from(Bytes::from("hi")));
        assert_headers(
            &request,
            &[
                ("host", "a.example"),
                ("x-b", "1,2"),
                ("x-forwarded-proto", "https"),
                ("cookie", "e=1; f=2"),
                ("content-length", "2"),
            ],
        );
    }

    #[test]
    fn an_event_of_format_1_is_one_too() {
        let (request, gateway) = request(&json!({
            "httpMethod": "GET",
            "path": "/a b/ü",
            "headers": {"x-a": "2"},
            "multiValueHeaders": {"X-A": ["1", "2"]},
            "queryStringParameters": {"q": "2"},
            "multiValueQueryStringParameters": {"q": ["1 &", "2"]},
            "requestContext": {"domainName": "a.example"},
            "body": null,
        }));
        assert_eq!(gateway, Gateway::One);
        assert_eq!(request.uri(), "/a%20b/%C3%BC?q=1+%26&q=2");
        assert_headers(
            &request,
            &[("x-a", "1"), ("x-a", "2"), ("host", "a.example")],
        );
    }

    #[test]
    fn a_load_balancer_leaves_queries_as_they_were_sent() {
        let (request, gateway) = request(&json!({
            "requestContext": {"elb": {"targetGroupArn": "arn"}},
            "httpMethod": "GET",
            "path": "/",
            "queryStringParameters": {"q": "a%20b", "r": ""},
            "headers": {"host": "a.example"},
            "body": "",
            "isBase64Encoded": false,
        }));
        assert_eq!(gateway, Gateway::One);
        assert_eq!(request.uri(), "/?q=a%20b&r=");
    }

    #[test]
    fn what_is_missing_in_an_event_is_named() {
        let refused = |event: Value| {
            let reason = read(event.to_string().as_bytes()).expect_err("no request");
            assert!(reason.starts_with(NEEDED), "{reason}");
            reason
        };
        assert!(refused(json!({})).contains("'requestContext.http.method' is missing"));
        let context = json!({"http": {"method": "GET"}});
        assert!(refused(json!({"requestContext": context})).contains("'rawPath' is missing"));
        assert!(refused(json!({"httpMethod": "GET"})).contains("'path' is missing"));
        assert!(refused(json!("hello")).contains("no such form"));
        let encoded =
            json!({"httpMethod": "GET", "path": "/", "body": "%", "isBase64Encoded": true});
        assert!(refused(encoded).contains("not in base64"));
        let header = json!({"httpMethod": "GET", "path": "/", "headers": {"x": [1]}});
        assert!(refused(header).contains("'x' in the event is no text"));
    }

    #[test]
    fn what_no_request_can_have_is_named() {
        let refused = |method: &str, path: &str| {
            let event = json!({"rawPath": path, "requestContext": {"http": {"method": method}}});
            read(event.to_string().as_bytes()).expect_err("no request")
        };
        assert!(refused("G ET", "/").contains("'G ET' is no method"));
        let long = refused("GET", &format!("/{}", "é".repeat(70_000)));
        assert!(
            long.contains("the path '/%C3%A9") && long.len() < 400,
            "{long}"
        );
    }
}
