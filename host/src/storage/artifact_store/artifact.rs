//! Compiled code on its way in and out.

#[cfg(feature = "storage")]
use std::fs::File;
use std::io::Read;
#[cfg(feature = "storage")]
use std::path::PathBuf;

use bytes::Bytes;

use crate::limits::ARTIFACT_BYTES_MAX;
use crate::storage::StorageError;

/// Compiled code that was verified.
#[derive(Debug)]
pub enum Artifact {
    /// A file of the data directory.
    #[cfg(feature = "storage")]
    File {
        /// For messages: what is verified is `file`, and the path may name another file by now.
        path: PathBuf,
        /// Open for reading, at its start. It stays readable when the artifact is removed.
        file: File,
    },
    /// Bytes in memory.
    Memory(Bytes),
}

/// Gives the bytes of a source in pieces, and fails where they are too many.
pub(super) struct Bounded<'a> {
    source: &'a mut dyn Read,
    pub(super) bytes: u64,
    buffer: Vec<u8>,
}

impl<'a> Bounded<'a> {
    pub(super) fn new(source: &'a mut dyn Read) -> Self {
        Self {
            source,
            bytes: 0,
            buffer: vec![0; 256 * 1024],
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, StorageError> {
        let read = loop {
            match self.source.read(&mut self.buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(StorageError::io("could not read the compiled code", &error));
                }
                Ok(read) => break read,
            }
        };
        self.bytes += read as u64;
        if self.bytes > ARTIFACT_BYTES_MAX {
            return Err(StorageError::of(format!(
                "the compiled code is larger than {ARTIFACT_BYTES_MAX} bytes"
            )));
        }
        Ok((read > 0).then(|| &self.buffer[..read]))
    }
}
