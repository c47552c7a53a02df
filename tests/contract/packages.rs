//! Packages: what a function's code may come in, and what is refused.

use std::io::{Cursor, Write};

use serde_json::json;
use sparkler_tests::{NewFunction, Request, TestHost, guests, wat};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::assert_refused;

/// A zip of files, compressed.
fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default())
            .expect("begin a file");
        zip.write_all(bytes).expect("write a file");
    }
    zip.finish().expect("end a zip").into_inner()
}

#[test]
fn a_zip_that_holds_one_component_is_a_package() {
    let package = zip_of(&[("README.md", b"hello"), ("function.wasm", guests::echo())]);
    assert_eq!(
        TestHost::shared().deploy(package).invoke("[1]").text(),
        "[1]"
    );
}

#[test]
fn a_bare_component_is_a_package() {
    let function = TestHost::shared().deploy(wat::guest("answer_of_size.wat"));
    assert_eq!(function.invoke(2).text(), "11");
}

#[track_caller]
fn assert_unusable(package: Vec<u8>, word: &str) {
    let host = TestHost::shared();
    match host.function(package).attempt() {
        Ok(function) => panic!("{} was deployed", function.name()),
        Err(reason) => assert!(
            reason.to_lowercase().contains(&word.to_lowercase()),
            "{word:?} is not in {reason:?}"
        ),
    }
}

#[test]
fn what_is_neither_a_zip_nor_wasm_cannot_be_unzipped() {
    let host = TestHost::shared();
    let reply = host
        .lambda()
        .create(&NewFunction::new("nonsense", *b"print('hello')"));
    assert_refused(
        &reply,
        400,
        "InvalidParameterValueException",
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
    );
    assert_eq!(host.lambda().get("nonsense").status, 404);
}

#[test]
fn a_truncated_zip_is_refused() {
    let mut package = zip_of(&[("function.wasm", guests::echo())]);
    package.truncate(package.len() / 2);
    assert_unusable(package, "unzip");
}

#[test]
fn a_zip_whose_content_is_damaged_is_refused() {
    let mut package = zip_of(&[("function.wasm", guests::echo())]);
    let middle = package.len() / 2;
    package[middle] ^= 0xff;
    assert_unusable(package, "unzip");
}

#[test]
fn a_zip_bomb_is_refused_before_it_bursts() {
    let zeros = vec![0; 300 * 1024 * 1024];
    let package = zip_of(&[("function.wasm", &zeros)]);
    assert!(package.len() < 1024 * 1024);
    assert_unusable(
        package,
        "Unzipped size must be smaller than 262144000 bytes",
    );
}

#[test]
fn a_zip_whose_paths_lead_elsewhere_writes_nothing_there() {
    let place = std::env::temp_dir().join("sparkler-tests-escaped.wasm");
    let absolute = place.to_str().expect("a path of UTF-8");
    for path in ["../../../../tmp/sparkler-tests-escaped.wasm", absolute] {
        // Whether it is refused or read as one file of some name: nothing may come to lie there.
        let attempt = TestHost::shared()
            .function(zip_of(&[(path, guests::echo())]))
            .attempt();
        assert!(!place.exists(), "{path}: deployed: {}", attempt.is_ok());
    }
}

#[test]
fn a_zip_without_a_component_says_what_is_missing() {
    assert_unusable(zip_of(&[("index.js", b"exports.handler = 1")]), "wasm");
}

#[test]
fn a_zip_of_two_components_says_that_it_cannot_choose() {
    let package = zip_of(&[("a.wasm", guests::echo()), ("b.wasm", guests::echo())]);
    assert_unusable(package, "wasm");
}

#[test]
fn code_that_is_not_base64_is_refused() {
    let mut body = NewFunction::new("not-base64", *b"").request();
    body["Code"] = json!({ "ZipFile": "%%%" });
    let host = TestHost::shared();
    let reply = Request::new("POST", "/2015-03-31/functions")
        .body(body.to_string())
        .send(host.address());
    assert_eq!(reply.status, 400, "{}", reply.text());
    assert_eq!(host.lambda().get("not-base64").status, 404);
}
