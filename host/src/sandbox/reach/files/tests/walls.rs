//! How far the paths of a guest reach.

use std::os::unix::fs::symlink;
use std::sync::Barrier;
use std::thread;

use super::*;

/// What leads out of a folder: refused as something that is not permitted, or as on another disk.
#[track_caller]
fn assert_walled<T>(result: std::io::Result<T>, what: &str) {
    let Err(error) = result else {
        panic!("{what} is not refused");
    };
    let code = error_code::code_of(&error);
    assert!(
        matches!(code, ErrorCode::NotPermitted | ErrorCode::CrossDevice),
        "{what}: {error} ({code:?})"
    );
}

#[test]
fn what_can_only_be_read_cannot_be_changed() {
    let bench = Bench::new();
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("file"), "content").expect("written");
    let folder = bench.granted(outside.path(), FolderAccess::ReadOnly);
    let file = open(&folder, "file", &existing()).expect("opened");
    assert_eq!(file.read(100, 0).expect("read"), "content");
    let times = status::NewTimes {
        accessed: status::NewTime::Now,
        modified: status::NewTime::Now,
    };
    assert_refused(file.set_times(&times), Errno::ROFS);
    assert_refused(folder.set_times(&times), Errno::ROFS);
    assert_refused(folder.set_times_at("file", true, &times), Errno::ROFS);
    for how in [
        new_file(),
        Opening {
            write: true,
            ..existing()
        },
        Opening {
            truncate: true,
            ..existing()
        },
        Opening {
            create: true,
            ..existing()
        },
    ] {
        assert_refused(open(&folder, "file", &how), Errno::ROFS);
    }
    assert_refused(folder.create_folder("new"), Errno::ROFS);
    assert_refused(folder.create_link("file", "new"), Errno::ROFS);
    assert_refused(folder.remove_file("file"), Errno::ROFS);
    assert_refused(folder.remove_folder("file"), Errno::ROFS);
    assert_refused(folder.rename("file", &folder, "new"), Errno::ROFS);
    assert_refused(folder.link("file", false, &folder, "new"), Errno::ROFS);
    let content = fs::read_to_string(outside.path().join("file"));
    assert_eq!(content.expect("read"), "content");
    assert_eq!(fs::read_dir(outside.path()).expect("listed").count(), 1);
}

#[test]
fn paths_do_not_lead_out_of_their_folder() {
    let bench = Bench::new();
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("secret"), "secret").expect("written");
    let inside = outside.path().join("inside");
    fs::create_dir(&inside).expect("made");
    symlink(outside.path().join("secret"), inside.join("absolute")).expect("linked");
    symlink("../secret", inside.join("relative")).expect("linked");
    symlink("..", inside.join("parent")).expect("linked");
    symlink("/proc/self/root", inside.join("root")).expect("linked");
    for folder in [
        bench.granted(&inside, FolderAccess::ReadOnly),
        bench.granted(&inside, FolderAccess::ReadWrite),
    ] {
        for path in [
            "../secret",
            "/etc/passwd",
            "absolute",
            "relative",
            "parent/secret",
            "root/etc/passwd",
            "a/../../secret",
            "..",
        ] {
            // What is not there on the way is not there, whatever comes after it.
            if path == "a/../../secret" {
                assert!(open(&folder, path, &existing()).is_err(), "{path}");
                continue;
            }
            assert_walled(folder.open(path, &existing()), path);
            assert_walled(folder.metadata_at(path, true), path);
        }
        assert_walled(folder.read_link("absolute"), "the target of a link");
    }
}

#[test]
fn nothing_outside_is_changed() {
    let bench = Bench::new();
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("kept"), "kept").expect("written");
    let inside = outside.path().join("inside");
    fs::create_dir(&inside).expect("made");
    symlink("../made", inside.join("to-be-made")).expect("linked");
    symlink("../kept", inside.join("to-kept")).expect("linked");
    let folder = bench.granted(&inside, FolderAccess::ReadWrite);
    let create = Opening {
        exclusive: false,
        follow: true,
        ..new_file()
    };
    assert_walled(folder.open("to-be-made", &create), "a dangling link");
    assert_walled(folder.open("to-kept", &create), "a link");
    assert_walled(folder.create_folder("../made"), "a folder");
    assert_walled(folder.remove_file("../kept"), "removing");
    assert_walled(folder.rename("to-kept", &folder, "../made"), "renaming out");
    assert_walled(folder.rename("../kept", &folder, "got"), "renaming in");
    assert_walled(folder.link("../kept", false, &folder, "got"), "linking in");
    assert_walled(
        folder.link("to-kept", false, &folder, "../made"),
        "linking out",
    );
    assert_walled(folder.create_link("/etc", "etc"), "an absolute link");
    let tmp = bench.tmp();
    drop(make(&tmp, "mine", 1));
    assert_refused(tmp.rename("mine", &folder, "got"), Errno::XDEV);
    assert_refused(folder.rename("to-kept", &tmp, "got"), Errno::XDEV);
    assert_refused(tmp.link("mine", false, &folder, "got"), Errno::XDEV);
    assert_eq!(
        fs::read_to_string(outside.path().join("kept")).expect("there"),
        "kept"
    );
    let names = fs::read_dir(outside.path()).expect("listed").count();
    assert_eq!(names, 2, "nothing was made outside");
}

#[test]
fn names_that_cannot_be_are_refused() {
    let bench = Bench::new();
    let tmp = bench.tmp();
    for name in ["", "a\0b"] {
        assert!(open(&tmp, name, &new_file()).is_err(), "{name:?}");
        assert!(tmp.create_folder(name).is_err(), "{name:?}");
    }
    assert_refused(
        open(&tmp, &"x".repeat(256), &new_file()),
        Errno::NAMETOOLONG,
    );
    assert!(open(&tmp, &"x/".repeat(5_000), &new_file()).is_err());
    assert_eq!(bench.held(), Amount::default());
}

#[test]
fn a_folder_that_is_swapped_for_a_link_at_the_right_moment_leads_nowhere() {
    let bench = Bench::new();
    let outside = tempfile::tempdir().expect("a folder");
    fs::create_dir(outside.path().join("secrets")).expect("made");
    fs::write(outside.path().join("secrets/file"), "secret").expect("written");
    let inside = outside.path().join("inside");
    fs::create_dir_all(inside.join("folder")).expect("made");
    fs::write(inside.join("folder/file"), "open").expect("written");
    symlink("../secrets", inside.join("link")).expect("linked");
    let folder = bench.granted(&inside, FolderAccess::ReadWrite);
    let begin = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            begin.wait();
            for _ in 0..2_000 {
                for (old, new) in [
                    ("folder", "away"),
                    ("link", "folder"),
                    ("folder", "link"),
                    ("away", "folder"),
                ] {
                    folder.rename(old, &folder, new).expect("renamed");
                }
            }
        });
        begin.wait();
        for _ in 0..2_000 {
            if let Ok(file) = open(&folder, "folder/file", &existing()) {
                assert_eq!(file.read(100, 0).expect("read"), "open");
            }
        }
    });
}

#[test]
fn pipes_and_devices_of_the_host_are_not_opened() {
    let bench = Bench::new();
    let outside = tempfile::tempdir().expect("a folder");
    let made = std::process::Command::new("mkfifo")
        .arg(outside.path().join("pipe"))
        .status();
    assert!(made.expect("make a pipe").success());
    let folder = bench.granted(outside.path(), FolderAccess::ReadWrite);
    // Without a word to the contrary this would wait for somebody who writes.
    assert_refused(folder.open("pipe", &existing()), Errno::PERM);
}
