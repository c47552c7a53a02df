//! What holds of packages, whatever they are.

use std::io::{Cursor, Read as _};

use bytes::Bytes;
use zip::ZipArchive;

use super::{Precompiled, WASM_MAGIC, reuse_of, wasm_of};
use crate::domain::Digest;
use crate::domain::version::REUSE_MAX;

/// What is taken out of a package is WebAssembly, or compiled code; and of a zip, one of its files, as another reader
/// of zips has it.
pub(crate) fn package(data: &[u8]) {
    let package = Bytes::copy_from_slice(data);
    let Ok(wasm) = wasm_of(&package) else {
        return;
    };
    assert!(wasm.starts_with(WASM_MAGIC) || Precompiled::is_one(&wasm));
    if let Ok(reuse) = reuse_of(&wasm) {
        assert!(reuse <= REUSE_MAX);
    }
    if wasm == package {
        return;
    }
    if let Some(files) = files(data) {
        let is_in_it = files.iter().any(|content| *content == wasm);
        assert!(is_in_it, "no file of the zip has this content");
    }
}

/// The contents of all files, where another reader can read each.
fn files(data: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut archive = ZipArchive::new(Cursor::new(data)).ok()?;
    let contents = (0..archive.len()).map(|place| {
        let mut content = Vec::new();
        archive
            .by_index(place)
            .ok()?
            .read_to_end(&mut content)
            .ok()?;
        Some(content)
    });
    contents.collect()
}

/// Compiled code of another host is read as it was written, and what is damaged is not read at all.
pub(crate) fn precompiled(data: &[u8]) {
    let read = Precompiled::read(&Bytes::copy_from_slice(data));
    if let Ok(read) = read {
        assert_eq!(Precompiled::read(&read.write().into()), Ok(read));
    }
    let (engine, code) = data.split_at(data.len().min(64) / 2);
    let written = Precompiled {
        engine: String::from_utf8_lossy(engine).into_owned(),
        component: Digest::of(engine),
        reuse: data
            .first()
            .map_or(0, |byte| u32::from(*byte))
            .min(REUSE_MAX),
        code: Bytes::copy_from_slice(code),
    };
    let mut file = written.write();
    assert_eq!(Precompiled::read(&file.clone().into()), Ok(written));
    let (place, bits) = match data {
        [first, second, bits, ..] => (usize::from(u16::from_be_bytes([*first, *second])), *bits),
        _ => (0, 0),
    };
    // The name of the engine may be another one, and so may whitespace: that is for whoever loads it to see.
    let code_at = file.len() - code.len();
    if let Some(byte) = file.get_mut(code_at + place) {
        *byte ^= bits;
        assert_eq!(Precompiled::read(&file.into()).is_ok(), bits == 0);
    }
}
