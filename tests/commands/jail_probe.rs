//! A process that enters a jail of the product's and then tries to leave it.
//!
//! `jail-probe JAIL PLACES`, where JAIL is `server`, `compiler` or `none` and PLACES a folder that a test has filled.
//! It prints one JSON object: what came of each attempt, `null` or an error.
//!
//! `jail-probe --old-kernel PROGRAM ARGUMENTS` runs a program as on a kernel that has neither Landlock nor seccomp.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::net::{TcpListener, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Pid;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use serde_json::{Value, json};
use sparkler::internals::{Jail, Prepared};
use sparkler::{
    CompileIsolation, CompileLimits, Destinations, EventsConfig, FolderAccess, GrantName,
    HostConfig, HostFolder, HostSecret, SecretSource, Storage,
};

const USAGE: &str = "jail-probe JAIL PLACES";

fn main() {
    let mut arguments = std::env::args().skip(1);
    if std::env::args().nth(1).as_deref() == Some("--old-kernel") {
        arguments.next();
        let program = arguments.next().expect("a program");
        hide_walls();
        let error = Command::new(program).args(arguments).exec();
        panic!("{error}");
    }
    let (Some(jail), Some(places)) = (arguments.next(), arguments.next()) else {
        panic!("{USAGE}");
    };
    let places = Places(PathBuf::from(places));
    // Found out before, since a compiler has no files.
    let attempts = Attempts::at(&places);
    let entered = match jail.as_str() {
        "server" => {
            let prepared = Prepared::of(config(&places)).expect("prepared");
            Some(prepared.enter_jail().expect("a jail"))
        }
        "compiler" => Some(Jail::enter_closed().expect("a jail")),
        _ => None,
    };
    let gaps = entered.as_ref().and_then(Jail::gaps);
    // Where nearly everything of a host runs: on threads that are started later.
    let thread = std::thread::spawn(move || attempts.all());
    let came_of_it = thread.join().expect("a thread");
    print(&json!({ "gaps": gaps, "attempts": came_of_it }));
}

/// Has the kernel answer from now on as if it had no walls.
fn hide_walls() {
    let calls = [libc::SYS_landlock_create_ruleset, libc::SYS_seccomp];
    let filter = SeccompFilter::new(
        calls.map(|call| (call, Vec::new())).into(),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::ENOSYS.unsigned_abs()),
        std::env::consts::ARCH
            .try_into()
            .expect("a known processor"),
    );
    let filter: BpfProgram = filter.and_then(TryInto::try_into).expect("a filter");
    seccompiler::apply_filter(&filter).expect("applied");
}

#[expect(clippy::print_stdout, reason = "the test reads it")]
fn print(answer: &Value) {
    println!("{answer}");
}

/// What is where in the folder of a test.
#[derive(Clone)]
struct Places(PathBuf);

impl Places {
    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

fn config(places: &Places) -> HostConfig {
    let folder = |name: &str, access| HostFolder {
        account: None,
        name: GrantName::parse(name).expect("a name"),
        path: places.at(name),
        access,
    };
    HostConfig {
        storage: Storage::DataDir(places.at("data")),
        compile: CompileIsolation::Child {
            program: "/proc/self/exe".into(),
            arguments: Vec::new(),
            limits: CompileLimits::default(),
        },
        folders: vec![
            folder("read-only", FolderAccess::ReadOnly),
            folder("read-write", FolderAccess::ReadWrite),
        ],
        secrets: vec![HostSecret {
            account: None,
            function: None,
            name: GrantName::parse("key").expect("a name"),
            source: SecretSource::File(places.at("secret")),
        }],
        events: EventsConfig {
            destinations: Destinations {
                folder: Some(places.at("destinations")),
                ..Destinations::default()
            },
            ..EventsConfig::default()
        },
        ..HostConfig::default()
    }
}

/// Everything that is tried.
struct Attempts {
    places: Places,
    port: u16,
    parent: Pid,
}

impl Attempts {
    fn at(places: &Places) -> Self {
        let port = fs::read_to_string(places.at("port")).unwrap_or_default();
        Self {
            places: places.clone(),
            port: port.trim().parse().unwrap_or_default(),
            parent: rustix::process::getppid().expect("a parent"),
        }
    }

    fn of_parent(&self, what: &str) -> PathBuf {
        format!("/proc/{}/{what}", self.parent.as_raw_nonzero()).into()
    }

    fn all(&self) -> Value {
        let mut tried = BTreeMap::new();
        let mut note = |name: &str, result: io::Result<()>| {
            let error = result.err().map(|error| error.to_string());
            tried.insert(name.to_owned(), error);
        };
        self.files(&mut note);
        self.granted(&mut note);
        self.network(&mut note);
        self.processes(&mut note);
        for (name, number, arguments) in CALLS {
            note(name, call(*number, *arguments));
        }
        json!(tried)
    }

    /// Beside what was granted.
    fn files(&self, note: &mut impl FnMut(&str, io::Result<()>)) {
        let outside = self.places.at("outside");
        note("read /etc/passwd", open(Path::new("/etc/passwd")));
        note("list the root", fs::read_dir("/").map(drop));
        note("read the program", open(&own_program()));
        note("read a file outside", open(&outside.join("file")));
        note("write a file outside", fs::write(outside.join("new"), "x"));
        note(
            "make a folder outside",
            fs::create_dir(outside.join("made")),
        );
        note(
            "remove a file outside",
            fs::remove_file(outside.join("victim")),
        );
        note("truncate a file outside", truncate(&outside.join("file")));
        let (here, there) = (self.places.at("data/moved"), outside.join("moved"));
        note("move a file outside", fs::rename(here, there));
        let link = self.places.at("read-write/link");
        let through =
            std::os::unix::fs::symlink(&outside, &link).and_then(|()| open(&link.join("file")));
        note("read through a link", through);
        let read_only = self.places.at("read-only/new");
        note("write in a folder to be read", fs::write(read_only, "x"));
        note(
            "read the memory of the parent",
            open(&self.of_parent("mem")),
        );
        note(
            "read the variables of the parent",
            open(&self.of_parent("environ")),
        );
    }

    /// What a server was granted.
    fn granted(&self, note: &mut impl FnMut(&str, io::Result<()>)) {
        let at = |name: &str| self.places.at(name);
        note("granted: write data", fs::write(at("data/new"), "x"));
        note("granted: move data", {
            fs::create_dir(at("data/folder"))
                .and_then(|()| fs::rename(at("data/new"), at("data/folder/new")))
        });
        note("granted: read a folder", open(&at("read-only/file")));
        note(
            "granted: write a folder",
            fs::write(at("read-write/new"), "x"),
        );
        note("granted: read a secret", open(&at("secret")));
        note(
            "granted: write messages",
            fs::write(at("destinations/new"), "x"),
        );
        note(
            "granted: connect",
            TcpStream::connect(("127.0.0.1", self.port)).map(drop),
        );
        note(
            "granted: look a name up",
            ("localhost", 80).to_socket_addrs().map(drop),
        );
        note("granted: start a thread", {
            std::thread::Builder::new()
                .spawn(|| ())
                .map(|thread| drop(thread.join()))
        });
        note("granted: start the compiler", {
            Command::new("/proc/self/exe").output().and_then(|output| {
                let said = String::from_utf8_lossy(&output.stderr);
                match said.contains(USAGE) {
                    true => Ok(()),
                    false => Err(io::Error::other(said)),
                }
            })
        });
    }

    fn network(&self, note: &mut impl FnMut(&str, io::Result<()>)) {
        note("listen", TcpListener::bind("127.0.0.1:0").map(drop));
        note("bind UDP", UdpSocket::bind("127.0.0.1:0").map(drop));
        let socket = self.places.at("outside/socket");
        note(
            "connect to a process of this machine",
            UnixStream::connect(socket).map(drop),
        );
    }

    fn processes(&self, note: &mut impl FnMut(&str, io::Result<()>)) {
        note(
            "start a shell",
            Command::new("/bin/sh")
                .args(["-c", "true"])
                .status()
                .map(drop),
        );
        let own = self.places.at("data/program");
        note(
            "start a program of its own",
            Command::new(own).output().map(drop),
        );
        note("signal the parent", {
            rustix::process::test_kill_process(self.parent).map_err(io::Error::from)
        });
    }
}

fn open(path: &Path) -> io::Result<()> {
    File::open(path).map(drop)
}

fn truncate(path: &Path) -> io::Result<()> {
    let path = std::ffi::CString::new(path.as_os_str().as_encoded_bytes())?;
    let path = i64::try_from(path.as_ptr().expose_provenance()).unwrap_or_default();
    call(libc::SYS_truncate, [path, 0, 0])
}

fn own_program() -> PathBuf {
    // The path that the system knows, which a jail does not hide.
    std::env::current_exe().unwrap_or_default()
}

/// Calls that are refused whatever their arguments; those here ask for nothing that would change this machine where they
/// are not.
const CALLS: &[(&str, i64, [i64; 3])] = &[
    ("ptrace", libc::SYS_ptrace, [0x4206, -1, 0]),
    ("process_vm_readv", libc::SYS_process_vm_readv, [0, 0, 0]),
    ("process_vm_writev", libc::SYS_process_vm_writev, [0, 0, 0]),
    ("pidfd_getfd", libc::SYS_pidfd_getfd, [-1, 0, 0]),
    ("mount", libc::SYS_mount, [0, 0, 0]),
    ("umount2", libc::SYS_umount2, [0, 0, 0]),
    ("pivot_root", libc::SYS_pivot_root, [0, 0, 0]),
    ("chroot", libc::SYS_chroot, [0, 0, 0]),
    ("fsopen", libc::SYS_fsopen, [0, 0, 0]),
    ("open_by_handle_at", libc::SYS_open_by_handle_at, [-1, 0, 0]),
    ("mknodat", libc::SYS_mknodat, [-1, 0, 0]),
    ("bpf", libc::SYS_bpf, [-1, 0, 0]),
    ("perf_event_open", libc::SYS_perf_event_open, [0, 0, 0]),
    ("keyctl", libc::SYS_keyctl, [0, -1, 0]),
    ("add_key", libc::SYS_add_key, [0, 0, 0]),
    ("kexec_load", libc::SYS_kexec_load, [0, -1, 0]),
    ("init_module", libc::SYS_init_module, [0, 0, 0]),
    ("finit_module", libc::SYS_finit_module, [-1, 0, 0]),
    ("delete_module", libc::SYS_delete_module, [0, 0, 0]),
    ("setns", libc::SYS_setns, [-1, 0, 0]),
    ("unshare", libc::SYS_unshare, [0, 0, 0]),
    (
        "clone into a namespace",
        libc::SYS_clone,
        [0x1000_0000 | 0x0001_0000, 0, 0],
    ),
    ("clone3", libc::SYS_clone3, [0, 0, 0]),
    ("io_uring_setup", libc::SYS_io_uring_setup, [0, 0, 0]),
    ("userfaultfd", libc::SYS_userfaultfd, [-1, 0, 0]),
    ("setuid", libc::SYS_setuid, [-1, 0, 0]),
    ("personality", libc::SYS_personality, [0xffff_ffff, 0, 0]),
    ("prlimit64 of the parent", libc::SYS_prlimit64, [1, 7, 0]),
    ("ioctl that types", libc::SYS_ioctl, [-1, 0x5412, 0]),
    ("a packet socket", libc::SYS_socket, [17, 3, 0]),
    ("a raw socket", libc::SYS_socket, [2, 3, 1]),
    (
        "a socket of the kernel's audit",
        libc::SYS_socket,
        [16, 3, 9],
    ),
    ("a virtual machine's socket", libc::SYS_socket, [40, 1, 0]),
    ("a call that does not exist yet", 4_000, [0, 0, 0]),
];

/// The kernel's own answer to a call by its number.
#[expect(
    unsafe_code,
    reason = "no library makes a call that it knows to fail; what these name is either nothing or a path that lives"
)]
fn call(number: i64, [a, b, c]: [i64; 3]) -> io::Result<()> {
    // SAFETY: none of the calls writes to memory, since none is given an address to write to.
    match unsafe { libc::syscall(number, a, b, c, 0, 0, 0) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
