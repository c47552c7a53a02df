//! A stream out of a file.

use std::sync::Arc;

use bytes::Bytes;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError, StreamResult};

use super::blocking::Job;
use super::error_code::code_of;
use super::open_file::OpenFile;
use super::places::OpenPlace;
use crate::limits;

/// Reads from a position on, one piece at a time.
pub(super) struct FileReader {
    file: Arc<OpenFile>,
    position: u64,
    state: Reading,
    _place: OpenPlace,
}

enum Reading {
    Idle,
    Busy(Job<Bytes>),
    Ready(Bytes),
    Failed(ErrorCode),
    Ended,
}

impl FileReader {
    pub(super) fn new(file: Arc<OpenFile>, position: u64, place: OpenPlace) -> Self {
        Self {
            file,
            position,
            state: Reading::Idle,
            _place: place,
        }
    }

    fn begin(&mut self, bytes: usize) {
        let (file, position) = (Arc::clone(&self.file), self.position);
        let job = Job::start(self.file.elsewhere(), move || file.read(bytes, position));
        self.state = Reading::Busy(job);
    }

    fn ended(read: std::io::Result<Bytes>) -> Reading {
        match read {
            Ok(bytes) if bytes.is_empty() => Reading::Ended,
            Ok(bytes) => Reading::Ready(bytes),
            Err(error) => Reading::Failed(code_of(&error)),
        }
    }

    async fn settle(&mut self) {
        if let Reading::Busy(job) = &mut self.state {
            self.state = Self::ended(job.await);
        }
    }
}

#[wasmtime_wasi::async_trait]
impl InputStream for FileReader {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if let Reading::Busy(job) = &mut self.state
            && let Some(read) = job.ended()
        {
            self.state = Self::ended(read);
        }
        match &mut self.state {
            Reading::Idle if size > 0 => {
                self.begin(size);
                Ok(Bytes::new())
            }
            Reading::Idle | Reading::Busy(_) => Ok(Bytes::new()),
            Reading::Ready(bytes) => {
                let taken = bytes.split_to(bytes.len().min(size));
                self.position += taken.len() as u64;
                if bytes.is_empty() {
                    self.state = Reading::Idle;
                }
                Ok(taken)
            }
            Reading::Failed(code) => {
                let failed = StreamError::LastOperationFailed((*code).into());
                self.state = Reading::Ended;
                Err(failed)
            }
            Reading::Ended => Err(StreamError::Closed),
        }
    }

    /// Asks for all that is wanted at once, where the general way would read ahead first.
    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.settle().await;
        if matches!(self.state, Reading::Idle) && size > 0 {
            self.begin(size);
            self.settle().await;
        }
        self.read(size)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for FileReader {
    async fn ready(&mut self) {
        if matches!(self.state, Reading::Idle) {
            self.begin(limits::FILE_READ_AHEAD_BYTES);
        }
        self.settle().await;
    }
}
