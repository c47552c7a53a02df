//! `sparkler compile`, and hosts that run what it makes.

use serde_json::json;
use sparkler_tests::server::run;
use sparkler_tests::{Server, guests};

use crate::Workbench;

/// A bench with a component and what was compiled of it.
fn bench() -> (Workbench, String) {
    let bench = Workbench::new();
    let echo = bench.echo();
    let ended = run(["compile", &echo]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let compiled = bench.text("echo.cwasm");
    assert_eq!(ended.stdout.trim(), compiled);
    (bench, compiled)
}

#[test]
fn compiled_code_is_served_where_the_hosts_owner_trusts_it() {
    let (_bench, compiled) = bench();
    let server = Server::start(["--ephemeral", "--trust-artifacts", &compiled]);
    assert_eq!(server.lambda().invoke("echo", "[1]").text(), "[1]");
    let ended = server.run(["deploy", "again", &compiled]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(server.lambda().invoke("again", "2").text(), "2");
}

#[test]
fn compiled_code_is_refused_by_default_with_the_reason() {
    let (_bench, compiled) = bench();
    let ended = run(["serve", "--ephemeral", "--listen", "127.0.0.1:0", &compiled]);
    assert_eq!(ended.code, Some(1));
    for words in ["outside of the sandbox", "--trust-artifacts"] {
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
    let server = Server::ephemeral();
    let code = std::fs::read(&compiled).expect("the compiled code");
    let reply = server
        .lambda()
        .create(&sparkler_tests::NewFunction::new("f", code));
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.header("x-amzn-errortype"),
        Some("InvalidParameterValueException")
    );
    assert!(
        reply.text().contains("--trust-artifacts"),
        "{}",
        reply.text()
    );
}

#[test]
fn code_of_another_engine_or_that_is_damaged_is_refused() {
    let (bench, compiled) = bench();
    let refused = |name: &str, code: &[u8]| {
        let place = bench.file(name, code);
        let arguments = [
            "serve",
            "--ephemeral",
            "--listen",
            "127.0.0.1:0",
            "--trust-artifacts",
        ];
        let ended = run(arguments.into_iter().chain([place.as_str()]));
        assert_eq!(ended.code, Some(1), "{}", ended.stdout);
        ended.stderr
    };
    let code = std::fs::read(&compiled).expect("the compiled code");
    let head = b"sparkler-artifact 1\n{\"engine\":\"";
    assert!(code.starts_with(head), "the form of the file has changed");
    let mut other = code.clone();
    other[head.len()] = b'9';
    let said = refused("other.cwasm", &other);
    assert!(said.contains("was compiled for the engine 9"), "{said}");
    let said = refused("cut.cwasm", &code[..code.len() - 1]);
    assert!(said.contains("damaged, or cut short"), "{said}");
}

#[test]
fn what_fits_no_host_is_said_before_it_is_written() {
    let bench = Workbench::new();
    let echo = bench.echo();
    let ended = run(["compile", &echo, "--target", "riscv64gc-unknown-linux-gnu"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("on a machine of that kind"),
        "{}",
        ended.stderr
    );
    let module = bench.file("module.wasm", b"\0asm\x01\0\0\0");
    let ended = run(["compile", &module]);
    assert_eq!(ended.code, Some(1));
    assert!(!bench.path("module.cwasm").exists());
}

#[test]
fn compiled_code_tells_what_it_fits() {
    let (_bench, compiled) = bench();
    let ended = run(["inspect", &compiled, "--json"]);
    let said: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(said["kind"], json!("compiled"));
    let component = sparkler::internals::Digest::of(guests::echo());
    assert_eq!(said["component"], json!(component.to_string()));
    let ended = run(["compile", &compiled]);
    assert!(
        ended.stderr.contains("compiled code already"),
        "{}",
        ended.stderr
    );
}
