//! The clients that people have, unmodified: AWS's SDKs for Rust and JavaScript, boto3 and the AWS CLI.
//!
//! Each walks through the life of a function: created, waited for, invoked well, failing and into its
//! timeout, changed, deleted; and reads its log as CloudWatch gives it.

mod aws_cli;
mod boto3;
mod policies;
mod roles;
mod rust_sdk;
mod rust_sdk_streaming;
mod signed;

use std::path::PathBuf;
use std::sync::Mutex;

use sparkler_tests::{guests, scratch};

/// The function that does what its event says, zipped, as a file.
fn behaviours_zip() -> PathBuf {
    zipped("behaviours", guests::behaviours())
}

/// The function that answers its event, zipped, as a file.
fn echo_zip() -> PathBuf {
    zipped("echo", guests::echo())
}

/// The function that streams what its event says, zipped, as a file.
fn streaming_zip() -> PathBuf {
    zipped("streaming", guests::streaming())
}

fn zipped(name: &str, wasm: &[u8]) -> PathBuf {
    use std::io::Write;
    let path = scratch::folder().join(format!("{name}-{}.zip", std::process::id()));
    static WRITING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = WRITING.lock();
    if !path.exists() {
        let file = std::fs::File::create(&path).expect("make a zip");
        let mut zip = zip::ZipWriter::new(file);
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file("function.wasm", options)
            .expect("begin a file");
        zip.write_all(wasm).expect("write a file");
        zip.finish().expect("end a zip");
    }
    path
}
