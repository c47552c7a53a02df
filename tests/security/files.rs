//! Files: what a guest leaves behind, how much it may hold, and how far its paths reach.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread;

use serde_json::{Value, json};
use sparkler::{FolderAccess, Storage};
use sparkler_tests::files::{folder, steps, wait_until_tmp_is_empty};
use sparkler_tests::{TestHost, guests};

use super::assert_serving;

fn host_in(data_dir: &Path) -> TestHost {
    TestHost::configured(|config| config.storage = Storage::DataDir(data_dir.to_owned()))
}

#[test]
fn a_thousand_invocations_leave_no_file_behind_however_they_end() {
    let data = tempfile::tempdir().expect("a folder");
    let host = host_in(data.path());
    let function = host.function(guests::files()).timeout_seconds(1).deploy();
    let work = json!([
        { "do": "list", "path": "/tmp" },
        { "do": "make-folder", "path": "/tmp/folder" },
        { "do": "write", "path": "/tmp/folder/file", "text": "content" },
        { "do": "symlink", "target": "folder", "path": "/tmp/link" },
    ]);
    let expected = json!([[], null, null, null]);
    thread::scope(|scope| {
        for worker in 0..4 {
            let (function, work, expected) = (&function, &work, &expected);
            scope.spawn(move || {
                for round in 0..250 {
                    let end = match (round % 10, round % 125) {
                        (_, 7) => "spin",
                        (3, _) => "panic",
                        _ => {
                            assert_eq!(Value::from(steps(function, work.clone())), *expected);
                            continue;
                        }
                    };
                    let reply = function.invoke(json!({ "steps": work, "end": end }));
                    assert!(
                        reply.function_error().is_some(),
                        "{worker}: {}",
                        reply.text()
                    );
                }
            });
        }
    });
    wait_until_tmp_is_empty(data.path());
}

#[test]
fn a_guest_fills_its_tmp_and_nothing_more() {
    const MB: usize = 1024 * 1024;
    let function = TestHost::shared()
        .function(guests::files())
        .timeout_seconds(60)
        .deploy();
    let work = json!([
        { "do": "write", "path": "/tmp/sparse", "text": "" },
        { "do": "set-size", "path": "/tmp/sparse", "bytes": 512 * MB },
        { "do": "write", "path": "/tmp/more", "text": "x" },
        { "do": "set-size", "path": "/tmp/sparse", "bytes": 512 * MB + 1 },
        { "do": "set-size", "path": "/tmp/sparse", "bytes": 510 * MB },
        { "do": "fill", "path": "/tmp/more", "bytes": 2 * MB },
        { "do": "fill", "path": "/tmp/more", "bytes": 2 * MB + 1 },
        { "do": "append", "path": "/tmp/sparse", "text": "x" },
        { "do": "remove", "path": "/tmp/sparse" },
        { "do": "fill", "path": "/tmp/more", "bytes": 16 * MB },
    ]);
    let full = json!({ "error": "StorageFull" });
    // The library of this guest's language tells every failure of a stream as the same.
    let unwritten = json!({ "error": "Uncategorized" });
    let expected = json!([
        null,
        null,
        unwritten,
        full,
        null,
        2 * MB,
        unwritten,
        unwritten,
        null,
        16 * MB
    ]);
    assert_eq!(Value::from(steps(&function, work)), expected);
}

#[test]
fn folders_in_folders_without_end_are_removed_all_the_same() {
    let data = tempfile::tempdir().expect("a folder");
    let host = host_in(data.path());
    let function = host.function(guests::files()).timeout_seconds(60).deploy();
    let deep = json!([{ "do": "make-deep", "path": "/tmp", "folders": 1_000 }]);
    assert_eq!(steps(&function, deep), [Value::Null]);
    wait_until_tmp_is_empty(data.path());
    assert_serving(&host);
}

#[test]
fn a_guest_holds_so_many_files_open_and_no_more() {
    let function = TestHost::shared().deploy(guests::files());
    let work = json!([
        { "do": "write", "path": "/tmp/a", "text": "" },
        { "do": "keep-open", "path": "/tmp/a", "files": 10_000 },
        { "do": "read", "path": "/tmp/a" },
    ]);
    let answers = steps(&function, work);
    let kept = answers[1].as_u64().expect("a number");
    assert!((1..=256).contains(&kept), "{kept}");
    assert_eq!(answers[2], "");
    assert_serving(TestHost::shared());
}

#[test]
fn no_path_of_a_guest_leads_out_of_its_folders() {
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("secret"), "secret").expect("write a file");
    let inside = outside.path().join("inside");
    fs::create_dir(&inside).expect("make a folder");
    for (target, name) in [
        ("../secret", "relative"),
        ("/etc/passwd", "absolute"),
        ("..", "parent"),
        ("/proc/self/root", "root"),
    ] {
        symlink(target, inside.join(name)).expect("make a link");
    }
    let host = TestHost::configured(|config| {
        config.folders = vec![folder("inside", &inside, FolderAccess::ReadWrite)];
    });
    let function = host
        .function(guests::files())
        .variable("SPARKLER_FOLDERS", "inside:/in:rw")
        .deploy();
    let reads = [
        "/in/../secret",
        "/in/relative",
        "/in/absolute",
        "/in/parent/secret",
        "/in/root/etc/passwd",
        "/in/made/secret",
        "/tmp/out/secret",
        "/tmp/etc/passwd",
        "/in/name-with-\0-in-it",
        "/proc/self/environ",
        "/in//../../etc/passwd",
    ];
    let mut work = vec![
        json!({ "do": "symlink", "target": "..", "path": "/in/made" }),
        json!({ "do": "symlink", "target": "../../../../..", "path": "/tmp/out" }),
        json!({ "do": "symlink", "target": "/etc", "path": "/tmp/etc" }),
        json!({ "do": "write", "path": "/tmp/mine", "text": "x" }),
    ];
    work.extend(reads.map(|path| json!({ "do": "read", "path": path })));
    work.extend([
        json!({ "do": "read-link", "path": "/in/absolute" }),
        json!({ "do": "write", "path": "/in/relative", "text": "changed" }),
        json!({ "do": "write", "path": "/in/parent/made", "text": "made" }),
        json!({ "do": "make-folder", "path": "/in/parent/made" }),
        json!({ "do": "remove", "path": "/in/parent/secret" }),
        json!({ "do": "link", "from": "/in/parent/secret", "to": "/in/got" }),
        json!({ "do": "link", "from": "/tmp/mine", "to": "/in/got" }),
        json!({ "do": "rename", "from": "/in/parent/secret", "to": "/in/got" }),
        json!({ "do": "rename", "from": "/tmp/mine", "to": "/in/got" }),
        json!({ "do": "rename", "from": "/in/relative", "to": "/in/parent/got" }),
        json!({ "do": "list", "path": "/in/parent" }),
        json!({ "do": "list", "path": "/tmp/out" }),
        json!({ "do": "write", "path": format!("/tmp/{}", "x".repeat(300)), "text": "" }),
        json!({ "do": "write", "path": format!("/tmp/{}", "x/".repeat(5_000)), "text": "" }),
    ]);
    let answers = steps(&function, Value::from(work.clone()));
    for (step, answer) in work.iter().zip(&answers).skip(4) {
        assert!(answer["error"].is_string(), "{step}: {answer}");
    }
    let content = fs::read_to_string(outside.path().join("secret")).expect("it is there");
    assert_eq!(content, "secret");
    let mut names: Vec<_> = fs::read_dir(outside.path())
        .expect("list the folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["inside", "secret"]);
    assert!(!inside.join("got").exists());
}

#[test]
fn the_data_directory_is_granted_to_nobody() {
    let data = tempfile::tempdir().expect("a folder");
    let config = sparkler::HostConfig {
        storage: Storage::DataDir(data.path().join("data")),
        folders: vec![folder("all", data.path(), FolderAccess::ReadOnly)],
        ..sparkler::HostConfig::default()
    };
    let started = TestHost::shared().block_on(sparkler::Host::start(config));
    let error = started.err().expect("it does not start").to_string();
    assert!(
        error.contains("'all'") && error.contains("--data-dir"),
        "{error}"
    );
}
