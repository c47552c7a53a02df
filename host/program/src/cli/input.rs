//! Reading what the command line names, and never more of it than can be used.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

/// What a file holds, or `None` where that is more than `bytes_max`. A device without an end is read no
/// further than that.
pub(super) fn file(path: &Path, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    match file.metadata()?.len() > bytes_max {
        true => Ok(None),
        false => whole(file, bytes_max),
    }
}

/// What comes on stdin, or `None` where that is more than `bytes_max`.
pub(super) fn stdin(bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
    whole(io::stdin().lock(), bytes_max)
}

/// Whether somebody meant stdin to be read: it is a pipe or a file, and neither a terminal nor a device
/// such as `/dev/null`.
pub(super) fn is_given_on_stdin() -> bool {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return false;
    }
    let place = stdin.as_fd().try_clone_to_owned().map(File::from);
    place
        .and_then(|place| place.metadata())
        .is_ok_and(|place| place.is_file() || place.file_type().is_fifo())
}

fn whole(source: impl Read, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    // One byte more tells what is too large from what just fits.
    source.take(bytes_max + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= bytes_max).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_just_fits_is_read_and_one_byte_more_is_not() {
        let place = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(place.path(), "1234").unwrap();
        assert_eq!(
            file(place.path(), 4).unwrap().as_deref(),
            Some(&b"1234"[..])
        );
        assert_eq!(file(place.path(), 3).unwrap(), None);
    }

    #[test]
    fn a_device_without_an_end_is_too_large() {
        assert_eq!(file(Path::new("/dev/zero"), 4096).unwrap(), None);
    }
}
