//! What each command does when all is well.

use serde_json::Value;
use sparkler_tests::server::{ended, run, sparkler};
use sparkler_tests::{Server, guests, scratch, wat};

use crate::{Workbench, assert_fails, assert_succeeds};

#[test]
fn help_teaches_with_examples() {
    let help = run(["--help"]);
    assert_succeeds(&help);
    for word in ["sparkler demo", "serve", "deploy", "invoke", "aws lambda"] {
        assert!(
            help.stdout.contains(word),
            "{word} is not in {}",
            help.stdout
        );
    }
    assert!(
        !help.stdout.contains("compile-worker"),
        "what people do not start is not shown"
    );
}

#[test]
fn the_version_is_told() {
    let version = run(["--version"]);
    assert_succeeds(&version);
    assert_eq!(
        version.stdout.trim(),
        format!("sparkler {}", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_function_is_deployed_invoked_listed_and_deleted() {
    let (server, bench) = (Server::ephemeral(), Workbench::new());
    let deployed = server.run(["deploy", "echo", &bench.echo(), "--memory", "256"]);
    assert_succeeds(&deployed);

    let invoked = server.run(["invoke", "echo", "{\"n\":1}"]);
    assert_succeeds(&invoked);
    assert_eq!(invoked.stdout.trim(), "{\"n\":1}");
    assert!(
        invoked.stderr.contains(" ms, billed "),
        "{}",
        invoked.stderr
    );

    let listed = server.run(["list"]);
    assert_succeeds(&listed);
    assert!(
        listed.stdout.contains("echo") && listed.stdout.contains("256"),
        "{}",
        listed.stdout
    );

    let listed = server.run(["list", "--json"]);
    let json: Value = serde_json::from_str(&listed.stdout).expect("a list in JSON");
    assert!(json.to_string().contains("\"echo\""), "{json}");

    assert_succeeds(&server.run(["delete", "echo"]));
    assert_fails(&server.run(["invoke", "echo", "{}"]), 1, &["echo"]);
}

#[test]
fn deploying_again_changes_the_function() {
    let (server, bench) = (Server::ephemeral(), Workbench::new());
    assert_succeeds(&server.run(["deploy", "changing", &bench.ones()]));
    assert_eq!(server.run(["invoke", "changing", "2"]).stdout.trim(), "11");
    assert_succeeds(&server.run(["deploy", "changing", &bench.echo(), "--timeout", "9"]));
    assert_eq!(server.run(["invoke", "changing", "2"]).stdout.trim(), "2");
    let settings = server.lambda().get("changing").json();
    assert_eq!(settings["Configuration"]["Timeout"], 9);
}

#[test]
fn an_event_comes_from_the_argument_a_file_or_stdin() {
    let (server, bench) = (Server::ephemeral(), Workbench::new());
    server.deploy("echo", guests::echo(), &[]);
    let from_file = format!("@{}", bench.file("event.json", "[\"file\"]"));
    let invoked = server.run(["invoke", "echo", &from_file]);
    assert_eq!(invoked.stdout.trim(), "[\"file\"]", "{}", invoked.stderr);

    let stdin = std::fs::File::open(bench.file("stdin.json", "[\"stdin\"]")).expect("a file");
    let endpoint = format!("http://{}", server.address);
    let mut command = sparkler();
    command
        .args(["invoke", "echo", "-", "--endpoint", &endpoint])
        .stdin(stdin);
    let invoked = ended(&mut command);
    assert_eq!(invoked.stdout.trim(), "[\"stdin\"]", "{}", invoked.stderr);
}

#[test]
fn a_function_error_ends_with_one_and_shows_the_error_and_the_log() {
    let server = Server::ephemeral();
    server.deploy("failing", guests::behaviours(), &[]);
    let event = r#"{"do":"fail","type":"OutOfTea","message":"There is no tea."}"#;
    let invoked = server.run(["invoke", "failing", event]);
    assert_eq!(invoked.code, Some(1), "{invoked:?}");
    let said = format!("{}{}", invoked.stdout, invoked.stderr);
    assert!(
        said.contains("OutOfTea") && said.contains("There is no tea."),
        "{said}"
    );
}

#[test]
fn inspecting_tells_what_a_file_exports_and_needs() {
    let bench = Workbench::new();
    let inspected = run(["inspect", &bench.echo()]);
    assert_succeeds(&inspected);
    assert!(
        inspected.stdout.contains("sparkler:function/handler@0.1.0"),
        "{}",
        inspected.stdout
    );

    let streaming = bench.file("streaming.wasm", guests::streaming());
    let inspected = run(["inspect", &streaming]);
    for line in [
        "Kind: streaming function (sparkler:function/streaming-handler@0.1.0)\n",
        "  ✓ sparkler:function/response@0.1.0\n",
        "It can be deployed here.\n",
    ] {
        assert!(inspected.stdout.contains(line), "{}", inspected.stdout);
    }

    let needy = bench.file("needy.wasm", wat::guest("unknown_imports.wat"));
    let inspected = run(["inspect", &needy]);
    assert!(
        inspected.stdout.contains("acme:rockets/launch@1.2.3"),
        "{inspected:?}"
    );

    let inspected = run(["inspect", "--json", &bench.echo()]);
    let json: Value = serde_json::from_str(&inspected.stdout).expect("JSON");
    assert!(
        json.to_string().contains("sparkler:function/handler@0.1.0"),
        "{json}"
    );
}

#[test]
fn completions_are_written_for_the_shells() {
    for shell in ["bash", "zsh", "fish"] {
        let completions = run(["completions", shell]);
        assert_succeeds(&completions);
        assert!(completions.stdout.contains("sparkler"), "{shell}");
    }
}

/// The answer goes to one stream and what is said about it to the other, so that pipes work.
#[test]
fn output_that_is_piped_has_no_colours() {
    let server = Server::ephemeral();
    server.deploy("echo", guests::echo(), &[]);
    let endpoint = format!("http://{}", server.address);
    let mut command = sparkler();
    command
        .env_remove("NO_COLOR")
        .args(["invoke", "echo", "[1]", "--endpoint", &endpoint]);
    let invoked = ended(&mut command);
    assert_eq!(invoked.stdout, "[1]\n");
    assert!(!invoked.stderr.contains('\u{1b}'), "{:?}", invoked.stderr);
}

#[test]
fn a_new_function_builds_and_runs() {
    let (server, bench) = (Server::ephemeral(), Workbench::new());
    let make = || {
        ended(
            sparkler()
                .args(["new", "greeter"])
                .current_dir(bench.folder.path()),
        )
    };
    assert_succeeds(&make());
    // The SDK is compiled once for all runs of this suite, beside the other guests.
    let target = scratch::folder().join("new-functions");
    let mut build = sparkler();
    build.arg("build").current_dir(bench.path("greeter"));
    let built = ended(build.env("CARGO_TARGET_DIR", target));
    assert_succeeds(&built);
    let component = bench.path("greeter").join(built.stdout.trim());
    assert_succeeds(&server.run(["deploy", "greeter", &crate::text(&component)]));
    let invoked = server.run(["invoke", "greeter", "{\"name\":\"Ada\"}"]);
    assert_succeeds(&invoked);
    assert!(invoked.stdout.contains("Ada"), "{}", invoked.stdout);
    assert_fails(&make(), 1, &["greeter"]);
}
