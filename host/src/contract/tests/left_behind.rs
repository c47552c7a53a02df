//! A catalog that the last host of the third schema left behind, which answered as `answers.json` says: it kept
//! functions in tables of their own, and policies as they are shown.

use std::time::Duration;

use rusqlite::Connection;

use super::*;
use crate::catalog::SqliteJournal;
use crate::storage::DataDir;

const CATALOG: &str = include_str!("left_behind/catalog.sql");
const ANSWERS: &str = include_str!("left_behind/answers.json");

fn left_behind() -> tempfile::TempDir {
    let temp = tempfile::tempdir().expect("a directory");
    drop(DataDir::open(temp.path()).expect("a data directory"));
    std::fs::write(temp.path().join("format"), "1\n").expect("written");
    let database = Connection::open(temp.path().join("catalog.db")).expect("made");
    let set = |pragma: &str, value: i64| database.pragma_update(None, pragma, value);
    set("application_id", 0x5350_4b52).expect("set");
    set("user_version", 3).expect("set");
    // Tables are told of in the order of their names.
    set("foreign_keys", 0).expect("set");
    database.execute_batch(CATALOG).expect("the database");
    temp
}

/// The data directory, once whatever an earlier host began has let go of it.
async fn data_dir(temp: &tempfile::TempDir) -> DataDir {
    let opened = async {
        loop {
            match DataDir::open(temp.path()) {
                Ok(data_dir) => return data_dir,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    let opened = tokio::time::timeout(Duration::from_secs(30), opened).await;
    opened.expect("the earlier host is gone")
}

async fn opened(temp: &tempfile::TempDir) -> Host {
    let data_dir = data_dir(temp).await;
    let account = Account::default().owner();
    let journal = SqliteJournal::open(&data_dir, &account).expect("a journal");
    let stores = Stores {
        journal: Arc::new(journal),
        ..Stores::in_memory()
    };
    Host::of([stores].into()).await
}

/// What is shown of the runtime is of this host.
fn without_runtime(answer: &mut Value) {
    match answer {
        Value::Object(members) => {
            members.remove("RuntimeVersionConfig");
            members.values_mut().for_each(without_runtime);
        }
        Value::Array(items) => items.iter_mut().for_each(without_runtime),
        _ => {}
    }
}

async fn answers_as_before(host: &Host) {
    let expected: Vec<Value> = serde_json::from_str(ANSWERS).expect("a list");
    for expected in expected {
        let path = expected["path"].as_str().expect("a path");
        let request = Request::get(path).header("host", "127.0.0.1:19771");
        let answer = host
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        let mut found = answer.json();
        without_runtime(&mut found);
        assert_eq!(found, expected["answer"], "{path}");
    }
}

#[tokio::test]
async fn all_of_it_is_shown_as_it_was() {
    let temp = left_behind();
    for _ in 0..2 {
        let host = opened(&temp).await;
        // What was prepared is prepared anew.
        host.provisioned("whole", "live").await;
        answers_as_before(&host).await;
    }
}

#[tokio::test]
async fn it_can_be_changed() {
    let temp = left_behind();
    let host = opened(&temp).await;
    host.change("plain", "changed").await;
    let gone = host
        .call("DELETE", &format!("{FUNCTIONS}/whole"), Body::empty())
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    drop(host);
    let host = opened(&temp).await;
    let list = host.get(FUNCTIONS).await.json();
    let names = list["Functions"].as_array().expect("a list").iter();
    let names: Vec<_> = names.map(|function| &function["FunctionName"]).collect();
    assert_eq!(names, ["plain", "tenants"]);
    let shown = host
        .get(&format!("{FUNCTIONS}/plain/configuration"))
        .await
        .json();
    assert_eq!(shown["Description"], "changed");
}
