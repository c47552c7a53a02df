//! Files of a guest: `/tmp` for itself, and folders of the host that its function was granted.

use std::fs;

use serde_json::{Value, json};
use sparkler::FolderAccess;
use sparkler_tests::files::{folder, steps};
use sparkler_tests::{Function, TestHost, guests};

fn deploy() -> Function<'static> {
    TestHost::shared().deploy(guests::files())
}

#[test]
fn a_program_works_with_files_in_tmp_as_it_does_elsewhere() {
    let work = json!([
        { "do": "write", "path": "/tmp/a", "text": "one" },
        { "do": "append", "path": "/tmp/a", "text": ", two" },
        { "do": "read", "path": "/tmp/a" },
        { "do": "size", "path": "/tmp/a" },
        { "do": "set-size", "path": "/tmp/a", "bytes": 3 },
        { "do": "read", "path": "/tmp/a" },
        { "do": "touch", "path": "/tmp/a", "seconds": 1_000_000 },
        { "do": "make-folder", "path": "/tmp/folder" },
        { "do": "rename", "from": "/tmp/a", "to": "/tmp/folder/b" },
        { "do": "link", "from": "/tmp/folder/b", "to": "/tmp/c" },
        { "do": "symlink", "target": "folder/b", "path": "/tmp/d" },
        { "do": "read-link", "path": "/tmp/d" },
        { "do": "read", "path": "/tmp/d" },
        { "do": "list", "path": "/tmp" },
        { "do": "remove", "path": "/tmp/c" },
        { "do": "remove-folder", "path": "/tmp/folder" },
        { "do": "remove-all", "path": "/tmp/folder" },
        { "do": "list", "path": "/tmp" },
        { "do": "read", "path": "/tmp/folder/b" },
        { "do": "fill", "path": "/tmp/large", "bytes": 5_000_000 },
    ]);
    let expected = json!([
        null, null, "one, two", 8, null, "one", 1_000_000, null, null, null, null, "folder/b", "one",
        ["c", "d", "folder/"], null, { "error": "DirectoryNotEmpty" }, null, ["d"],
        { "error": "NotFound" }, 5_000_000,
    ]);
    assert_eq!(Value::from(steps(&deploy(), work)), expected);
}

#[test]
fn what_one_invocation_writes_the_next_does_not_see() {
    let function = deploy();
    let work = json!([
        { "do": "list", "path": "/tmp" },
        { "do": "write", "path": "/tmp/mine", "text": "x" },
        { "do": "list", "path": "/tmp" },
    ]);
    for _ in 0..3 {
        let seen = Value::from(steps(&function, work.clone()));
        assert_eq!(seen, json!([[], null, ["mine"]]));
    }
}

#[test]
fn a_sandbox_that_is_reused_keeps_its_tmp_and_shows_it_to_no_other() {
    let host = TestHost::shared();
    let [one, other] = [0, 1].map(|_| {
        host.function(guests::files())
            .variable("SPARKLER_REUSE", "2")
            .deploy()
    });
    let list = json!([{ "do": "list", "path": "/tmp" }]);
    let write = json!([{ "do": "write", "path": "/tmp/kept", "text": "x" }]);
    assert_eq!(steps(&one, write), [Value::Null]);
    assert_eq!(steps(&other, list.clone()), [json!([])]);
    assert_eq!(steps(&one, list.clone()), [json!(["kept"])]);
    assert_eq!(steps(&one, list), [json!([])], "a third needs a fresh one");
}

#[test]
fn a_prepared_sandbox_has_a_tmp_of_its_own() {
    let function = deploy();
    let published = TestHost::shared().lambda().call(
        "POST",
        &format!("{}/versions", function.name()),
        &json!({}),
    );
    assert_eq!(published.status, 201, "{}", published.text());
    let reply = TestHost::shared().lambda().invoke(
        &format!("{}:1", function.name()),
        json!({ "steps": [{ "do": "fill", "path": "/tmp/a", "bytes": 10 }] }).to_string(),
    );
    assert_eq!(reply.text(), "[10]");
}

#[test]
fn there_is_nothing_but_tmp_without_a_grant() {
    let function = deploy();
    let nothing =
        |path: &str| json!([{ "do": "list", "path": path }, { "do": "read", "path": path }]);
    for path in [
        "/",
        "/etc/passwd",
        ".",
        "/mnt/data",
        "/tmp/../etc/passwd",
        "/var/task",
    ] {
        for answer in steps(&function, nothing(path)) {
            assert!(answer["error"].is_string(), "{path}: {answer}");
        }
    }
}

#[test]
fn granted_folders_are_where_the_function_wants_them() {
    let outside = tempfile::tempdir().expect("a folder");
    let [data, cache] = ["data", "cache"].map(|name| {
        let path = outside.path().join(name);
        fs::create_dir(&path).expect("make a folder");
        path
    });
    fs::write(data.join("input"), "42").expect("write a file");
    let host = TestHost::configured(|config| {
        config.folders = vec![
            folder("data", &data, FolderAccess::ReadOnly),
            folder("cache", &cache, FolderAccess::ReadWrite),
        ];
    });
    let function = host
        .function(guests::files())
        .variable("SPARKLER_FOLDERS", "data:/mnt/data, cache:/cache:rw")
        .deploy();
    let work = json!([
        { "do": "read", "path": "/mnt/data/input" },
        { "do": "list", "path": "/mnt/data" },
        { "do": "write", "path": "/mnt/data/input", "text": "43" },
        { "do": "remove", "path": "/mnt/data/input" },
        { "do": "write", "path": "/cache/output", "text": "84" },
        { "do": "append", "path": "/cache/output", "text": "!" },
        { "do": "rename", "from": "/cache/output", "to": "/mnt/data/output" },
        { "do": "rename", "from": "/cache/output", "to": "/tmp/output" },
    ]);
    let expected = json!([
        "42", ["input"], { "error": "ReadOnlyFilesystem" }, { "error": "ReadOnlyFilesystem" }, null, null,
        { "error": "CrossesDevices" }, { "error": "CrossesDevices" },
    ]);
    assert_eq!(Value::from(steps(&function, work)), expected);
    let written = fs::read_to_string(cache.join("output")).expect("it is there");
    assert_eq!(written, "84!");
    let read = fs::read_to_string(data.join("input")).expect("it is there");
    assert_eq!(read, "42");
}

#[test]
fn a_folder_that_the_host_does_not_grant_is_told_to_whoever_calls() {
    let outside = tempfile::tempdir().expect("a folder");
    let host = TestHost::configured(|config| {
        config.folders = vec![folder("data", outside.path(), FolderAccess::ReadOnly)];
    });
    for (folders, words) in [
        (
            "logs:/logs",
            "the folder 'logs', which this host does not have",
        ),
        ("data:/data:rw", "write to the folder 'data'"),
    ] {
        let function = host
            .function(guests::files())
            .variable("SPARKLER_FOLDERS", folders)
            .deploy();
        let reply = function.invoke(json!({ "steps": [] }));
        assert_eq!(reply.status, 200);
        assert_eq!(
            reply.function_error().as_deref(),
            Some("Runtime.InitError"),
            "{}",
            reply.text()
        );
        assert!(reply.text().contains(words), "{}", reply.text());
        assert!(reply.log().text().contains(words), "{}", reply.log().text());
    }
}

#[test]
fn folders_that_cannot_be_understood_are_refused_when_they_are_configured() {
    let host = TestHost::shared();
    for folders in ["data", "data:relative", "data:/tmp", "data:/a:all"] {
        let refusal = host
            .function(guests::files())
            .variable("SPARKLER_FOLDERS", folders)
            .attempt()
            .err()
            .expect("it is refused");
        assert!(refusal.contains("SPARKLER_FOLDERS"), "{refusal}");
    }
}
