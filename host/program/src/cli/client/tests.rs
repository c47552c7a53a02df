//! The client against a server that is as small as can be.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use sparkler::internals::SettingsChange;

use super::*;

/// Answers one request for each of `answers`; ends with what was asked.
fn server(answers: Vec<String>) -> (Client, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let requests = std::thread::spawn(move || {
        answers
            .into_iter()
            .map(|answer| {
                let (mut stream, _) = listener.accept().unwrap();
                let request = read_request(&mut BufReader::new(&stream));
                stream.write_all(answer.as_bytes()).unwrap();
                request
            })
            .collect()
    });
    (client(&endpoint).unwrap(), requests)
}

fn client(endpoint: &str) -> Result<Client, ClientError> {
    Client::new(endpoint, &Trust::default())
}

fn read_request(stream: &mut impl BufRead) -> String {
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        assert_ne!(
            stream.read_line(&mut request).unwrap(),
            0,
            "the request broke off"
        );
    }
    let length = request
        .to_lowercase()
        .split_once("content-length: ")
        .map(|(_, rest)| rest.lines().next().unwrap().parse().unwrap());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    request + std::str::from_utf8(&body).unwrap()
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

#[test]
fn an_error_of_the_service_is_shown_with_its_type_and_message() {
    let (client, _requests) = server(vec![answer(
        "409 Conflict",
        "x-amzn-ErrorType: ResourceConflictException\r\n",
        r#"{"Message":"Function already exist: f","Type":"User"}"#,
    )]);
    let error = client
        .create("f", b"\0asm", &SettingsChange::default())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "ResourceConflictException: Function already exist: f"
    );
}

#[test]
fn a_missing_function_says_where_to_look() {
    let not_found = answer(
        "404 Not Found",
        "x-amzn-ErrorType: ResourceNotFoundException\r\n",
        r#"{"Message":"Function not found: arn","Type":"User"}"#,
    );
    let (client, _requests) = server(vec![not_found.clone(), not_found]);
    assert!(client.function("f").unwrap().is_none());
    let text = client.delete("f").unwrap_err().to_string();
    assert!(
        text.starts_with("ResourceNotFoundException: Function not found: arn"),
        "{text}"
    );
    assert!(text.contains("sparkler list"), "{text}");
}

#[test]
fn nobody_listening_is_answered_with_how_to_start_a_server() {
    // A listener that is dropped leaves a port that refuses.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client(&endpoint).unwrap().functions().unwrap_err();
    assert_eq!(error, ClientError::NoServer(endpoint.clone()));
    assert!(error.to_string().contains("sparkler serve"));
}

#[test]
fn a_web_server_is_not_taken_for_lambda() {
    let (client, _requests) = server(vec![
        answer("404 Not Found", "", "<html>"),
        answer("200 OK", "", "<html>"),
    ]);
    for _ in 0..2 {
        let error = client.functions().unwrap_err();
        assert!(matches!(error, ClientError::NotLambda { .. }), "{error}");
    }
}

#[test]
fn endpoints_that_cannot_work_are_refused_before_anything_is_sent() {
    let refusal = |endpoint| client(endpoint).err().unwrap().to_string();
    assert!(refusal("127.0.0.1:9001").contains("http://127.0.0.1:9001"));
    assert!(refusal("ftp://x").contains("not the address"));
    assert!(refusal("").contains("not the address"));
}

#[test]
fn an_invocation_carries_its_headers_and_brings_back_the_log() {
    let log = BASE64.encode("START\nhello\n");
    let (client, requests) = server(vec![answer(
        "200 OK",
        &format!(
            "X-Amz-Executed-Version: 3\r\nX-Amz-Function-Error: Unhandled\r\nX-Amz-Log-Result: {log}\r\n"
        ),
        r#"{"errorType":"X"}"#,
    )]);
    let invoked = client
        .invoke(
            "my:f",
            &Invocation {
                payload: b"[1]".to_vec(),
                qualifier: Some("$LATEST".into()),
                client_context: Some("{}".into()),
                dry_run: false,
                wants_log: true,
            },
        )
        .unwrap();
    assert_eq!(invoked.payload, br#"{"errorType":"X"}"#);
    assert_eq!(invoked.function_error.as_deref(), Some("Unhandled"));
    assert_eq!(invoked.executed_version.as_deref(), Some("3"));
    assert_eq!(invoked.log.as_deref(), Some("START\nhello\n"));
    let request = &requests.join().unwrap()[0];
    assert!(
        request.starts_with("POST /2015-03-31/functions/my%3Af/invocations?Qualifier=%24LATEST "),
        "{request}"
    );
    assert!(request.contains("x-amz-log-type: Tail"), "{request}");
    assert!(request.contains("x-amz-client-context: e30="), "{request}");
    assert!(request.ends_with("[1]"), "{request}");
}

#[test]
fn a_list_goes_through_all_pages() {
    let page = |name: &str, marker: &str| {
        let body =
            format!(r#"{{"Functions":[{{"FunctionName":"{name}","Runtime":"r"}}]{marker}}}"#);
        answer("200 OK", "", &body)
    };
    let (client, requests) = server(vec![page("a", r#","NextMarker":"a b""#), page("c", "")]);
    let functions = client.functions().unwrap();
    let names: Vec<_> = functions.iter().map(|f| f.function_name.as_str()).collect();
    assert_eq!(names, ["a", "c"]);
    assert_eq!(functions[0].others["Runtime"], "r");
    assert!(requests.join().unwrap()[1].contains("Marker=a%20b"));
}

#[test]
fn a_deployment_sends_the_package_and_only_the_settings_that_were_given() {
    let (client, requests) = server(vec![answer("201 Created", "", r#"{"FunctionName":"f"}"#)]);
    let settings = SettingsChange {
        timeout_seconds: Some(5),
        ..SettingsChange::default()
    };
    client.create("f", b"\0asm", &settings).unwrap();
    let request = &requests.join().unwrap()[0];
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["Code"]["ZipFile"], "AGFzbQ==");
    assert_eq!(body["Timeout"], 5);
    assert_eq!(body.get("MemorySize"), None);
}
