//! A file that a guest has open.

use std::io::{self, IoSlice};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use cap_std::fs::{File, FileExt as _};
use rustix::io::{Errno, ReadWriteFlags, pwritev2};
use tokio::runtime::Handle;

use super::mount::Mount;
use super::places::{GuestFiles, OpenPlace};
use super::status::{NewTimes, Status, set_times_of};
use crate::limits;
use crate::package::{SourceEntry, Sources};
use crate::sandbox::memory::charge::Charge;

/// An open file, closed when it is dropped.
pub(super) struct OpenFile {
    /// Taken when it is dropped, and never before.
    file: Option<File>,
    /// What is in it, where it is one of a package.
    packaged: Option<Packaged>,
    mount: Arc<Mount>,
    /// Its number, where it is counted as open.
    number: Option<u64>,
    mode: Mode,
    place: OpenPlace,
}

/// What is in a file of a package, and what that costs its guest.
struct Packaged {
    entry: SourceEntry,
    content: Bytes,
    _charge: Charge,
}

/// What a file was opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) read: bool,
    pub(super) write: bool,
}

impl OpenFile {
    pub(super) fn new(
        file: File,
        mount: Arc<Mount>,
        number: Option<u64>,
        mode: Mode,
        place: OpenPlace,
    ) -> Self {
        Self {
            file: Some(file),
            packaged: None,
            mount,
            number,
            mode,
            place,
        }
    }

    /// One of a package, which is unpacked here, into memory of the guest.
    pub(super) fn packaged(
        sources: &Sources,
        entry: SourceEntry,
        mount: Arc<Mount>,
        place: OpenPlace,
    ) -> io::Result<Self> {
        let SourceEntry::File {
            bytes, place: at, ..
        } = entry
        else {
            return Err(Errno::ISDIR.into());
        };
        let size = usize::try_from(bytes).map_err(|_| Errno::NOMEM)?;
        let charge = Charge::take(place.guest().budget(), size).map_err(|_| Errno::NOMEM)?;
        let packaged = Packaged {
            entry,
            content: sources.read(at, bytes)?,
            _charge: charge,
        };
        Ok(Self {
            file: None,
            packaged: Some(packaged),
            mount,
            number: None,
            mode: Mode {
                read: true,
                write: false,
            },
            place,
        })
    }

    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    pub(super) fn guest(&self) -> &Arc<GuestFiles> {
        self.place.guest()
    }

    pub(super) fn elsewhere(&self) -> &Handle {
        self.guest().elsewhere()
    }

    /// What is there at `offset`, at most `bytes` and no more than one call reads; nothing at the end.
    pub(super) fn read(&self, bytes: usize, offset: u64) -> io::Result<Bytes> {
        self.check(self.mode.read)?;
        if let Some(Packaged { content, .. }) = &self.packaged {
            let start = usize::try_from(offset)
                .unwrap_or(usize::MAX)
                .min(content.len());
            let end = start
                + bytes
                    .min(limits::FILE_READ_BYTES_MAX)
                    .min(content.len() - start);
            return Ok(content.slice(start..end));
        }
        let mut buffer = BytesMut::zeroed(bytes.min(limits::FILE_READ_BYTES_MAX));
        let count = loop {
            match self.file()?.read_at(&mut buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        buffer.truncate(count);
        Ok(buffer.freeze())
    }

    /// Writes all of `bytes` at `offset`.
    pub(super) fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.check(self.mode.write)?;
        match self.mount.tmp() {
            Some(tmp) => tmp.in_order().write(self.file()?, bytes, Some(offset)),
            None => self.file()?.write_all_at(bytes, offset),
        }
    }

    /// Writes all of `bytes` at the end, wherever that is by then.
    pub(super) fn append(&self, bytes: &[u8]) -> io::Result<()> {
        self.check(self.mode.write)?;
        match self.mount.tmp() {
            Some(tmp) => tmp.in_order().write(self.file()?, bytes, None),
            None => append_all(self.file()?, bytes),
        }
    }

    pub(super) fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.check(self.mode.write)?;
        match self.mount.tmp() {
            Some(tmp) => tmp.in_order().set_len(self.file()?, bytes),
            None => self.file()?.set_len(bytes),
        }
    }

    pub(super) fn set_times(&self, times: &NewTimes) -> io::Result<()> {
        self.mount.check_writable()?;
        set_times_of(self.file()?, times)
    }

    /// Makes what was written durable. Nothing in `/tmp` is meant to last.
    pub(super) fn sync(&self, with_metadata: bool) -> io::Result<()> {
        match (self.mount.tmp(), with_metadata) {
            _ if self.packaged.is_some() => Ok(()),
            (Some(_), _) => Ok(()),
            (None, true) => self.file()?.sync_all(),
            (None, false) => self.file()?.sync_data(),
        }
    }

    pub(super) fn metadata(&self) -> io::Result<Status> {
        match &self.packaged {
            Some(packaged) => Ok(Status::Packaged(packaged.entry)),
            None => Ok(Status::Host(self.file()?.metadata()?)),
        }
    }

    fn file(&self) -> io::Result<&File> {
        Ok(self.file.as_ref().ok_or(Errno::BADF)?)
    }

    fn check(&self, may: bool) -> io::Result<()> {
        match may {
            true => Ok(()),
            false => Err(Errno::BADF.into()),
        }
    }
}

/// The kernel finds the end, so that what several append to a file does not fall onto each other.
fn append_all(file: &File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match pwritev2(file, &[IoSlice::new(bytes)], 0, ReadWriteFlags::APPEND) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        let (Some(file), Some(number), Some(tmp)) =
            (self.file.take(), self.number, self.mount.tmp())
        else {
            return;
        };
        if tmp.close(&file, number) {
            // With the last descriptor of a file without a name goes its content, which takes time.
            self.elsewhere().spawn_blocking(move || drop(file));
        }
    }
}
