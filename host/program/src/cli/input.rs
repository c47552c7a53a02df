//! Reading what the command line names, and never more of it than can be used.

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileTypeExt as _;

use sparkler::internals::read_at_most;
pub(super) use sparkler::internals::read_named as file;

/// What comes on stdin, or `None` where that is more than `bytes_max`.
pub(super) fn stdin(bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
    read_at_most(io::stdin().lock(), bytes_max)
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
