//! What a file system keeps its files in.

use rustix::fs::StatFs;

/// File systems that keep everything in memory: tmpfs and ramfs.
const IN_MEMORY: [rustix::fs::FsWord; 2] = [0x0102_1994, 0x8584_58f6];

/// Whether what lies there is in memory: then it is memory of this process's control group. Where the system does not
/// tell, it is not.
pub(super) fn is_in_memory(status: rustix::io::Result<StatFs>) -> bool {
    status.is_ok_and(|status| IN_MEMORY.contains(&status.f_type))
}
