//! A package at `/var/task`.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::package::Sources;

/// The folder that a guest begins in, of a package with these files.
fn package(bench: &Bench, files: &[(&str, &str)]) -> OpenFolder {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default())
            .expect("begun");
        zip.write_all(text.as_bytes()).expect("written");
    }
    let bytes = zip.finish().expect("a zip").into_inner();
    let sources = Sources::checked(bytes.into()).expect("sound");
    OpenFolder::root(&bench.guest, &Arc::new(Mount::task(sources)))
}

#[test]
fn files_of_a_package_are_read_at_their_paths() {
    let bench = Bench::new();
    let root = package(&bench, &[("app.py", "one"), ("src/orders.py", "three")]);
    let file = open(&root, "src/../src/./orders.py", &existing()).expect("there");
    assert_eq!(file.read(100, 2).expect("readable"), "ree");
    assert!(file.read(100, 50).expect("readable").is_empty());
    let folder = open_folder(&root, "src");
    assert_eq!(
        open(&folder, "../app.py", &existing())
            .expect("there")
            .read(9, 0)
            .expect("readable"),
        "one"
    );
    let listed = |folder: &OpenFolder| -> Vec<String> {
        let mut listing = folder.list().expect("listed");
        let entries = listing.next_entries().into_iter();
        let names = entries.map(|entry| entry.expect("an entry").name).collect();
        assert!(listing.next_entries().is_empty());
        names
    };
    assert_eq!(listed(&root), ["app.py", "src"]);
    assert_eq!(listed(&folder), ["orders.py"]);
    assert_eq!(
        root.metadata_at("src/orders.py", true)
            .expect("there")
            .bytes(),
        5
    );
}

#[test]
fn nothing_leads_out_of_a_package_and_nothing_is_written_into_it() {
    let bench = Bench::new();
    let root = package(&bench, &[("app.py", "one"), ("src/orders.py", "three")]);
    for path in ["..", "../x", "src/../..", "/etc/passwd"] {
        assert_refused(root.open(path, &existing()), Errno::PERM);
        assert_refused(root.metadata_at(path, true), Errno::PERM);
    }
    assert_refused(root.open("app.py/x", &existing()), Errno::NOTDIR);
    assert_refused(root.open("app.py/", &existing()), Errno::NOTDIR);
    assert_refused(root.open("nothing", &existing()), Errno::NOENT);
    assert_refused(root.open("new", &new_file()), Errno::ROFS);
    assert_refused(root.create_folder("new"), Errno::ROFS);
    assert_refused(root.create_link("app.py", "new"), Errno::ROFS);
    assert_refused(root.remove_file("app.py"), Errno::ROFS);
    assert_refused(root.remove_folder("src"), Errno::ROFS);
    assert_refused(root.rename("app.py", &root, "new"), Errno::ROFS);
    assert_refused(root.read_link("app.py"), Errno::INVAL);
    let file = open(&root, "app.py", &existing()).expect("there");
    assert_refused(file.write(b"x", 0), Errno::BADF);
    assert_refused(file.set_len(0), Errno::BADF);
}

#[test]
fn a_file_of_a_package_counts_for_its_guest_while_it_is_open() {
    let bench = Bench::new();
    let text = "x".repeat(1_000_000);
    let root = package(&bench, &[("large", &text)]);
    let held = || bench.guest.budget().held_bytes();
    let before = held();
    let file = open(&root, "large", &existing()).expect("there");
    assert!(held() >= before + 1_000_000);
    drop(file);
    assert!(held() < before + 1_000_000);
    let too_large = "x".repeat(usize::try_from(110 * MB).expect("it fits"));
    let root = package(&bench, &[("too-large", &too_large)]);
    assert_refused(root.open("too-large", &existing()), Errno::NOMEM);
}
