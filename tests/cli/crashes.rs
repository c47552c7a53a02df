//! Crashes and damage: a function is there in whole or not at all, and nothing damaged is run.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use sparkler_tests::server::run;
use sparkler_tests::{NewFunction, Server, guests, wat};

use crate::{Workbench, assert_fails, files_below};

#[test]
fn a_crash_loses_no_function() {
    let bench = Workbench::new();
    let data_dir = ["--data-dir", &bench.text("data")];
    for round in 0..3 {
        let server = Server::start(data_dir);
        for earlier in 0..round {
            let name = format!("function-{earlier}");
            assert_eq!(server.lambda().invoke(&name, "2").text(), "11", "{name}");
        }
        server.deploy(
            &format!("function-{round}"),
            &wat::guest("answer_of_size.wat"),
            &[],
        );
        server.kill();
    }
}

/// The answer 201 is a promise: what was promised is taken up again after a crash.
#[test]
fn a_crash_in_the_middle_of_a_deploy_leaves_a_whole_function() {
    let bench = Workbench::new();
    let data_dir = ["--data-dir", &bench.text("data")];
    let server = Server::start(data_dir);
    let new = NewFunction::new("interrupted", guests::behaviours());
    assert_eq!(server.lambda().create(&new).status, 201);
    server.kill();

    let server = Server::start(data_dir);
    // Creating waits for nothing, so the function may still be on its way; the command waits for it.
    let settings = server.run(["deploy", "interrupted", &bench.echo()]);
    assert_eq!(settings.code, Some(0), "{}", settings.stderr);
    assert_eq!(server.lambda().invoke("interrupted", "[1]").text(), "[1]");
}

/// Killed at any moment while its code is being replaced, a function runs the old code or the new.
#[test]
fn a_crash_in_the_middle_of_an_update_leaves_the_old_code_or_the_new() {
    let bench = Workbench::new();
    let data_dir = ["--data-dir", &bench.text("data")];
    let server = Server::start(data_dir);
    server.deploy("changing", &wat::guest("answer_of_size.wat"), &[]);
    let lambda = server.lambda();
    let (update, killed) = (
        thread::spawn(move || {
            std::panic::catch_unwind(|| lambda.update_code("changing", guests::echo()).status)
        }),
        server,
    );
    killed.kill();
    let _ = update.join();

    let server = Server::start(data_dir);
    let reply = server.lambda().invoke("changing", "2");
    assert!(
        ["11", "2"].contains(&reply.text()),
        "{} {}",
        reply.status,
        reply.text()
    );
}

#[test]
fn a_damaged_database_is_named_and_not_overwritten() {
    for name in ["catalog.db", "events.db"] {
        let bench = Workbench::new();
        let path = bench.text("data");
        let server = Server::start(["--data-dir", &path]);
        server.deploy("kept", &wat::guest("answer_of_size.wat"), &[]);
        server.stop();
        let database = only_file(Path::new(&path), |found| found == name);
        let damaged = vec![0x5a; 64 * 1024];
        fs::write(&database, &damaged).expect("damage the database");

        let ended = run(["serve", "--listen", "127.0.0.1:0", "--data-dir", &path]);
        assert_fails(&ended, 1, &[&crate::text(&database)]);
        assert!(
            fs::read(&database).expect("the database") == damaged,
            "{name} was overwritten"
        );
    }
}

#[test]
fn a_damaged_artifact_is_compiled_again_and_never_run() {
    let bench = Workbench::new();
    let data = bench.path("data");
    let data_dir = ["--data-dir", &crate::text(&data)];
    let server = Server::start(data_dir);
    server.deploy("kept", &wat::guest("answer_of_size.wat"), &[]);
    server.stop();
    let artifacts: Vec<PathBuf> = files_below(&data)
        .into_iter()
        .filter(|path| crate::text(path).contains("artifact"))
        .collect();
    assert!(!artifacts.is_empty(), "{:?}", files_below(&data));
    for path in &artifacts {
        let mut bytes = fs::read(path).expect("an artifact");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
        // It may be read-only: then it is replaced, as damage would.
        fs::remove_file(path).expect("remove the artifact");
        fs::write(path, bytes).expect("damage the artifact");
    }

    let server = Server::start(data_dir);
    let reply = server.lambda().invoke("kept", "2");
    assert_eq!((reply.status, reply.text()), (200, "11"));
}

/// A disk that rots changes no time, so that a seal stays as it was. What runs rotten code may crash with it.
#[test]
fn what_has_rotten_on_the_disk_is_compiled_again_after_a_crash() {
    let bench = Workbench::new();
    let data = bench.path("data");
    let data_dir = ["--data-dir", &crate::text(&data)];
    let server = Server::start(data_dir);
    server.deploy("kept", &wat::guest("answer_of_size.wat"), &[]);
    let artifact = only_file(&data, |name| name.ends_with(".cwasm"));
    let sound = fs::read(&artifact).expect("the artifact");
    let rotten: Vec<u8> = sound.iter().map(|byte| byte ^ 0x55).collect();
    let file = fs::File::options().write(true).open(&artifact);
    let mut file = file.expect("the artifact");
    let modified = file.metadata().and_then(|found| found.modified());
    std::io::Write::write_all(&mut file, &rotten).expect("damage it");
    file.set_modified(modified.expect("a time"))
        .expect("the time of the seal");
    server.kill();

    let server = Server::start(data_dir);
    let reply = server.lambda().invoke("kept", "2");
    assert_eq!((reply.status, reply.text()), (200, "11"));
    assert!(server.said().contains("is damaged"), "{}", server.said());
    let again = only_file(&data, |name| name.ends_with(".cwasm"));
    assert!(fs::read(again).expect("made again") != rotten);
}

#[track_caller]
fn only_file(folder: &Path, wanted: impl Fn(&str) -> bool) -> PathBuf {
    let mut found = files_below(folder);
    found.retain(|path| {
        path.file_name()
            .and_then(|name| name.to_str())
            .is_some_and(&wanted)
    });
    assert_eq!(found.len(), 1, "{found:?} of {:?}", files_below(folder));
    found.remove(0)
}
