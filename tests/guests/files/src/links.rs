//! Symbolic links, which the standard library does not make for WASI yet.

use std::ffi::CString;
use std::io;

#[expect(
    unsafe_code,
    reason = "the C library is asked, with two strings that outlive the call"
)]
pub(crate) fn symlink(target: &str, path: &str) -> io::Result<()> {
    let (target, path) = (CString::new(target)?, CString::new(path)?);
    match unsafe { libc::symlink(target.as_ptr(), path.as_ptr()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
