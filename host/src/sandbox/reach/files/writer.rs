//! A stream into a file.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use super::blocking::Job;
use super::error_code::code_of;
use super::open_file::OpenFile;
use super::places::OpenPlace;
use crate::limits;
use crate::sandbox::memory::charge::charged;

/// Writes one piece after the other.
pub(super) struct FileWriter {
    file: Arc<OpenFile>,
    /// Where the next piece goes; `None` is the end, wherever that is.
    position: Option<u64>,
    state: Writing,
    _place: OpenPlace,
}

enum Writing {
    Idle,
    Busy(Job<()>),
    Failed(ErrorCode),
    Closed,
}

impl FileWriter {
    pub(super) fn new(file: Arc<OpenFile>, position: Option<u64>, place: OpenPlace) -> Self {
        Self {
            file,
            position,
            state: Writing::Idle,
            _place: place,
        }
    }

    fn begin(&mut self, bytes: Bytes) -> StreamResult<()> {
        // It counts until it is written, though nobody may look at that any more.
        let bytes = charged(self.file.guest().budget(), bytes.into());
        let bytes = bytes.map_err(|spent| StreamError::Trap(spent.into()))?;
        let (file, position) = (Arc::clone(&self.file), self.position);
        self.position = position.map(|position| position.saturating_add(bytes.len() as u64));
        let job = Job::start(self.file.elsewhere(), move || match position {
            Some(position) => file.write(&bytes, position),
            None => file.append(&bytes),
        });
        self.state = Writing::Busy(job);
        Ok(())
    }

    fn ended(written: io::Result<()>) -> Writing {
        match written {
            Ok(()) => Writing::Idle,
            Err(error) => Writing::Failed(code_of(&error)),
        }
    }

    async fn settle(&mut self) {
        if let Writing::Busy(job) = &mut self.state {
            self.state = Self::ended(job.await);
        }
    }

    /// Looks whether what was written last is done, and tells once that it failed.
    fn look(&mut self) -> StreamResult<()> {
        if let Writing::Busy(job) = &mut self.state
            && let Some(written) = job.ended()
        {
            self.state = Self::ended(written);
        }
        match self.state {
            Writing::Failed(code) => {
                self.state = Writing::Closed;
                Err(StreamError::LastOperationFailed(code.into()))
            }
            Writing::Closed => Err(StreamError::Closed),
            Writing::Idle | Writing::Busy(_) => Ok(()),
        }
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for FileWriter {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.look()?;
        if !matches!(self.state, Writing::Idle) || bytes.len() > limits::FILE_WRITE_BYTES_MAX {
            return Err(StreamError::trap(
                "a write to a file is larger than its permit",
            ));
        }
        self.begin(bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.look()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.look()?;
        match self.state {
            Writing::Idle => Ok(limits::FILE_WRITE_BYTES_MAX),
            _ => Ok(0),
        }
    }

    /// What was written is written, though nobody looks at it any more.
    async fn cancel(&mut self) {
        self.settle().await;
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for FileWriter {
    async fn ready(&mut self) {
        self.settle().await;
    }
}
