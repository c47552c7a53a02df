//! Reading a file that somebody names, which need not be one.
//!
//! A pipe is fine, such as what a shell makes of `<(…)`; yet it may be that nobody ever writes into it, and opening
//! one or reading from it would wait for that without a word.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use crate::limits::NAMED_FILE_WAIT_MAX;

/// What a file, a pipe or a device holds, or `None` where that is more than `bytes_max`: no more than that is read.
///
/// # Errors
/// Where it cannot be read, also since nothing is written into it.
pub fn read_named(path: &Path, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
    read_within(path, bytes_max, NAMED_FILE_WAIT_MAX)
}

fn read_within(path: &Path, bytes_max: u64, wait_max: Duration) -> io::Result<Option<Vec<u8>>> {
    // Of a regular file it changes nothing.
    let without_waiting = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(without_waiting.bits().cast_signed())
        .open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.len() > bytes_max {
        return Ok(None);
    }
    let source = Patient {
        file,
        is_empty_pipe: metadata.file_type().is_fifo(),
        wait_max,
    };
    read_at_most(source, bytes_max)
}

/// All of `source`, or `None` where that is more than `bytes_max`.
///
/// # Errors
/// When it cannot be read.
pub fn read_at_most(source: impl Read, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    // One byte more tells what is too large from what just fits.
    source.take(bytes_max + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= bytes_max).then_some(bytes))
}

/// Waits for what is written, and not for ever.
struct Patient {
    file: File,
    /// A pipe of which nothing was read is at its end also where nobody has opened it yet to write.
    is_empty_pipe: bool,
    wait_max: Duration,
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const PAUSE: Duration = Duration::from_millis(10);
        let end = Instant::now() + self.wait_max;
        loop {
            match self.file.read(buffer) {
                Ok(0) if self.is_empty_pipe => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => {
                    self.is_empty_pipe = false;
                    return done;
                }
            }
            if Instant::now() >= end {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!(
                        "it is no regular file, and nothing was written into it for {} seconds; name a file, or \
                         a pipe that something is written into",
                        self.wait_max.as_secs()
                    ),
                ));
            }
            thread::sleep(PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    fn read(path: &Path, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
        read_within(path, bytes_max, Duration::ZERO)
    }

    #[test]
    fn what_just_fits_is_read_and_one_byte_more_is_not() {
        let place = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(place.path(), "1234").expect("written");
        let fits = read(place.path(), 4).expect("read");
        assert_eq!(fits.as_deref(), Some(&b"1234"[..]));
        assert_eq!(read(place.path(), 3).expect("read"), None);
    }

    #[test]
    fn a_device_without_an_end_is_too_large() {
        assert_eq!(read(Path::new("/dev/zero"), 4096).expect("read"), None);
        assert!(read(Path::new("/"), 4096).is_err());
    }

    #[test]
    fn a_pipe_is_read_to_its_end_and_one_that_nobody_writes_into_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
        let error = read(&pipe, 16).expect_err("nobody writes");
        assert!(error.to_string().contains("nothing was written"), "{error}");
        let place = pipe.clone();
        let writer = thread::spawn(move || {
            let mut pipe = OpenOptions::new().write(true).open(place)?;
            pipe.write_all(b"12")?;
            pipe.write_all(b"34")
        });
        let read = read_within(&pipe, 16, Duration::from_secs(60)).expect("read");
        assert_eq!(read.as_deref(), Some(&b"1234"[..]));
        writer.join().expect("ended").expect("written");
    }
}
