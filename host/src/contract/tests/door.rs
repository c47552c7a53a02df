//! What holds for every request, whatever it asks for.

use axum::body::Body;
use http::Request;
use serde_json::json;

use super::{FUNCTIONS, Host};

#[tokio::test]
async fn every_answer_is_counted_by_its_operation() {
    let host = Host::alone().await.having("fn").await;
    assert_eq!(host.invoke("fn", "1").await.status, 200);
    assert_eq!(host.invoke("fn", "{").await.status, 400);
    assert_eq!(host.get("/nowhere").await.status, 404);
    assert_eq!(
        host.get("/2018-10-31/layers/l/versions/1").await.status,
        404
    );
    assert_eq!(
        host.call("GET", "/lambda-url/nobody/", "").await.status,
        403
    );
    let page = host.get("/metrics").await;
    let page = str::from_utf8(&page.body).expect("a text");
    for (operation, status, count) in [
        ("Invoke", "2xx", 1),
        ("Invoke", "4xx", 1),
        ("CreateFunction", "2xx", 1),
        ("GetLayerVersion", "4xx", 1),
        ("InvokeFunctionUrl", "4xx", 1),
        ("unknown", "4xx", 1),
    ] {
        let labels = format!("operation=\"{operation}\",status=\"{status}\"");
        let line = format!("\nsparkler_requests_total{{{labels}}} {count}\n");
        assert!(page.contains(&line), "{line} is not in {page}");
    }
}

#[tokio::test]
async fn whatever_is_refused_has_an_id() {
    let host = Host::with_function("fn").await;
    let too_large = vec![b' '; 2 * 1024 * 1024];
    for (method, path, body, status) in [
        ("GET", "/nowhere", Body::empty(), 404),
        (
            "PATCH",
            "/2015-03-31/functions/fn/invocations",
            Body::empty(),
            404,
        ),
        (
            "POST",
            "/2015-03-31/functions/fn/policy",
            Body::from(too_large),
            413,
        ),
        (
            "POST",
            "/2015-03-31/functions/fn/versions",
            Body::from("{"),
            400,
        ),
        ("GET", "/lambda-url/nobody/", Body::empty(), 403),
        ("GET", "/_sparkler/packages/none", Body::empty(), 403),
    ] {
        let answer = host.call(method, path, body).await;
        assert_eq!(answer.status, status, "{answer:?}");
        let id = answer.header("x-amzn-requestid");
        assert!(uuid::Uuid::parse_str(id).is_ok(), "{answer:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_told_under_the_name_of_its_operation() {
    let host = Host::with_function("fn").await;
    let logs = Request::post("/").header("x-amz-target", "Logs_20140328.GetLogEvents");
    let logs = logs
        .body(Body::from(vec![b' '; 2 * 1024 * 1024]))
        .expect("a request");
    let large = |bytes: usize| Body::from(vec![b' '; bytes]);
    let url = "/2021-10-31/functions/fn/url";
    for (answer, bytes, operation) in [
        (
            host.invoke("fn", large(7 << 20)).await,
            6_291_456,
            "InvokeFunction",
        ),
        (
            host.call("POST", FUNCTIONS, large(80 << 20)).await,
            70_167_211,
            "CreateFunction",
        ),
        (
            host.call("POST", url, large(2 << 20)).await,
            1_048_576,
            "CreateFunctionUrlConfig",
        ),
        (
            host.call("PUT", url, large(2 << 20)).await,
            1_048_576,
            "UpdateFunctionUrlConfig",
        ),
        (host.send(logs).await, 1_048_576, "CloudWatch Logs"),
    ] {
        let text =
            format!("Request must be smaller than {bytes} bytes for the {operation} operation");
        let body = json!({ "Message": text });
        answer.assert_error(413, "RequestEntityTooLargeException", &body);
    }
}
