//! System calls: seccomp.
//!
//! What is not listed ([`lists`]) is answered as by a kernel that does not have it. That is what the C library expects
//! of a kernel older than itself, and where it has another way, it takes that: so a library that is newer than the
//! list goes on working, and what nobody thought of is denied. The process is not ended for it, since a library that
//! tries and goes on would end it on some system that this was never tested on.
//!
//! Calls whose arguments do not matter cost nothing to speak of: the kernel looks them up in a bitmap.

mod arguments;
mod lists;

use std::collections::BTreeMap;
use std::io;

use seccompiler::{
    BackendError, BpfProgram, Error, SeccompAction, SeccompFilter, SeccompRule, apply_filter,
};

use crate::jail::{JailError, Needs};
use arguments::Arguments;

/// System calls, each whatever its arguments are or where one of some rules holds for them.
pub(super) struct Allowed {
    any: Vec<i64>,
    some: Vec<(i64, Vec<Arguments>)>,
}

/// What a server and the programs that it starts need; with connections, where it has some.
pub(super) fn of_server(needs: &Needs) -> Allowed {
    let mut allowed = Allowed {
        any: [
            lists::MEMORY_AND_THREADS,
            lists::OPEN_FILES,
            lists::FILES,
            lists::PROCESSES,
            lists::CONNECTIONS,
            lists::OLDER_FORMS,
        ]
        .concat(),
        some: vec![
            (libc::SYS_clone, lists::no_namespace()),
            (libc::SYS_ioctl, lists::harmless_commands()),
            (libc::SYS_prlimit64, lists::own_limits()),
            (libc::SYS_setpriority, lists::own_niceness()),
        ],
    };
    if needs.connects {
        allowed.some.push((libc::SYS_socket, lists::internet()));
    }
    allowed
}

/// What a compiler needs, which reads from one pipe and writes to another.
pub(super) fn of_compiler() -> Allowed {
    Allowed {
        any: [lists::MEMORY_AND_THREADS, lists::OPEN_FILES].concat(),
        some: vec![
            (libc::SYS_clone, lists::threads_alone()),
            (libc::SYS_prctl, lists::names()),
            (libc::SYS_prlimit64, lists::own_limits()),
            (libc::SYS_setpriority, lists::own_niceness()),
        ],
    }
}

/// Confines this thread and those that it starts; gives what is missing, as `Jail::gaps` lists it.
pub(super) fn confine(allowed: &Allowed) -> Result<Option<&'static str>, JailError> {
    let program = program(allowed).map_err(JailError::of)?;
    match apply_filter(&program) {
        Ok(()) => Ok(None),
        Err(Error::Seccomp(error)) if is_lacking(&error) => {
            Ok(Some("system calls (Linux does, with seccomp enabled)"))
        }
        Err(error) => Err(JailError::of(error)),
    }
}

/// Whether that is how a kernel without it answers.
fn is_lacking(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EINVAL))
}

fn program(allowed: &Allowed) -> Result<BpfProgram, BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        allowed.any.iter().map(|call| (*call, Vec::new())).collect();
    for (call, some) in &allowed.some {
        let some: Result<Vec<_>, _> = some.iter().map(arguments::rule).collect();
        rules.insert(*call, some?);
    }
    SeccompFilter::new(
        rules,
        SeccompAction::Errno(libc::ENOSYS.unsigned_abs()),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?
    .try_into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_with_rules_for_its_arguments_is_in_no_other_list() {
        let mut needs = Needs::default();
        needs.connect();
        for allowed in [of_server(&needs), of_compiler()] {
            for (call, some) in &allowed.some {
                assert!(!some.is_empty(), "{call} would always be allowed");
                assert!(!allowed.any.contains(call), "{call}");
            }
            assert!(program(&allowed).is_ok());
        }
    }

    #[test]
    fn what_leads_out_is_in_no_list() {
        let mut needs = Needs::default();
        needs.connect();
        for allowed in [of_server(&needs), of_compiler()] {
            for call in [
                libc::SYS_ptrace,
                libc::SYS_process_vm_readv,
                libc::SYS_process_vm_writev,
                libc::SYS_pidfd_getfd,
                libc::SYS_mount,
                libc::SYS_umount2,
                libc::SYS_move_mount,
                libc::SYS_open_tree,
                libc::SYS_pivot_root,
                libc::SYS_chroot,
                libc::SYS_setns,
                libc::SYS_unshare,
                libc::SYS_clone3,
                libc::SYS_bpf,
                libc::SYS_perf_event_open,
                libc::SYS_keyctl,
                libc::SYS_add_key,
                libc::SYS_request_key,
                libc::SYS_kexec_load,
                libc::SYS_init_module,
                libc::SYS_finit_module,
                libc::SYS_io_uring_setup,
                libc::SYS_userfaultfd,
                libc::SYS_open_by_handle_at,
                libc::SYS_mknodat,
                libc::SYS_setuid,
                libc::SYS_personality,
                libc::SYS_reboot,
                libc::SYS_listen,
            ] {
                assert!(!allowed.any.contains(&call), "{call}");
            }
        }
    }

    #[test]
    fn a_compiler_opens_nothing_and_starts_nothing() {
        let allowed = of_compiler();
        for call in [
            libc::SYS_openat,
            libc::SYS_openat2,
            libc::SYS_execve,
            libc::SYS_execveat,
            libc::SYS_socket,
            libc::SYS_connect,
            libc::SYS_kill,
            libc::SYS_unlinkat,
            libc::SYS_newfstatat,
        ] {
            assert!(!allowed.any.contains(&call), "{call}");
        }
    }
}
