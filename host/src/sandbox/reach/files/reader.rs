//! A stream out of a file.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError, StreamResult};

use super::blocking::Job;
use super::error_code::code_of;
use super::open_file::OpenFile;
use super::places::OpenPlace;
use crate::limits;
use crate::sandbox::memory::budget::Spent;
use crate::sandbox::memory::charge::Charge;

/// Reads from a position on, one piece at a time.
pub(super) struct FileReader {
    file: Arc<OpenFile>,
    position: u64,
    state: Reading,
    _place: OpenPlace,
}

enum Reading {
    Idle,
    Busy(Job<Bytes>, Charge),
    Ready {
        bytes: Bytes,
        _charge: Charge,
    },
    Failed(ErrorCode),
    /// There is no memory to read into.
    Spent(Spent),
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
        let bytes = bytes.min(limits::FILE_READ_BYTES_MAX);
        self.state = match Charge::take(self.file.guest().budget(), bytes) {
            Ok(charge) => {
                let (file, position) = (Arc::clone(&self.file), self.position);
                let job = Job::start(self.file.elsewhere(), move || file.read(bytes, position));
                Reading::Busy(job, charge)
            }
            Err(spent) => Reading::Spent(spent),
        };
    }

    /// Looks at what was read, once it is there.
    fn look(&mut self, read: impl FnOnce(&mut Job<Bytes>) -> Option<io::Result<Bytes>>) {
        let Reading::Busy(job, charge) = &mut self.state else {
            return;
        };
        if let Some(read) = read(job) {
            self.state = match read {
                Ok(bytes) if bytes.is_empty() => Reading::Ended,
                Ok(bytes) => {
                    let nothing = Charge::none(self.file.guest().budget());
                    Reading::Ready {
                        bytes,
                        _charge: std::mem::replace(charge, nothing),
                    }
                }
                Err(error) => Reading::Failed(code_of(&error)),
            };
        }
    }

    async fn settle(&mut self) {
        if let Reading::Busy(job, _) = &mut self.state {
            let read = job.await;
            self.look(|_| Some(read));
        }
    }
}

#[wasmtime_wasi::async_trait]
impl InputStream for FileReader {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.look(Job::ended);
        match &mut self.state {
            Reading::Idle if size > 0 => {
                self.begin(size);
                Ok(Bytes::new())
            }
            Reading::Idle | Reading::Busy(..) => Ok(Bytes::new()),
            Reading::Spent(spent) => Err(StreamError::Trap((*spent).into())),
            Reading::Ready { bytes, .. } => {
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
