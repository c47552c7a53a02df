//! The system calls that are allowed, by what they are for.
//!
//! Whoever adds one looks first for what it can do to others: to processes, to the kernel, to names and addresses that
//! are not in the configuration.

use super::arguments::{Arguments, Is};

/// Memory, threads, signals of this process, clocks, random bytes.
pub(super) const MEMORY_AND_THREADS: &[i64] = &[
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_get_robust_list,
    libc::SYS_getcpu,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_memfd_create,
    libc::SYS_mincore,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_process_madvise,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
    libc::SYS_sysinfo,
    // To a thread of this process, or of one whose signals are its own business where Landlock knows signals.
    libc::SYS_tgkill,
    libc::SYS_uname,
];

/// Files and pipes that are open.
pub(super) const OPEN_FILES: &[i64] = &[
    libc::SYS_close,
    libc::SYS_fcntl,
    libc::SYS_fstat,
    libc::SYS_ftruncate,
    libc::SYS_lseek,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
];

/// Files by their names, which Landlock guards, but for their times (`utimensat`), and more of those that are open. Who may
/// use a file is changed by no name.
pub(super) const FILES: &[i64] = &[
    libc::SYS_close_range,
    libc::SYS_copy_file_range,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_fadvise64,
    libc::SYS_fallocate,
    libc::SYS_fchmod,
    // SQLite, of the files beside a database, where root runs it.
    libc::SYS_fchown,
    libc::SYS_fdatasync,
    libc::SYS_flock,
    libc::SYS_fstatfs,
    libc::SYS_fsync,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_linkat,
    libc::SYS_mkdirat,
    libc::SYS_msync,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_pipe2,
    libc::SYS_preadv,
    libc::SYS_preadv2,
    libc::SYS_pwritev,
    libc::SYS_pwritev2,
    libc::SYS_readlinkat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_sendfile,
    libc::SYS_splice,
    libc::SYS_statfs,
    libc::SYS_statx,
    libc::SYS_symlinkat,
    libc::SYS_sync_file_range,
    libc::SYS_truncate,
    libc::SYS_umask,
    libc::SYS_unlinkat,
    libc::SYS_utimensat,
];

/// Starting the compiler, which confines itself further, and waiting for it; who runs this, and how nicely.
pub(super) const PROCESSES: &[i64] = &[
    libc::SYS_execve,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getgroups,
    libc::SYS_getpgid,
    libc::SYS_getppid,
    libc::SYS_getpriority,
    libc::SYS_getresgid,
    libc::SYS_getresuid,
    libc::SYS_getrlimit,
    libc::SYS_getuid,
    libc::SYS_kill,
    libc::SYS_landlock_add_rule,
    libc::SYS_landlock_create_ruleset,
    libc::SYS_landlock_restrict_self,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_send_signal,
    libc::SYS_prctl,
    libc::SYS_seccomp,
    libc::SYS_set_tid_address,
    libc::SYS_setpgid,
    libc::SYS_setrlimit,
    libc::SYS_times,
    libc::SYS_wait4,
    libc::SYS_waitid,
];

/// Connections that are open or come in, and what becomes of all that is waited for. None can be listened for that was
/// not from the start.
pub(super) const CONNECTIONS: &[i64] = &[
    libc::SYS_accept,
    libc::SYS_accept4,
    // Of the socket that asks the kernel for its addresses, when a name is looked up; of TCP, Landlock forbids it.
    libc::SYS_bind,
    libc::SYS_connect,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_eventfd2,
    libc::SYS_getpeername,
    libc::SYS_getsockname,
    libc::SYS_getsockopt,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_recvfrom,
    libc::SYS_recvmmsg,
    libc::SYS_recvmsg,
    libc::SYS_sendmmsg,
    libc::SYS_sendmsg,
    libc::SYS_sendto,
    libc::SYS_setsockopt,
    libc::SYS_shutdown,
    // Two ends that lead to nobody else.
    libc::SYS_socketpair,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime,
];

/// What an older architecture has of the above in older forms.
#[cfg(target_arch = "x86_64")]
pub(super) const OLDER_FORMS: &[i64] = &[
    libc::SYS_access,
    libc::SYS_arch_prctl,
    libc::SYS_dup2,
    libc::SYS_epoll_create,
    libc::SYS_epoll_wait,
    libc::SYS_eventfd,
    libc::SYS_fork,
    libc::SYS_getdents,
    libc::SYS_getpgrp,
    libc::SYS_link,
    libc::SYS_lstat,
    libc::SYS_mkdir,
    libc::SYS_open,
    libc::SYS_pipe,
    libc::SYS_poll,
    libc::SYS_readlink,
    libc::SYS_rename,
    libc::SYS_rmdir,
    libc::SYS_select,
    libc::SYS_stat,
    libc::SYS_symlink,
    libc::SYS_time,
    libc::SYS_unlink,
    libc::SYS_vfork,
];
#[cfg(not(target_arch = "x86_64"))]
pub(super) const OLDER_FORMS: &[i64] = &[];

/// A namespace of one's own makes its owner root in it, whom much more of the kernel listens to.
const NAMESPACES: u64 = bits(
    libc::CLONE_NEWCGROUP
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWNET
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWUSER
        | libc::CLONE_NEWUTS,
);

/// `clone` of threads and processes. Its successor has its flags in memory, where no filter sees them, so the C library
/// is told that there is none.
pub(super) fn no_namespace() -> Vec<Arguments> {
    vec![vec![Is {
        index: 0,
        mask: NAMESPACES,
        value: 0,
    }]]
}

/// `clone` of threads.
pub(super) fn threads_alone() -> Vec<Arguments> {
    let thread = bits(libc::CLONE_THREAD);
    vec![vec![Is {
        index: 0,
        mask: NAMESPACES | thread,
        value: thread,
    }]]
}

/// `ioctl` for how long, how wide and how patient something open is: among all the others is one that types into the
/// terminal.
pub(super) fn harmless_commands() -> Vec<Arguments> {
    const FIOCLEX: u64 = 0x5451;
    const FIONBIO: u64 = 0x5421;
    const FIONREAD: u64 = 0x541b;
    const TCGETS: u64 = 0x5401;
    /// What newer C libraries ask in the place of `TCGETS`.
    const TCGETS2: u64 = 0x802c_542a;
    const TIOCGWINSZ: u64 = 0x5413;
    [FIOCLEX, FIONBIO, FIONREAD, TCGETS, TCGETS2, TIOCGWINSZ]
        .map(|command| vec![Is::at(1, command)])
        .into()
}

/// `prlimit64` of this process.
pub(super) fn own_limits() -> Vec<Arguments> {
    vec![vec![Is::at(0, 0)]]
}

/// `setpriority` of this process or thread.
pub(super) fn own_niceness() -> Vec<Arguments> {
    /// `PRIO_PROCESS`, whose type depends on the C library.
    const OF_PROCESS: u64 = 0;
    vec![vec![Is::at(0, OF_PROCESS), Is::at(1, 0)]]
}

/// `prctl` that gives a thread or a piece of memory its name.
pub(super) fn names() -> Vec<Arguments> {
    [libc::PR_SET_NAME, libc::PR_SET_VMA]
        .map(|what| vec![Is::at(0, bits(what))])
        .into()
}

/// `socket` of TCP and UDP, and of the kernel's own list of addresses and routes, which is asked when a name is looked
/// up. There is none to other processes of this machine, among which are those that serve root.
pub(super) fn internet() -> Vec<Arguments> {
    /// The kind of a socket, without the flags in the same argument.
    const KIND: u64 = 0xf;
    let mut rules = vec![vec![
        Is::at(0, bits(libc::AF_NETLINK)),
        Is::at(2, bits(libc::NETLINK_ROUTE)),
    ]];
    for family in [libc::AF_INET, libc::AF_INET6] {
        for (kind, protocol) in [
            (libc::SOCK_STREAM, libc::IPPROTO_TCP),
            (libc::SOCK_DGRAM, libc::IPPROTO_UDP),
        ] {
            for protocol in [libc::IPPROTO_IP, protocol] {
                rules.push(vec![
                    Is::at(0, bits(family)),
                    Is {
                        index: 1,
                        mask: KIND,
                        value: bits(kind),
                    },
                    Is::at(2, bits(protocol)),
                ]);
            }
        }
    }
    rules
}

/// An argument of 32 bits as the kernel has it.
const fn bits(argument: i32) -> u64 {
    argument.cast_unsigned() as u64
}
