//! Catalogs that the last hosts of the second and of the third schema left behind, which answered as `answers.json`
//! says: they kept functions in tables of their own, and policies as they are shown.

use std::time::Duration;

use rusqlite::Connection;

use super::*;
use crate::catalog::SqliteJournal;
use crate::storage::DataDir;

/// What a host left behind.
struct LeftBehind {
    schema: i64,
    /// The tables, with what is in them.
    catalog: &'static str,
    /// What it answered, path by path.
    answers: &'static str,
}

const ALL: [LeftBehind; 2] = [
    LeftBehind {
        schema: 2,
        catalog: include_str!("left_behind/schema_2/catalog.sql"),
        answers: include_str!("left_behind/schema_2/answers.json"),
    },
    LeftBehind {
        schema: 3,
        catalog: include_str!("left_behind/schema_3/catalog.sql"),
        answers: include_str!("left_behind/schema_3/answers.json"),
    },
];

impl LeftBehind {
    fn in_directory(&self) -> tempfile::TempDir {
        let temp = tempfile::tempdir().expect("a directory");
        drop(DataDir::open(temp.path()).expect("a data directory"));
        std::fs::write(temp.path().join("format"), "1\n").expect("written");
        let database = Connection::open(temp.path().join("catalog.db")).expect("made");
        let set = |pragma: &str, value: i64| database.pragma_update(None, pragma, value);
        set("application_id", 0x5350_4b52).expect("set");
        set("user_version", self.schema).expect("set");
        // Tables are told of in the order of their names.
        set("foreign_keys", 0).expect("set");
        database.execute_batch(self.catalog).expect("the database");
        temp
    }

    fn answers(&self) -> Vec<Value> {
        serde_json::from_str(self.answers).expect("a list")
    }
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

async fn answers_as_before(host: &Host, left_behind: &LeftBehind) {
    for expected in left_behind.answers() {
        let path = expected["path"].as_str().expect("a path");
        let request = Request::get(path).header("host", "127.0.0.1:19771");
        let answer = host
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        let mut found = answer.json();
        without_runtime(&mut found);
        assert_eq!(
            found, expected["answer"],
            "{path} of schema {}",
            left_behind.schema
        );
    }
}

fn names(functions: &Value) -> Vec<&str> {
    let functions = functions["Functions"].as_array().expect("a list").iter();
    let names = functions.map(|function| function["FunctionName"].as_str().expect("a name"));
    names.collect()
}

#[tokio::test]
async fn all_of_it_is_shown_as_it_was() {
    for left_behind in ALL {
        let temp = left_behind.in_directory();
        for _ in 0..2 {
            let host = opened(&temp).await;
            // What was prepared is prepared anew.
            host.provisioned("whole", "live").await;
            answers_as_before(&host, &left_behind).await;
        }
    }
}

#[tokio::test]
async fn it_can_be_changed() {
    for left_behind in ALL {
        let temp = left_behind.in_directory();
        let host = opened(&temp).await;
        host.change("plain", "changed").await;
        let gone = host
            .call("DELETE", &format!("{FUNCTIONS}/whole"), Body::empty())
            .await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
        drop(host);
        let host = opened(&temp).await;
        let before = &left_behind.answers()[0]["answer"];
        let mut left = names(before);
        left.retain(|name| *name != "whole");
        assert_eq!(names(&host.get(FUNCTIONS).await.json()), left);
        let shown = host
            .get(&format!("{FUNCTIONS}/plain/configuration"))
            .await
            .json();
        assert_eq!(shown["Description"], "changed");
    }
}
