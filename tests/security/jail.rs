//! The jail: code inside that tries to leave.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::process::Command;

use serde_json::{Map, Value};
use sparkler_tests::server;
use tempfile::TempDir;

/// What the kernel says that has no such call, and what Landlock says.
const NO_SUCH_CALL: &str = "Function not implemented (os error 38)";
const DENIED: &str = "Permission denied (os error 13)";
const NOT_YOURS: &str = "Operation not permitted (os error 1)";

/// A folder with what a host may use in it, and what it may not.
struct Places {
    folder: TempDir,
    _listening: (TcpListener, UnixListener),
}

impl Places {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for name in ["data", "read-only", "read-write", "destinations", "outside"] {
            std::fs::create_dir(at(name)).expect("made");
        }
        let files = [
            "data/moved",
            "read-only/file",
            "secret",
            "outside/file",
            "outside/victim",
        ];
        for name in files {
            std::fs::write(at(name), "content").expect("written");
        }
        std::fs::copy("/bin/true", at("data/program")).expect("a program");
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = tcp.local_addr().expect("an address").port();
        std::fs::write(at("port"), port.to_string()).expect("written");
        let unix = UnixListener::bind(at("outside/socket")).expect("a socket");
        Self {
            folder,
            _listening: (tcp, unix),
        }
    }

    /// What came of everything that a process in this jail tried.
    fn tried_in(jail: &str) -> Tried {
        let places = Self::new();
        let probe = env!("CARGO_BIN_EXE_jail-probe");
        let mut command = Command::new(probe);
        command.arg(jail).arg(places.folder.path());
        let ended = server::ended(&mut command);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let mut told: Value = serde_json::from_str(&ended.stdout).expect("JSON");
        assert_eq!(
            told["gaps"],
            Value::Null,
            "run this where nothing is missing"
        );
        match told["attempts"].take() {
            Value::Object(tried) => Tried(tried),
            other => panic!("{other}"),
        }
    }
}

struct Tried(Map<String, Value>);

impl Tried {
    #[track_caller]
    fn error(&self, name: &str) -> Option<&str> {
        let error = self.0.get(name);
        error
            .unwrap_or_else(|| panic!("{name} was not tried"))
            .as_str()
    }

    /// By their names, what was tried of some kind.
    fn names(&self, is_kind: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
        self.0
            .keys()
            .map(String::as_str)
            .filter(move |name| is_kind(name))
    }

    #[track_caller]
    fn assert_refused(&self, name: &str, how: &str) {
        assert_eq!(self.error(name), Some(how), "{name}");
    }
}

/// What Landlock refuses, and what is possible where there is no jail, whoever runs the tests.
const PLACES: [&str; 11] = [
    "read /etc/passwd",
    "list the root",
    "read a file outside",
    "write a file outside",
    "make a folder outside",
    "remove a file outside",
    "truncate a file outside",
    "move a file outside",
    "read through a link",
    "write in a folder to be read",
    "start a program of its own",
];

/// Names of calls, of which each attempt is one.
fn is_call(name: &str) -> bool {
    let others = [
        "granted: ",
        "read ",
        "list ",
        "write ",
        "make ",
        "remove ",
        "truncate ",
        "move ",
    ];
    let others = others.iter().any(|start| name.starts_with(start));
    let processes = ["start ", "signal ", "listen", "bind ", "connect "];
    !others && !processes.iter().any(|start| name.starts_with(start))
}

#[test]
fn code_in_the_process_of_a_server_cannot_leave_its_configuration() {
    let tried = Places::tried_in("server");
    for name in PLACES.iter().chain(&["start a shell", "listen"]) {
        tried.assert_refused(name, DENIED);
    }
    for name in [
        "read the memory of the parent",
        "read the variables of the parent",
    ] {
        tried.assert_refused(name, DENIED);
    }
    tried.assert_refused("signal the parent", NOT_YOURS);
    tried.assert_refused("connect to a process of this machine", NO_SUCH_CALL);
    let calls: Vec<_> = tried.names(is_call).collect();
    assert!(calls.len() > 30, "{calls:?}");
    for name in calls {
        tried.assert_refused(name, NO_SUCH_CALL);
    }
    for name in tried.names(|name| name.starts_with("granted: ")) {
        assert_eq!(tried.error(name), None, "{name}");
    }
}

#[test]
fn code_in_the_process_of_a_compiler_has_no_file_and_nobody_to_talk_to() {
    let tried = Places::tried_in("compiler");
    let granted = "granted: start a thread";
    assert_eq!(tried.error(granted), None);
    for name in tried.names(|name| name != granted) {
        let error = tried.error(name);
        assert!(error.is_some(), "{name}");
        if is_call(name) {
            tried.assert_refused(name, NO_SUCH_CALL);
        }
    }
}

/// Without which the tests above would show nothing.
#[test]
fn all_of_it_is_possible_where_there_is_no_jail() {
    let tried = Places::tried_in("none");
    for name in PLACES.iter().chain(&[
        "start a shell",
        "listen",
        "bind UDP",
        "connect to a process of this machine",
        "signal the parent",
        "read the program",
        "unshare",
        "personality",
    ]) {
        assert_eq!(tried.error(name), None, "{name}");
    }
    for name in tried.names(|name| name.starts_with("granted: ")) {
        assert_eq!(tried.error(name), None, "{name}");
    }
}
