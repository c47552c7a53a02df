//! How the program's allocator is set.

use std::ffi::c_long;

use libmimalloc_sys::{mi_option_set, mi_option_t};

/// For how long memory that was freed is kept before it goes back to the system, in milliseconds. To give it
/// back takes the lock of the whole process's memory and interrupts the other cores in the middle of calls, and
/// soon it is taken again.
const FREED_MEMORY_KEPT_MS: c_long = 60_000;

/// mimalloc's option `purge_delay`, which its crate has no name for.
const PURGE_DELAY: mi_option_t = 15;

/// To be called before other threads run. Does nothing for a program with another allocator.
#[expect(
    unsafe_code,
    reason = "the allocator's options are set through its C interface"
)]
pub(super) fn keep_freed_memory() {
    // SAFETY: it stores a number, and no other thread runs yet.
    unsafe { mi_option_set(PURGE_DELAY, FREED_MEMORY_KEPT_MS) }
}
