use super::*;
use crate::domain::Scheme;
use http::Method;
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};

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
        caller: Caller::connected(Some(caller), Scheme::Http),
    };
    tell(request.headers_mut(), told);
    Received {
        request,
        url_id: "id".into(),
        request_id: RequestId(uuid::Uuid::nil()),
        caller,
        signer: None,
        certificate: None,
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
fn what_is_claimed_is_told_before_the_caller_and_is_not_believed() {
    let event = event(&with_headers(&[
        ("x-forwarded-for", "198.51.100.1"),
        ("x-forwarded-proto", "https"),
        ("x-amzn-trace-id", "Root=other"),
    ]));
    assert_eq!(
        event["headers"]["x-forwarded-for"],
        "198.51.100.1, 192.0.2.7"
    );
    assert_eq!(event["headers"]["x-forwarded-proto"], "http");
    assert_eq!(event["headers"]["x-amzn-trace-id"], "Root=1");
    assert_eq!(event["requestContext"]["http"]["sourceIp"], "192.0.2.7");
}

#[test]
fn the_caller_of_a_trusted_proxy_stands_last_with_its_scheme() {
    let mut headers = HeaderMap::new();
    let chain = "6.6.6.6, 192.0.2.7, 10.0.0.2";
    headers.insert(FORWARDED_FOR, HeaderValue::from_static(chain));
    let told = Told {
        host: HeaderValue::from_static("lambda.example"),
        trace: "Root=1",
        caller: Caller {
            address: Some([192, 0, 2, 7].into()),
            scheme: Scheme::Https,
            vouched_entries: 2,
        },
    };
    tell(&mut headers, told);
    for (name, value) in [
        ("x-forwarded-for", "6.6.6.6, 192.0.2.7"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "443"),
    ] {
        assert_eq!(headers[name], value);
    }
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
    let sent = received.request.body().clone();
    let waiting = Waiting::new(received);
    assert_eq!(waiting.body_bytes(), sent.bytes.len());
    let request = waiting.request().expect("it waits");
    // It goes to one guest, in one form.
    assert!(waiting.request().is_none() && waiting.event().is_none());
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "/a%20b?c=%2F&c");
    assert_eq!(*request.body(), sent);
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

#[test]
fn addresses_are_written_as_they_are_shown() {
    let octets = [0, 1, 9, 10, 99, 100, 127, 200, 255];
    let mut addresses: Vec<IpAddr> = vec!["::1".parse().expect("an address")];
    for one in octets {
        for other in octets {
            addresses.push(Ipv4Addr::new(one, other, one, other).into());
        }
    }
    for address in addresses {
        let mut text = Vec::new();
        write_address(&mut text, address);
        assert_eq!(text, address.to_string().into_bytes());
    }
}
