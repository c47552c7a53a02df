//! Functions in other languages, from `sparkler new` to their answers, and what their authors see when
//! something is missing or wrong.

use std::process::Command;

use serde_json::{Value, json};
use sparkler_tests::server::{Ended, ended, sparkler};
use sparkler_tests::{Reply, Server, guests, kits};

use crate::{Workbench, assert_fails, assert_succeeds};

/// A command of the binary on a machine that has the tools of every language.
fn with_tools(bench: &Workbench, arguments: &[&str]) -> Command {
    let mut command = sparkler();
    command
        .args(arguments)
        .env("PATH", kits::search_path())
        .env("SPARKLER_TOOLS", kits::tools())
        .current_dir(bench.folder.path());
    command
}

#[track_caller]
fn answer(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{}", reply.text());
    serde_json::from_str(reply.text()).expect("an answer in JSON")
}

#[track_caller]
fn assert_starts_builds_and_runs(lang: &str, greeting: &str) {
    let (server, bench) = (Server::shared(), Workbench::new());
    let name = format!("new-{lang}");
    assert_succeeds(&ended(&mut with_tools(
        &bench,
        &["new", "--lang", lang, &name],
    )));
    let built = ended(&mut with_tools(&bench, &["build", &name]));
    assert_succeeds(&built);
    let component = bench.path(built.stdout.trim());
    assert!(component.is_file(), "{built:?}");
    assert!(component.with_extension("zip").is_file(), "{built:?}");
    assert_succeeds(&server.run(["deploy", &name, &bench.text(&name)]));
    let greeted = answer(&server.lambda().invoke(&name, r#"{"name":"Ada"}"#));
    assert_eq!(greeted, json!({ "greeting": greeting }));
    let refused = server.lambda().invoke(&name, "{}");
    assert_eq!(refused.header("x-amz-function-error"), Some("Unhandled"));
    assert_eq!(
        answer(&refused)["errorMessage"],
        "There is nobody to greet."
    );
}

#[test]
fn a_new_function_in_javascript_builds_and_runs() {
    assert_starts_builds_and_runs("js", "Hello, Ada!");
}

#[test]
fn a_new_function_in_c_builds_and_runs() {
    assert_starts_builds_and_runs("c", "Hello!");
}

/// Deploys an example under a name of its own.
#[track_caller]
fn deployed(server: &Server, language: &str, example: &str) -> String {
    let name = format!("{language}-{example}");
    let component = kits::example(&format!("{language}/{example}"));
    server.deploy(&name, &component, &["--env", "GREETING=grüße"]);
    name
}

#[track_caller]
fn assert_greets(language: &str) {
    let server = Server::shared();
    let name = deployed(&server, language, "hello");
    let greeted = server
        .lambda()
        .invoke(&name, r#"{"name":"Ada","sleep_ms":20}"#);
    assert_eq!(answer(&greeted), json!({ "message": "Hello, Ada!" }));
    assert!(
        greeted.log().text().contains("greeting \"Ada\", "),
        "{}",
        greeted.log().text()
    );
    let refused = answer(&server.lambda().invoke(&name, r#"{"name":""}"#));
    assert_eq!(refused["errorType"], "EmptyName");
}

#[test]
fn javascript_greets() {
    assert_greets("js");
}

#[test]
fn c_greets() {
    assert_greets("c");
}

#[track_caller]
fn assert_logs_and_knows_its_context(language: &str) {
    let server = Server::shared();
    let name = deployed(&server, language, "logging");
    let invoked = server.run([
        "invoke",
        &name,
        "{}",
        "--client-context",
        r#"{"custom":{"a":"ü"}}"#,
    ]);
    assert_succeeds(&invoked);
    let reply = server.lambda().invoke(&name, "{}");
    let told = answer(&reply);
    for line in [
        "to stdout: grüße, 世界",
        "to stderr: { attempt: 1 }",
        "several\nlines",
    ] {
        assert!(
            reply.log().text().contains(line),
            "{line:?} is not in {}",
            reply.log().text()
        );
    }
    let own: Value = serde_json::from_str(&invoked.stdout).expect("an answer in JSON");
    assert_eq!(own["clientContext"], json!({ "custom": { "a": "ü" } }));
    assert_eq!(told["clientContext"], Value::Null);
    assert_eq!(told["functionName"], name.as_str());
    assert_eq!(told["functionVersion"], "$LATEST");
    assert_eq!(told["memoryLimitInMB"], "128");
    assert_eq!(told["logGroupName"], format!("/aws/lambda/{name}"));
    assert_eq!(told["hasTimeLeft"], true);
    assert_eq!(told["region"], "us-east-1");
    assert_eq!(told["greeting"], "grüße");
    let arn = told["invokedFunctionArn"].as_str().expect("an ARN");
    assert!(arn.ends_with(&format!(":function:{name}")), "{arn}");
    let id = told["awsRequestId"].as_str().expect("an id");
    assert_eq!(reply.header("x-amzn-requestid"), Some(id));
}

#[test]
fn javascript_logs_and_knows_its_context() {
    assert_logs_and_knows_its_context("js");
}

#[test]
fn c_logs_and_knows_its_context() {
    assert_logs_and_knows_its_context("c");
}

#[test]
fn a_c_function_that_gives_up_says_where() {
    let server = Server::shared();
    let name = deployed(&server, "c", "failing");
    let failed = |how: &str| {
        server
            .lambda()
            .invoke(&name, json!({ "how": how }).to_string())
    };
    let aborted = failed("abort");
    assert_eq!(answer(&aborted)["errorType"], "Runtime.ExitError");
    for line in ["the stock is damaged", "at give_up", "at sparkler_handle"] {
        assert!(
            aborted.log().text().contains(line),
            "{line:?} is not in {}",
            aborted.log().text()
        );
    }
    assert_eq!(answer(&failed("exit"))["errorType"], "Runtime.ExitError");
    assert_eq!(
        answer(&failed("recursion"))["errorType"],
        "Runtime.ExitError"
    );
}

#[test]
fn the_runtime_of_javascript_passes_its_own_tests() {
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=tap"])
        .current_dir(guests::workspace().join("guest-sdk/js"))
        .env("PATH", kits::search_path());
    let ended = ended(&mut node);
    assert_succeeds(&ended);
    assert!(ended.stdout.contains("# fail 0"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("# pass 0"), "{}", ended.stdout);
}

/// A build of a folder with these files, on a machine without any tool or with all of them.
#[track_caller]
fn build_of(files: &[(&str, &str)], has_tools: bool) -> Ended {
    let bench = Workbench::new();
    for (name, text) in files {
        bench.file(name, text);
    }
    let mut build = with_tools(&bench, &["build"]);
    if !has_tools {
        build.env("PATH", bench.path("nothing-here"));
    }
    ended(&mut build)
}

#[test]
fn a_missing_tool_is_named_with_where_to_get_it() {
    let javascript = [("package.json", "{}"), ("handler.js", "")];
    let built = build_of(&javascript, false);
    assert_fails(&built, 1, &["`node`", "Node.js 20", "nodejs.org"]);
    let built = build_of(&[("handler.c", "")], false);
    assert_fails(&built, 1, &["clang", "wasi-libc", "zig"]);
}

#[test]
fn what_does_not_compile_is_answered_with_the_compilers_words() {
    let built = build_of(&[("handler.c", "int f(void) { return missing; }\n")], true);
    assert_fails(&built, 1, &["does not compile", "handler.c:1", "missing"]);
    let javascript = |text| build_of(&[("package.json", "{}"), ("handler.js", text)], true);
    assert_fails(
        &javascript("export const = 1;\n"),
        1,
        &["does not compile", "handler.js:1"],
    );
    let unresolved = "import x from './missing.js';\nexport const handler = x;\n";
    assert_fails(
        &javascript(unresolved),
        1,
        &["./missing.js", "handler.js:1"],
    );
    let without = "export const greet = 1;\n";
    assert_fails(&javascript(without), 1, &["exports no `handler`"]);
}
