//! The same tests with two hosts that share what they keep, over stores with all the trouble that distributed ones
//! can have.

use std::process::Command;
use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::json;

use super::{Answer, FUNCTIONS, Host};
use crate::app::Stores;
use crate::catalog::in_tests::{BehindJournal, TroubledJournal};
use crate::contract::operations::{Address, Operation};
use crate::events::log::LogBounds;
use crate::events::log::faulty::{Faults, FaultyEventLog, LeaseTime};
use crate::events::{EventLog, MemoryEventLog};
use crate::storage::in_tests::TroubledLeases;

/// Set where the tests are to be run so.
const VARIABLE: &str = "SPARKLER_TEST_NEIGHBOURS";

pub(super) fn are_wanted() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// Stores for so many hosts, which share all of it.
pub(super) fn stores(hosts: usize) -> Vec<Stores> {
    let shared = Stores {
        events: troubled_events(),
        ..Stores::in_memory()
    };
    let troubled = |_| Stores {
        journal: Arc::new(TroubledJournal::around(Arc::clone(&shared.journal))),
        leases: Arc::new(TroubledLeases::around(Arc::clone(&shared.leases))),
        ..shared.clone()
    };
    (0..hosts).map(troubled).collect()
}

/// A log whose answers come late or not at all, which hands out again what it handed out, and lets leases lapse.
fn troubled_events() -> Arc<dyn EventLog> {
    let time = LeaseTime::default();
    let log = MemoryEventLog::new(LogBounds::IN_MEMORY, time.clock());
    let faults = Faults {
        refusals: 5,
        lapses: 10,
        repeats: 20,
        delays: 30,
    };
    Arc::new(FaultyEventLog::new(Arc::new(log), faults, time, 7))
}

/// Every other test of the contract runs once more, in a process of its own.
#[test]
fn the_contract_holds_with_two_hosts_on_troubled_stores() {
    if are_wanted() {
        return;
    }
    let tests = std::env::current_exe().expect("this program");
    let run = Command::new(tests)
        .args(["contract::tests::", "--quiet"])
        .env(VARIABLE, "1")
        .output()
        .expect("it runs");
    let output = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{output}");
    assert!(output.contains(" passed"), "{output}");
}

/// Two hosts on the same stores, and what holds the second one back.
async fn with_one_behind() -> (Host, Arc<BehindJournal>) {
    let shared = Stores::in_memory();
    let behind = BehindJournal::around(Arc::clone(&shared.journal));
    let second = Stores {
        journal: Arc::clone(&behind) as _,
        ..shared.clone()
    };
    (Host::of(vec![shared, second]).await, behind)
}

/// Has one of several hosts answer.
async fn at(host: &Host, door: usize, method: Method, path: &str, body: &str) -> Answer {
    let request = Request::builder().method(method).uri(path);
    let request = request.body(Body::from(body.to_owned()));
    host.doors[door].send(request.expect("a request")).await
}

#[tokio::test]
async fn what_one_host_has_answered_every_other_one_shows() {
    let (host, behind) = with_one_behind().await;
    behind.hold();
    let host = host.having("fn").await;
    let function = format!("{FUNCTIONS}/fn");
    let changed = async |method, path: &str, body: &str| {
        behind.hold();
        let changed = at(&host, 0, method, path, body).await;
        assert!(changed.status.is_success(), "{changed:?}");
    };
    let shown = async |path: &str| at(&host, 1, Method::GET, path, "").await;

    let found = shown(&function).await;
    assert_eq!(found.status, StatusCode::OK);
    let code = json!({"ZipFile": super::zip_file("other")}).to_string();
    changed(Method::PUT, &format!("{function}/code"), &code).await;
    let found = at(&host, 0, Method::GET, &function, "").await.json();
    let address = found["Code"]["Location"].as_str().expect("an address");
    let path = address
        .strip_prefix("http://localhost:9001")
        .expect("of this host");
    assert_eq!(shown(path).await.body, b"\0asmother"[..]);
    host.settled("fn").await;

    let concurrency = "/2017-10-31/functions/fn/concurrency";
    let reserved = r#"{"ReservedConcurrentExecutions": 3}"#;
    changed(Method::PUT, concurrency, reserved).await;
    let found = shown("/2019-09-30/functions/fn/concurrency").await;
    assert_eq!(found.json(), json!({"ReservedConcurrentExecutions": 3}));

    changed(Method::POST, &format!("{function}/versions"), "{}").await;
    let versions = shown(&format!("{function}/versions")).await.json();
    assert_eq!(versions["Versions"].as_array().map(Vec::len), Some(2));

    let alias = r#"{"Name": "live", "FunctionVersion": "1"}"#;
    changed(Method::POST, &format!("{function}/aliases"), alias).await;
    let found = shown(&format!("{function}/aliases/live")).await;
    assert_eq!(found.json()["FunctionVersion"], "1");

    let statement = r#"{"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*"}"#;
    changed(Method::POST, &format!("{function}/policy"), statement).await;
    assert_eq!(
        shown(&format!("{function}/policy")).await.status,
        StatusCode::OK
    );

    // A change is no more refused for what was than a read shows it.
    changed(Method::DELETE, &function, "").await;
    let created = json!({
        "FunctionName": "fn",
        "Role": "arn:aws:iam::123456789012:role/r",
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Code": {"ZipFile": super::zip_file("second")},
    });
    let created = at(&host, 1, Method::POST, FUNCTIONS, &created.to_string()).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    changed(Method::DELETE, &function, "").await;
    assert_eq!(shown(&function).await.status, StatusCode::NOT_FOUND);
    let functions = shown(FUNCTIONS).await.json();
    assert_eq!(functions["Functions"], json!([]));
}

#[tokio::test]
async fn a_host_that_may_be_behind_says_so_and_does_what_needs_no_catalog() {
    let (host, behind) = with_one_behind().await;
    let host = host.having("fn").await;
    assert_eq!(host.invoke("fn", "1").await.status, StatusCode::OK);
    behind.cut_off();
    for operation in Operation::ALL {
        let Address::Path(method, template) = operation.address() else {
            continue;
        };
        let path = template
            .replace("{FunctionName}", "fn")
            .replace(['{', '}'], "");
        let answer = at(&host, 1, method.clone(), &path, "").await;
        let is_refused = answer.status == StatusCode::SERVICE_UNAVAILABLE;
        assert_eq!(
            is_refused,
            operation.reads_catalog(),
            "{operation} {answer:?}"
        );
        if is_refused {
            let text = "What this host knows of functions may be outdated: it could not be compared with the \
                        store that it shares with other hosts. Send the request again; if that does not help, \
                        this host's log says why.";
            answer.assert_error(503, "ServiceUnavailable", &json!({ "message": text }));
        }
    }
    let invoked = at(
        &host,
        1,
        Method::POST,
        &format!("{FUNCTIONS}/fn/invocations"),
        "1",
    )
    .await;
    assert_eq!(invoked.status, StatusCode::OK);
}
