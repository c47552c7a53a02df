//! Folders of sources, from the command line: they run as they are.

use std::fs;

use serde_json::{Value, json};
use sparkler_tests::server::{Ended, ended, sparkler};
use sparkler_tests::{Server, kits};

use crate::{Workbench, assert_fails, assert_succeeds};

/// A server with interpreters, of the functions in a folder.
fn serving(bench: &Workbench) -> Server {
    let mut command = sparkler();
    command
        .args(["serve", "--ephemeral", "--listen", "127.0.0.1:0"])
        .arg(bench.folder.path())
        .env("SPARKLER_RUNTIMES_DIR", kits::runtimes());
    Server::of(&mut command)
}

fn answered(server: &Server, name: &str) -> Value {
    server.lambda().invoke(name, "{}").json()
}

fn deployed(server: &Server, arguments: &[&str]) -> Ended {
    let mut command = sparkler();
    command
        .arg("deploy")
        .args(arguments)
        .env("SPARKLER_ENDPOINT", format!("http://{}", server.address))
        .env("SPARKLER_RUNTIMES_DIR", kits::runtimes());
    ended(&mut command)
}

fn put(bench: &Workbench, name: &str, text: &str) {
    fs::write(bench.path(name), text).expect("write a file");
}

const PROJECT: &str = r#"
[functions.orders]
runtime = "python3.13"
handler = "app.handler"

[functions.words]
source = "words"
runtime = "nodejs22.x"
handler = "index.handler"
"#;

#[test]
fn a_project_names_folders_of_sources_and_deploy_replaces_them() {
    let bench = Workbench::new();
    put(&bench, "sparkler.toml", PROJECT);
    put(
        &bench,
        "app.py",
        "def handler(event, context):\n    return 1\n",
    );
    fs::create_dir(bench.path("words")).expect("make a folder");
    put(
        &bench,
        "words/index.js",
        "exports.handler = async () => 'one'",
    );
    let server = serving(&bench);
    assert_eq!(answered(&server, "orders"), 1);
    assert_eq!(answered(&server, "words"), "one");

    put(
        &bench,
        "other.py",
        "def run(event, context):\n    return 2\n",
    );
    let folder = bench.folder.path().to_str().expect("a path of UTF-8");
    let other = ["--runtime", "python3.13", "--handler", "other.run"];
    let said = deployed(&server, &[&["orders", folder], &other[..]].concat());
    assert_succeeds(&said);
    assert_eq!(answered(&server, "orders"), 2);
    // Another language in the place of the first.
    let words = bench.text("words");
    let other = ["--runtime", "nodejs22.x", "--handler", "index.handler"];
    assert_succeeds(&deployed(
        &server,
        &[&["orders", &words], &other[..]].concat(),
    ));
    assert_eq!(answered(&server, "orders"), "one");
}

#[test]
fn what_is_wrong_with_sources_is_said_and_what_ran_goes_on() {
    let bench = Workbench::new();
    put(
        &bench,
        "sparkler.toml",
        PROJECT.split("[functions.words]").next().expect("a part"),
    );
    put(
        &bench,
        "app.py",
        "def handler(event, context):\n    return 1\n",
    );
    let server = serving(&bench);
    put(
        &bench,
        "app.py",
        "def handler(event, context)\n    return 2\n",
    );
    let folder = bench.folder.path().to_str().expect("a path of UTF-8");
    let sources = ["--runtime", "python3.13", "--handler", "app.handler"];
    let said = deployed(&server, &[&["orders", folder], &sources[..]].concat());
    assert_fails(
        &said,
        1,
        &["Syntax error in module 'app'", "app.py, line 1"],
    );
    assert_eq!(answered(&server, "orders"), 1);
    let said = deployed(&server, &["orders", folder]);
    assert_fails(&said, 1, &["--runtime python3.13 --handler app.handler"]);
    assert_eq!(answered(&server, "orders"), json!(1));
}
