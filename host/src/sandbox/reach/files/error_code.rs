//! Errors of the system as codes of WASI. No text of the system reaches a guest.

use std::io;

use rustix::io::Errno;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

/// The code for `error`.
pub(super) fn code_of(error: &io::Error) -> ErrorCode {
    match Errno::from_io_error(error) {
        Some(errno) => code_of_number(errno),
        None => match error.kind() {
            io::ErrorKind::NotFound => ErrorCode::NoEntry,
            // A path that would lead out of its folder.
            io::ErrorKind::PermissionDenied => ErrorCode::NotPermitted,
            io::ErrorKind::AlreadyExists => ErrorCode::Exist,
            // A name with a zero byte in it.
            io::ErrorKind::InvalidInput => ErrorCode::Invalid,
            io::ErrorKind::WriteZero => ErrorCode::InsufficientSpace,
            _ => ErrorCode::Io,
        },
    }
}

fn code_of_number(errno: Errno) -> ErrorCode {
    match errno {
        Errno::ACCESS => ErrorCode::Access,
        Errno::AGAIN => ErrorCode::WouldBlock,
        Errno::BADF => ErrorCode::BadDescriptor,
        Errno::BUSY => ErrorCode::Busy,
        Errno::DQUOT => ErrorCode::Quota,
        Errno::EXIST => ErrorCode::Exist,
        Errno::FBIG => ErrorCode::FileTooLarge,
        Errno::ILSEQ => ErrorCode::IllegalByteSequence,
        Errno::INTR => ErrorCode::Interrupted,
        Errno::INVAL => ErrorCode::Invalid,
        Errno::ISDIR => ErrorCode::IsDirectory,
        Errno::LOOP => ErrorCode::Loop,
        Errno::MLINK => ErrorCode::TooManyLinks,
        Errno::NAMETOOLONG => ErrorCode::NameTooLong,
        Errno::NODEV => ErrorCode::NoDevice,
        Errno::NXIO => ErrorCode::NoSuchDevice,
        Errno::NOENT => ErrorCode::NoEntry,
        Errno::NOSPC => ErrorCode::InsufficientSpace,
        Errno::NOTDIR => ErrorCode::NotDirectory,
        Errno::NOTEMPTY => ErrorCode::NotEmpty,
        // WASI has no code for too many open files. Of its own the guest can close some; those of all guests are a
        // matter of time.
        Errno::MFILE => ErrorCode::Quota,
        Errno::NFILE => ErrorCode::Busy,
        Errno::NOMEM => ErrorCode::InsufficientMemory,
        Errno::NOTSUP => ErrorCode::Unsupported,
        Errno::OVERFLOW => ErrorCode::Overflow,
        Errno::PERM => ErrorCode::NotPermitted,
        Errno::PIPE => ErrorCode::Pipe,
        Errno::ROFS => ErrorCode::ReadOnly,
        Errno::SPIPE => ErrorCode::InvalidSeek,
        Errno::TXTBSY => ErrorCode::TextFileBusy,
        // The kernel's word for a path that leads out of its folder is the same as for two disks, and
        // what was resolved step by step says that nothing is permitted.
        Errno::XDEV => ErrorCode::CrossDevice,
        _ => ErrorCode::Io,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_learns_the_kind_of_an_error_and_nothing_else() {
        let error = io::Error::from_raw_os_error(Errno::NOSPC.raw_os_error());
        assert_eq!(code_of(&error), ErrorCode::InsufficientSpace);
        let error = io::Error::other("/home/somebody/secret");
        assert_eq!(code_of(&error), ErrorCode::Io);
        assert_eq!(code_of(&Errno::STALE.into()), ErrorCode::Io);
        assert_eq!(code_of(&Errno::MFILE.into()), ErrorCode::Quota);
        assert_eq!(code_of(&Errno::NFILE.into()), ErrorCode::Busy);
        let named = io::Error::new(io::ErrorKind::PermissionDenied, "/etc/passwd");
        assert_eq!(code_of(&named), ErrorCode::NotPermitted);
    }
}
