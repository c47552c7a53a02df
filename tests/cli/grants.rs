//! Folders and secrets that `sparkler serve` is told of, and what a crash leaves of `/tmp`.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sparkler_tests::lambda::invocation;
use sparkler_tests::server::{ended, run, sparkler};
use sparkler_tests::{Connection, Server, guests};

use crate::{Workbench, assert_fails, text};

fn invoke(server: &Server, function: &str, steps: &Value) -> Value {
    let event = json!({ "steps": steps }).to_string();
    server.lambda().invoke(function, event).json()
}

#[test]
fn a_project_file_grants_folders_and_secrets_and_gives_them_to_functions() {
    let bench = Workbench::new();
    bench.file("files.wasm", guests::files());
    bench.file("key.txt", "correct-horse\n");
    fs::create_dir(bench.path("data")).expect("make a folder");
    bench.file("data/input", "42");
    bench.file(
        "sparkler.toml",
        "[folders]\ndata = \"data\"\n\
         [secrets]\napi-key = { file = \"key.txt\" }\n\
         [functions.reader]\nfile = \"files.wasm\"\nfolders = { data = \"/mnt/data\" }\n\
         secrets = { API_KEY = \"api-key\" }\n",
    );
    let server = Server::start(["--ephemeral", &text(bench.folder.path())]);
    let seen = invoke(
        &server,
        "reader",
        &json!([
            { "do": "read", "path": "/mnt/data/input" },
            { "do": "variable", "name": "API_KEY" },
            { "do": "print", "pieces": ["correct-horse\n"] },
        ]),
    );
    assert_eq!(seen, json!(["42", "correct-horse", null]));
    assert!(
        !server.said().contains("correct-horse"),
        "{}",
        server.said()
    );
}

#[test]
fn options_grant_folders_and_secrets_to_functions_that_ask() {
    let bench = Workbench::new();
    let data = bench.text("data");
    fs::create_dir(&data).expect("make a folder");
    let mut command = sparkler();
    command
        .args(["serve", "--ephemeral", "--listen", "127.0.0.1:0"])
        .args(["--folder", &format!("data={data}:rw")])
        .args(["--secret", "writer/key=env:A_KEY"])
        .env("A_KEY", "from-the-environment");
    let server = Server::of(&mut command);
    server.deploy(
        "writer",
        guests::files(),
        &[
            "--env",
            "SPARKLER_FOLDERS=data:/d:rw",
            "--env",
            "KEY={{secret:key}}",
        ],
    );
    let seen = invoke(
        &server,
        "writer",
        &json!([
            { "do": "write", "path": "/d/out", "text": "written" },
            { "do": "variable", "name": "KEY" },
        ]),
    );
    assert_eq!(seen, json!([null, "from-the-environment"]));
    let written = fs::read_to_string(bench.path("data/out")).expect("it is there");
    assert_eq!(written, "written");
}

#[test]
fn what_is_missing_is_named_at_the_start() {
    let bench = Workbench::new();
    let missing = bench.text("missing");
    let serve = |arguments: &[&str]| {
        ended(
            sparkler()
                .args(["serve", "--ephemeral", "--listen", "127.0.0.1:0"])
                .args(arguments),
        )
    };
    let folder = serve(&["--folder", &format!("data={missing}")]);
    assert_fails(&folder, 1, &["the folder 'data'", &missing]);
    let secret = serve(&["--secret", &format!("key=file:{missing}")]);
    assert_fails(&secret, 1, &["the secret 'key'", &missing]);
    let secret = serve(&["--secret", "key=env:SPARKLER_TESTS_NOT_SET"]);
    assert_fails(
        &secret,
        1,
        &["the secret 'key'", "SPARKLER_TESTS_NOT_SET is not set"],
    );
    let wrong = run(["serve", "--secret", "key=hunter2"]);
    assert_fails(&wrong, 2, &["NAME=file:PATH"]);
}

#[test]
fn a_crash_leaves_files_of_functions_until_the_next_start_and_no_longer() {
    let bench = Workbench::new();
    let data = bench.text("data");
    let server = Server::start(["--data-dir", &data]);
    server.deploy("files", guests::files(), &["--timeout", "60"]);
    let event = json!({
        "steps": [{ "do": "fill", "path": "/tmp/large", "bytes": 1_000_000 }], "end": "spin",
    });
    let mut connection = Connection::open(server.address);
    connection.begin(&invocation("files", event.to_string()));
    let file = bench.path("data/tmp/0/large");
    let begun = Instant::now();
    while !file.metadata().is_ok_and(|file| file.len() == 1_000_000) {
        assert!(begun.elapsed() < Duration::from_secs(60), "no file is made");
        std::thread::yield_now();
    }
    server.kill();
    assert!(file.exists());
    let server = Server::start(["--data-dir", &data]);
    assert_eq!(
        fs::read_dir(bench.path("data/tmp"))
            .expect("listed")
            .count(),
        0
    );
    let seen = invoke(&server, "files", &json!([{ "do": "list", "path": "/tmp" }]));
    assert_eq!(seen, json!([[]]));
}

#[test]
fn a_host_without_a_data_directory_cleans_up_behind_itself_and_behind_crashes() {
    let bench = Workbench::new();
    let temp = bench.text("temp");
    fs::create_dir(&temp).expect("make a folder");
    let start = || {
        let mut command = sparkler();
        command
            .args(["serve", "--ephemeral", "--listen", "127.0.0.1:0"])
            .env("TMPDIR", &temp);
        Server::of(&mut command)
    };
    let left = || -> Vec<_> {
        let left = fs::read_dir(&temp).expect("listed");
        left.map(|entry| entry.expect("an entry").file_name())
            .collect()
    };
    let use_tmp = |server: &Server| {
        server.deploy("files", guests::files(), &[]);
        let write = json!([{ "do": "write", "path": "/tmp/a", "text": "x" }]);
        assert_eq!(invoke(server, "files", &write), json!([null]));
    };
    let server = start();
    use_tmp(&server);
    assert_eq!(left().len(), 1);
    assert!(server.stop().success());
    assert!(left().is_empty(), "nothing is left behind");
    let server = start();
    use_tmp(&server);
    server.kill();
    let crashed = left();
    assert_eq!(crashed.len(), 1);
    let server = start();
    assert_eq!(left().len(), 1, "only its own");
    assert_ne!(left(), crashed, "what a crash left is gone");
    assert!(server.stop().success());
    assert!(left().is_empty());
}
