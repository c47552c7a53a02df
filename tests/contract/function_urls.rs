//! Function URLs on real sockets: what functions get, what clients get, and who gets nothing.

mod answers;
mod commands;
mod configuration;
mod http_guests;
mod published;
mod streaming;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sparkler::FunctionName;
use sparkler::internals::{Cause, Document, FunctionRecord, Parts as _, Qualifier};
use sparkler_tests::{Connection, Function, Reply, Request, Server, TestHost, guests, wat};

use super::assert_refused;

const FORBIDDEN: &str = "Forbidden. For troubleshooting Function URL authorization issues, see: \
                         https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";
const PAGE: &str = "https://page.example";

/// A function with an address that everybody may call.
struct Site {
    function: Function<'static>,
    id: String,
}

impl Site {
    #[track_caller]
    fn of(guest: impl Into<Vec<u8>>, settings: Value) -> Self {
        let site = Self::closed(guest, settings);
        site.permit();
        site
    }

    /// Nobody may call it.
    #[track_caller]
    fn closed(guest: impl Into<Vec<u8>>, mut settings: Value) -> Self {
        let function = TestHost::shared().deploy(guest);
        settings["AuthType"] = "NONE".into();
        let reply = configure("POST", &format!("{}/url", function.name()), &settings);
        assert_eq!(reply.status, 201, "{}", reply.text());
        let url = reply.member("FunctionUrl");
        let host = url.strip_prefix("http://").expect("a URL");
        let id = host.split('.').next().unwrap_or_default().to_owned();
        let port = TestHost::shared().address().port();
        assert_eq!(
            url,
            format!("http://{id}.lambda-url.us-east-1.localhost:{port}/")
        );
        Self { function, id }
    }

    /// Lets everybody call it.
    fn permit(&self) {
        permit(self.function.name(), None);
    }

    fn host(&self) -> String {
        format!("{}.lambda-url.us-east-1.localhost:9001", self.id)
    }

    fn request(&self, method: &str, target: &str) -> Request {
        Request::new(method, target).header("Host", self.host())
    }

    #[track_caller]
    fn get(&self) -> Reply {
        self.request("GET", "/").send(TestHost::shared().address())
    }
}

/// What AWS asks for where everybody may call an address.
const OPEN: &str = r#"{
    "Version": "2012-10-17",
    "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunctionUrl", "Resource": "*",
        "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}
    }, {
        "Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": "*",
        "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
    }]
}"#;

/// Lets everybody call the address of a function or of its alias.
fn permit(function: &str, qualifier: Option<&Qualifier>) {
    let qualifier = qualifier.cloned();
    amend(function, move |record| {
        let policy = Document::resource(OPEN).expect("a policy");
        record.with_attached(qualifier.as_ref(), |attached| {
            attached.policy = policy.clone();
        })
    });
}

/// Changes a function behind the API.
fn amend(function: &str, change: impl Fn(&FunctionRecord) -> FunctionRecord + Send + 'static) {
    let host = TestHost::shared();
    let name = FunctionName::parse(function).expect("a name");
    let amended = host
        .host()
        .deployer()
        .by(Cause::host("Test"))
        .amend(&name, move |record| Ok((change(record), ())));
    host.block_on(amended).expect("it exists");
}

#[track_caller]
fn configure(method: &str, path: &str, body: &Value) -> Reply {
    Request::new(method, format!("/2021-10-31/functions/{path}"))
        .body(body.to_string())
        .send(TestHost::shared().address())
}

/// A guest that answers with these bytes, whatever it is asked.
fn answering(answer: &[u8]) -> Vec<u8> {
    assert!(answer.len() < 3_500, "what the shell has room for");
    let mut data = String::new();
    for byte in answer {
        write!(data, "\\{byte:02x}").expect("a string takes all");
    }
    let length = answer.len();
    wat::in_shell(&format!(
        "(core module $fixed
           (import \"base\" \"memory\" (memory 1))
           (import \"base\" \"answer\" (func $answer (param i32 i32) (result i32)))
           (data (i32.const 512) \"{data}\")
           (func (export \"handle\") (param i32) (result i32)
             (call $answer (i32.const 512) (i32.const {length}))))
         (core instance $guest (instantiate $fixed (with \"base\" (instance $base))))"
    ))
}

/// What a client gets for an answer of a function.
#[track_caller]
fn rendered(answer: impl AsRef<[u8]>) -> Reply {
    Site::of(answering(answer.as_ref()), json!({})).get()
}

#[track_caller]
fn assert_bad_gateway(reply: &Reply) {
    assert_eq!((reply.status, reply.text()), (502, "Internal Server Error"));
    assert!(reply.header("x-amzn-requestid").is_some());
}

#[test]
fn a_function_gets_every_part_of_a_request() {
    let site = Site::of(guests::echo(), json!({}));
    let reply = site
        .request("PUT", "/a%2Fb/%C3%BC?x=1&x=%2F2&y")
        .header("X-One", "1")
        .header("x-one", "2")
        .header("Cookie", "a=1; b=2")
        .header("Connection", "keep-alive")
        .header("User-Agent", "agent")
        .header("Content-Type", "text/plain")
        .body("grüße")
        .send(TestHost::shared().address());
    assert_eq!(reply.status, 200, "{}", reply.text());
    let event = reply.json();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["rawPath"], "/a%2Fb/%C3%BC");
    assert_eq!(event["rawQueryString"], "x=1&x=%2F2&y");
    assert_eq!(
        event["queryStringParameters"],
        json!({"x": "1,/2", "y": ""})
    );
    assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
    assert_eq!(event["headers"]["x-one"], "1,2");
    assert_eq!(event["headers"]["host"], site.host());
    assert_eq!(event["headers"]["content-length"], "7");
    assert_eq!(event["headers"]["connection"], Value::Null);
    assert_eq!(event["headers"]["x-forwarded-for"], "127.0.0.1");
    assert_eq!(
        (&event["body"], &event["isBase64Encoded"]),
        (&json!("grüße"), &json!(false))
    );
    let context = &event["requestContext"];
    assert_eq!(context["http"]["method"], "PUT");
    assert_eq!(context["http"]["path"], "/a/b/ü");
    assert_eq!(context["http"]["sourceIp"], "127.0.0.1");
    assert_eq!(context["http"]["userAgent"], "agent");
    assert_eq!(
        (&context["apiId"], &context["domainPrefix"]),
        (&json!(site.id), &json!(site.id))
    );
    assert_eq!(
        context["requestId"].as_str(),
        reply.header("x-amzn-requestid")
    );
}

#[test]
fn a_path_leads_to_a_function_where_its_name_cannot_be_resolved() {
    let site = Site::of(guests::echo(), json!({}));
    let target = format!("/lambda-url/{}/a/b?c=d", site.id);
    let reply = Request::new("GET", target).send(TestHost::shared().address());
    assert_eq!(reply.json()["rawPath"], "/a/b");
    assert_eq!(reply.json()["rawQueryString"], "c=d");
    // A page under the origin of the API must not act there as if it were its owner.
    let policy = reply.header("content-security-policy").unwrap_or_default();
    assert!(
        policy.starts_with("sandbox") && !policy.contains("allow-same-origin"),
        "{policy}"
    );
    assert_eq!(site.get().header("content-security-policy"), None);
}

#[test]
fn bytes_reach_the_function_in_base64_and_come_back_from_it() {
    let site = Site::of(guests::echo(), json!({}));
    let body: Vec<u8> = (0..=255).collect();
    let request = site.request("POST", "/").body(body.clone());
    let event = request.send(TestHost::shared().address()).json();
    assert_eq!(event["body"], STANDARD.encode(&body));
    assert_eq!(event["isBase64Encoded"], true);
    let answer = json!({
        "statusCode": 200,
        "headers": {"Content-Type": "image/png"},
        "body": STANDARD.encode(&body),
        "isBase64Encoded": true,
    });
    let reply = rendered(answer.to_string());
    assert_eq!(reply.header("content-type"), Some("image/png"));
    assert_eq!(reply.body, body);
}

#[test]
fn six_megabytes_reach_a_function_and_not_a_byte_more() {
    const EVENT_BYTES_MAX: usize = 6 * 1024 * 1024;
    let site = Site::of(answering(b"3"), json!({}));
    let send = |bytes: usize| {
        let request = site
            .request("POST", "/")
            .header("Content-Type", "text/plain");
        request
            .body(vec![b'"'; bytes])
            .send(TestHost::shared().address())
    };
    assert_eq!(send(EVENT_BYTES_MAX).text(), "3");
    let text = "Request must be smaller than 6291456 bytes for the InvokeFunction operation";
    assert_refused(
        &send(EVENT_BYTES_MAX + 1),
        413,
        "RequestEntityTooLargeException",
        text,
    );
    let echo = Site::of(guests::echo(), json!({}));
    let body = "x".repeat(EVENT_BYTES_MAX - 4_096);
    let request = echo
        .request("POST", "/")
        .header("Content-Type", "text/plain");
    let reply = request
        .body(body.clone())
        .send(TestHost::shared().address());
    assert_eq!(
        reply.json()["body"].as_str().map(str::len),
        Some(body.len())
    );
}

#[test]
fn nobody_may_call_without_a_permission() {
    let site = Site::closed(answering(b"1"), json!({}));
    assert_refused(&site.get(), 403, "AccessDeniedException", FORBIDDEN);
    site.permit();
    assert_eq!(site.get().text(), "1");
    let path = format!("{}/url", site.function.name());
    configure("PUT", &path, &json!({"AuthType": "AWS_IAM"}));
    assert_refused(&site.get(), 403, "AccessDeniedException", FORBIDDEN);
}

#[test]
fn an_address_that_is_no_functions_leads_nowhere() {
    let site = Site::of(answering(b"1"), json!({}));
    let path = format!("{}/url", site.function.name());
    assert_eq!(configure("DELETE", &path, &Value::Null).status, 204);
    let other_region = format!("{}.lambda-url.eu-west-1.localhost", site.id);
    for host in [
        site.host(),
        other_region,
        "x.lambda-url.us-east-1.on.aws".into(),
    ] {
        let request = Request::new("GET", "/2015-03-31/functions").header("Host", host);
        let reply = request.send(TestHost::shared().address());
        assert_eq!(reply.refusal(), (403, "AccessDeniedException"));
        assert_eq!(reply.text(), r#"{"Message":null}"#);
    }
    let reply = Request::new("GET", "/lambda-url/").send(TestHost::shared().address());
    assert_eq!((reply.status, reply.text()), (403, r#"{"Message":null}"#));
}

#[test]
fn a_page_may_do_what_is_configured() {
    let cors = json!({
        "AllowOrigins": [PAGE], "AllowMethods": ["PUT"], "AllowHeaders": ["x-a"],
        "ExposeHeaders": ["x-b"], "MaxAge": 60,
    });
    let site = Site::of(answering(b"not JSON"), json!({ "Cors": cors }));
    let ask = |origin: &str| {
        let request = site.request("OPTIONS", "/").header("Origin", origin);
        let request = request.header("Access-Control-Request-Method", "PUT");
        request.send(TestHost::shared().address())
    };
    let asked = ask(PAGE);
    assert_eq!((asked.status, asked.text()), (200, ""));
    assert_eq!(asked.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(asked.header("access-control-allow-methods"), Some("PUT"));
    assert_eq!(asked.header("access-control-allow-headers"), Some("x-a"));
    assert_eq!(asked.header("access-control-max-age"), Some("60"));
    assert_eq!(
        ask("https://evil.example").header("access-control-allow-origin"),
        None
    );
    // A page may also read that something went wrong.
    let request = site.request("PUT", "/").header("Origin", PAGE);
    let reply = request.send(TestHost::shared().address());
    assert_bad_gateway(&reply);
    assert_eq!(reply.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(reply.header("access-control-expose-headers"), Some("x-b"));
    assert_eq!(reply.header("vary"), Some("Origin"));
}

#[test]
fn without_cors_the_function_answers_pages_itself() {
    let site = Site::of(guests::echo(), json!({}));
    let request = site.request("OPTIONS", "/").header("Origin", PAGE);
    let request = request.header("Access-Control-Request-Method", "PUT");
    let reply = request.send(TestHost::shared().address());
    assert_eq!(reply.json()["requestContext"]["http"]["method"], "OPTIONS");
    assert_eq!(reply.header("access-control-allow-origin"), None);
}

#[test]
fn hostile_requests_reach_the_function_as_text_or_not_at_all() {
    let site = Site::of(guests::echo(), json!({}));
    let mut connection = Connection::open(TestHost::shared().address());
    let target = "/%zz%/%00%ff?%zz=%&=&&a=%00";
    let event = connection.exchange(&site.request("GET", target)).json();
    assert_eq!(event["rawPath"], "/%zz%/%00%ff");
    assert_eq!(event["requestContext"]["http"]["path"], "/%zz%/\0\u{fffd}");
    assert_eq!(
        event["queryStringParameters"],
        json!({"": "", "%zz": "%", "a": "\0"})
    );
    let large = site
        .request("GET", "/")
        .header("X-Large", "y".repeat(60_000));
    let event = connection.exchange(&large).json();
    assert_eq!(
        event["headers"]["x-large"].as_str().map(str::len),
        Some(60_000)
    );
    let larger = site
        .request("GET", "/")
        .header("X-Large", "y".repeat(70_000));
    assert_eq!(connection.exchange(&larger).status, 431);
}

#[test]
fn a_host_can_leave_addresses_open_to_everybody() {
    let server = Server::start(["--ephemeral", "--open-function-urls"]);
    server.deploy("open", &answering(b"1"), &[]);
    let create = Request::new("POST", "/2021-10-31/functions/open/url");
    let create = create.body(json!({"AuthType": "NONE"}).to_string());
    let url = create.send(server.address).member("FunctionUrl");
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let get = || {
        Request::new("GET", "/")
            .header("Host", host)
            .send(server.address)
    };
    assert_eq!(get().text(), "1");
    let update = Request::new("PUT", "/2021-10-31/functions/open/url");
    let update = update.body(json!({"AuthType": "AWS_IAM"}).to_string());
    assert_eq!(update.send(server.address).status, 200);
    assert_refused(&get(), 403, "AccessDeniedException", FORBIDDEN);
}
