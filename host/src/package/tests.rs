use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::limits::PACKAGE_ENTRIES_MAX;

const UNZIP: &str =
    "Could not unzip uploaded file. Please check your file, then try to upload again.";
const TOO_LARGE: &str = "Unzipped size must be smaller than 262144000 bytes";
const WASM: &[u8] = b"\0asm\x0d\0\x01\0 and so on";

const LOCAL_HEADER: &[u8] = b"PK\x03\x04";
const CENTRAL_HEADER: &[u8] = b"PK\x01\x02";

fn zip_with(files: &[(&str, &[u8])], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, options).expect("started");
        writer.write_all(content).expect("written");
    }
    writer.finish().expect("finished").into_inner()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    zip_with(files, SimpleFileOptions::default())
}

fn stored(files: &[(&str, &[u8])]) -> Vec<u8> {
    let options = SimpleFileOptions::default();
    zip_with(
        files,
        options.compression_method(zip::CompressionMethod::Stored),
    )
}

fn wasm(package: impl Into<Bytes>) -> Result<Bytes, PackageError> {
    wasm_of(&package.into())
}

#[track_caller]
fn refused(package: impl Into<Bytes>) -> String {
    wasm(package).expect_err("the package was taken").0
}

#[track_caller]
fn assert_holds(sentence: &str, parts: &[&str]) {
    for part in parts {
        assert!(
            sentence.contains(part),
            "'{part}' is missing in: {sentence}"
        );
    }
}

/// Where each header with this signature starts.
fn headers(package: &[u8], signature: &[u8]) -> Vec<usize> {
    let windows = package.windows(4).enumerate();
    windows
        .filter(|(_, window)| *window == signature)
        .map(|(index, _)| index)
        .collect()
}

fn patch(package: &mut [u8], at: usize, bytes: &[u8]) {
    package[at..at + bytes.len()].copy_from_slice(bytes);
}

fn replace(package: &mut [u8], from: &[u8], to: &[u8]) {
    let places: Vec<_> = (0..=package.len() - from.len())
        .filter(|&at| package[at..].starts_with(from))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        patch(package, at, to);
    }
}

#[test]
fn bare_wasm_and_a_zip_that_holds_one_are_packages() {
    assert_eq!(wasm(WASM).expect("taken"), WASM);
    for package in [
        zip(&[("any-name.wasm", WASM)]),
        stored(&[("any-name.wasm", WASM)]),
        zip(&[
            ("deep/er/x.wasm", WASM),
            ("README", b"read me"),
            ("deep/y.txt", b""),
        ]),
        zip(&[("a.wasm", b"other"), ("function.wasm", WASM)]),
        zip(&[
            ("function.wasm", b"other"),
            ("bootstrap.wasm", WASM),
            ("x/z.wasm", b""),
        ]),
        zip(&[("hello.wasm", WASM), ("__MACOSX/._hello.wasm", b"shadow")]),
    ] {
        assert_eq!(wasm(package).expect("taken"), WASM);
    }
}

#[test]
fn folders_are_no_files() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer.add_directory("x.wasm", options).expect("added");
    writer
        .start_file("x.wasm/y.wasm", options)
        .expect("started");
    writer.write_all(WASM).expect("written");
    let package = writer.finish().expect("finished").into_inner();
    assert_eq!(wasm(package).expect("taken"), WASM);
}

#[test]
fn several_wasm_files_are_named() {
    let files: Vec<_> = (0..7).map(|number| format!("{number}.wasm")).collect();
    let files: Vec<_> = files.iter().map(|name| (name.as_str(), WASM)).collect();
    let sentence = refused(zip(&files));
    assert_holds(
        &sentence,
        &["0.wasm, 1.wasm", "4.wasm and 2 more", "bootstrap.wasm"],
    );
    // One in a folder is not at the top.
    refused(zip(&[("a.wasm", WASM), ("x/bootstrap.wasm", WASM)]));
}

#[test]
fn a_package_without_wasm_is_told_what_it_looks_like() {
    let python = refused(zip(&[("handler.py", b"def handler(event, context): ...")]));
    assert_holds(
        &python,
        &[
            "handler.py",
            "a Python function",
            "componentize-py",
            ".wasm",
        ],
    );
    let node = refused(zip(&[("index.mjs", b"export const handler = 1")]));
    assert_holds(&node, &["index.mjs", "Node.js", "componentize-js"]);
    let custom = refused(zip(&[("bootstrap", b"\x7fELF")]));
    assert_holds(&custom, &["native", "wasm32-wasip2"]);
    let other = refused(zip(&[("notes\n\x1b[31m.txt", b"")]));
    assert_holds(&other, &["no WebAssembly file", r"notes\n\u{1b}[31m.txt"]);
    assert_eq!(refused(zip(&[])), "Uploaded file must be a non-empty zip");
}

#[test]
fn a_file_that_only_has_the_name_of_wasm_is_named() {
    let sentence = refused(zip(&[("hello.wasm", b"#!/bin/sh")]));
    assert_holds(&sentence, &["'hello.wasm'", "not WebAssembly"]);
    refused(zip(&[("hello.wasm", b"")]));
}

#[test]
fn what_is_neither_wasm_nor_zip_is_refused_in_aws_words() {
    for package in ["", "PK", "hello", "\0as", "PK\x03\x04 and no more"] {
        assert_eq!(refused(package), UNZIP);
    }
}

#[test]
fn a_zip_that_was_cut_anywhere_is_refused() {
    let package = Bytes::from(zip(&[("hello.wasm", WASM), ("b", b"bbbb")]));
    for end in 0..package.len() {
        assert_eq!(refused(package.slice(..end)), UNZIP, "cut at {end}");
    }
}

#[test]
fn no_flipped_byte_gives_other_code() {
    let package = zip(&[("hello.wasm", WASM)]);
    for at in 0..package.len() {
        let mut damaged = package.clone();
        damaged[at] ^= 0x41;
        if let Ok(content) = wasm(damaged) {
            assert_eq!(content, WASM, "byte {at}");
        }
    }
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for (name, reason) in [
        ("/hello.wasm", "absolute"),
        ("../hello.wasm", "'..'"),
        ("a/../../hello.wasm", "'..'"),
        ("a/..", "'..'"),
        (r"a\hello.wasm", "backslash"),
        ("hello.wasm\0.txt", "NUL"),
    ] {
        let placeholder = "x".repeat(name.len());
        let mut package = stored(&[("good.wasm", WASM), (&placeholder, WASM)]);
        replace(&mut package, placeholder.as_bytes(), name.as_bytes());
        assert_holds(&refused(package), &[reason]);
    }
}

#[test]
fn a_symbolic_link_is_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer
        .add_symlink("hello.wasm", "/etc/passwd", options)
        .expect("added");
    let package = writer.finish().expect("finished").into_inner();
    assert_holds(&refused(package), &["symbolic link", "hello.wasm"]);
}

#[test]
fn the_same_name_twice_is_refused() {
    for name in ["bootstrap.wasm", "other-name.wasm"] {
        let placeholder = "x".repeat(name.len());
        let mut package = stored(&[(name, WASM), (&placeholder, b"\0asm evil")]);
        replace(&mut package, placeholder.as_bytes(), name.as_bytes());
        assert_holds(&refused(package), &[name]);
    }
}

#[test]
fn an_encrypted_file_and_a_strange_compression_are_refused() {
    let package = stored(&[("hello.wasm", WASM)]);
    let central = headers(&package, CENTRAL_HEADER)[0];
    let local = headers(&package, LOCAL_HEADER)[0];
    let mut encrypted = package.clone();
    encrypted[central + 8] |= 1;
    encrypted[local + 6] |= 1;
    assert_holds(&refused(encrypted), &["encrypted", "password"]);
    let mut strange = package;
    patch(&mut strange, central + 10, &[12, 0]);
    patch(&mut strange, local + 8, &[12, 0]);
    assert_holds(&refused(strange), &["not supported", "deflate"]);
}

#[test]
fn a_bomb_is_refused_whether_it_tells_its_size_or_lies() {
    let chunk = vec![0; 1 << 20];
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer
        .start_file("hello.wasm", SimpleFileOptions::default())
        .expect("started");
    writer.write_all(WASM).expect("written");
    for _ in 0..251 {
        writer.write_all(&chunk).expect("written");
    }
    let honest = writer.finish().expect("finished").into_inner();
    assert!(honest.len() < 1 << 20, "{} bytes are no bomb", honest.len());
    let central = headers(&honest, CENTRAL_HEADER)[0];
    let local = headers(&honest, LOCAL_HEADER)[0];
    for claimed in [0u32, 10, 200 << 20] {
        let mut lying = honest.clone();
        patch(&mut lying, central + 24, &claimed.to_le_bytes());
        patch(&mut lying, local + 22, &claimed.to_le_bytes());
        let sentence = refused(lying);
        assert!(
            [TOO_LARGE, UNZIP].contains(&sentence.as_str()),
            "{sentence}"
        );
    }
    assert_eq!(refused(honest), TOO_LARGE);
}

#[test]
fn all_files_together_count() {
    let part = vec![0; 84 << 20];
    let files: [(&str, &[u8]); 4] = [
        ("hello.wasm", WASM),
        ("a", &part),
        ("b", &part),
        ("c", &part),
    ];
    assert_eq!(refused(zip(&files)), TOO_LARGE);
}

#[test]
fn entries_that_share_their_bytes_are_refused() {
    // The second directory entry points to the first file: small bombs are made of many such.
    let mut package = stored(&[("hello.wasm", WASM), ("b", b"b"), ("big", &[7; 100])]);
    let centrals = headers(&package, CENTRAL_HEADER);
    let first = package[centrals[0]..centrals[1]].to_vec();
    let second = centrals[1];
    // Same sizes, checksum and place as the first; a name of its own.
    patch(&mut package, second + 16, &first[16..28]);
    patch(&mut package, second + 42, &first[42..46]);
    let sentence = refused(package);
    assert_holds(&sentence, &["overlap"]);

    // So many that their sum is more than there is: refused before any is unpacked.
    let mut package = stored(&[("hello.wasm", WASM)]);
    let central = headers(&package, CENTRAL_HEADER)[0];
    let claimed = u32::try_from(package.len() + 1)
        .expect("small")
        .to_le_bytes();
    patch(&mut package, central + 20, &claimed);
    assert_eq!(refused(package), UNZIP);
}

#[test]
fn too_many_files_are_refused_before_they_are_looked_at() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    for number in 0..=PACKAGE_ENTRIES_MAX {
        writer
            .start_file(number.to_string(), options)
            .expect("started");
    }
    let package = writer.finish().expect("finished").into_inner();
    assert_holds(&refused(package), &["10001 files", "at most 10000"]);
}

#[test]
fn a_directory_that_claims_more_entries_than_it_has_room_for_is_refused() {
    let mut package = zip(&[("hello.wasm", WASM)]);
    let end = package.len() - 22;
    patch(&mut package, end + 8, &[0xff, 0x7f, 0xff, 0x7f]);
    assert_eq!(refused(package), UNZIP);
}
