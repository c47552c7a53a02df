//! Folders of sources, from the command line: they run as they are.

use std::fs;
use std::path::Path;

use serde_json::Value;
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

/// What `sparkler deploy` says of the function `orders`, of what is in a folder: sources, where a runtime and a handler are
/// given.
fn deployed(server: &Server, folder: &Path, runs: Option<[&str; 2]>) -> Ended {
    let mut command = sparkler();
    command
        .args(["deploy", "orders"])
        .arg(folder)
        .env("SPARKLER_ENDPOINT", format!("http://{}", server.address))
        .env("SPARKLER_RUNTIMES_DIR", kits::runtimes());
    if let Some([runtime, handler]) = runs {
        command.args(["--runtime", runtime, "--handler", handler]);
    }
    ended(&mut command)
}

/// A file of a function in Python that answers with a number.
fn put_python(bench: &Workbench, name: &str, head: &str, answer: u32) {
    put(bench, name, &format!("{head}\n    return {answer}\n"));
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

const HANDLER: &str = "def handler(event, context):";

#[test]
fn a_project_names_folders_of_sources_and_deploy_replaces_them() {
    let bench = Workbench::new();
    put(&bench, "sparkler.toml", PROJECT);
    put_python(&bench, "app.py", HANDLER, 1);
    fs::create_dir(bench.path("words")).expect("make a folder");
    let words = "exports.handler = async () => 'one'";
    put(&bench, "words/index.js", words);
    let server = serving(&bench);
    assert_eq!(answered(&server, "orders"), 1);
    assert_eq!(answered(&server, "words"), "one");

    put_python(&bench, "other.py", "def run(event, context):", 2);
    let other = Some(["python3.13", "other.run"]);
    assert_succeeds(&deployed(&server, bench.folder.path(), other));
    assert_eq!(answered(&server, "orders"), 2);
    // Another language in the place of the first.
    let other = Some(["nodejs22.x", "index.handler"]);
    assert_succeeds(&deployed(&server, &bench.path("words"), other));
    assert_eq!(answered(&server, "orders"), "one");
}

#[test]
fn what_is_wrong_with_sources_is_said_and_what_ran_goes_on() {
    let bench = Workbench::new();
    let orders = PROJECT.split("[functions.words]").next().expect("a part");
    put(&bench, "sparkler.toml", orders);
    put_python(&bench, "app.py", HANDLER, 1);
    let server = serving(&bench);
    put_python(&bench, "app.py", "def handler(event, context)", 2);
    let sources = Some(["python3.13", "app.handler"]);
    let said = deployed(&server, bench.folder.path(), sources);
    let expected = ["Syntax error in module 'app'", "app.py, line 1"];
    assert_fails(&said, 1, &expected);
    assert_eq!(answered(&server, "orders"), 1);
    let said = deployed(&server, bench.folder.path(), None);
    assert_fails(&said, 1, &["--runtime python3.13 --handler app.handler"]);
    assert_eq!(answered(&server, "orders"), 1);
}
