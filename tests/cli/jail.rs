//! The jail of `sparkler serve` and of the compiler that it starts.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use sparkler_tests::lambda::event;
use sparkler_tests::server::{cleaned, program, sparkler};
use sparkler_tests::{Request, Server, guests, metric};

use crate::Workbench;

/// What the kernel says of a thread that has walls around it.
fn is_confined(status: &str) -> bool {
    let says = |name: &str, value: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.is_some_and(|said| said.trim() == value)
    };
    says("Seccomp:", "2") && says("NoNewPrivs:", "1")
}

#[test]
fn every_thread_of_a_server_is_confined() {
    let server = Server::ephemeral();
    server.deploy("echo", guests::echo(), &[]);
    assert_eq!(server.lambda().invoke("echo", "[1]").text(), "[1]");
    let threads = server.threads();
    assert!(threads.len() > 2, "{threads:?}");
    assert!(
        threads.iter().all(|thread| is_confined(thread)),
        "{threads:?}"
    );
    assert!(!server.said().contains("the jail"), "{}", server.said());
    for part in [
        "all",
        "files",
        "truncation",
        "ports",
        "devices",
        "signals",
        "calls",
    ] {
        assert_eq!(jail_metric(&server, part), 1, "{part}");
    }
}

#[test]
fn without_a_jail_none_is() {
    let mut with_variable = sparkler();
    with_variable
        .args(["serve", "--ephemeral", "--listen", "127.0.0.1:0"])
        .env("SPARKLER_NO_JAIL", "1");
    for server in [
        Server::start(["--ephemeral", "--no-jail"]),
        Server::of(&mut with_variable),
    ] {
        server.deploy("echo", guests::echo(), &[]);
        let threads = server.threads();
        assert!(
            !threads.iter().any(|thread| is_confined(thread)),
            "{threads:?}"
        );
        assert_eq!(jail_metric(&server, "all"), 0);
    }
}

fn jail_metric(server: &Server, part: &str) -> u64 {
    metric(server.address, &format!("sparkler_jail{{part=\"{part}\"}}"))
}

#[test]
fn what_a_kernel_lacks_is_said_at_the_start_and_the_server_serves() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jail-probe"));
    command
        .args(["--old-kernel", &program(), "serve", "--ephemeral"])
        .args(["--listen", "127.0.0.1:0"])
        .env("NO_COLOR", "1");
    let server = Server::of(&mut command);
    let said = server.said();
    let lines: Vec<_> = said.lines().filter(|line| line.contains("jail")).collect();
    assert_eq!(lines.len(), 1, "{said}");
    for part in ["not whole", "files, ports and signals", "system calls"] {
        assert!(lines[0].contains(part), "{said}");
    }
    for part in ["all", "files", "calls"] {
        assert_eq!(jail_metric(&server, part), 0, "{part}");
    }
    server.deploy("echo", guests::echo(), &[]);
    assert_eq!(server.lambda().invoke("echo", "[1]").text(), "[1]");
}

#[test]
fn a_folder_that_takes_the_place_of_a_granted_one_is_out_of_reach() {
    let bench = Workbench::new();
    let said_of_messages = |no_jail: &[&str]| {
        let folder = bench.text("out");
        fs::create_dir(&folder).expect("made");
        let options = [
            "--ephemeral",
            "--destinations",
            &folder,
            "--event-retry-delays",
            "0ms,0ms",
        ];
        let server = Server::start(options.iter().chain(no_jail));
        server.deploy("sad", guests::behaviours(), &[]);
        let target = json!({ "OnFailure": {
            "Destination": "arn:aws:sqs:us-east-1:123456789012:failed"
        } });
        let path = "/2019-09-25/functions/sad/event-invoke-config";
        let reply = Request::new("PUT", path)
            .header("Content-Type", "application/json")
            .body(json!({ "DestinationConfig": target }).to_string())
            .send(server.address);
        assert_eq!(reply.status, 200, "{}", reply.text());
        fs::rename(&folder, bench.path("away")).expect("moved");
        fs::create_dir(&folder).expect("made");
        let failing = json!({ "do": "fail", "type": "Sad", "message": "no luck" }).to_string();
        let accepted = event("sad", failing).send(server.address);
        assert_eq!(accepted.status, 202);
        let written = loop {
            if bench.path("out/failed").exists() {
                break true;
            }
            if server.said().contains("could not be written") {
                break false;
            }
            std::thread::yield_now();
        };
        for name in ["out", "away"] {
            fs::remove_dir_all(bench.path(name)).expect("removed");
        }
        written
    };
    assert!(said_of_messages(&["--no-jail"]));
    assert!(!said_of_messages(&[]));
}

/// A compiler that has accepted a component and waits to be told to go on.
struct Compiler(Child);

impl Compiler {
    fn start(more: &[&str]) -> Self {
        let mut command = sparkler();
        command
            .args([
                "compile-worker",
                "--memory-bytes",
                "4000000000",
                "--cpu-seconds",
                "60",
            ])
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("started");
        let order = br#"{"Compile":"Ample"}"#;
        let wasm = guests::echo();
        let mut input = child.stdin.as_ref().expect("an input");
        for part in [
            &u32::try_from(order.len()).expect("short").to_be_bytes()[..],
            order,
            &(wasm.len() as u64).to_be_bytes(),
            wasm,
        ] {
            input.write_all(part).expect("written");
        }
        let output = child.stdout.as_mut().expect("an output");
        // Until then it tells what it uses.
        loop {
            let mut length = [0; 4];
            output.read_exact(&mut length).expect("a frame");
            let mut frame = vec![0; u32::from_be_bytes(length) as usize];
            output.read_exact(&mut frame).expect("a frame");
            if !frame.starts_with(br#"{"Used":"#) {
                assert_eq!(frame, br#"{"Answer":"Accepted"}"#);
                break;
            }
        }
        Self(child)
    }

    fn status(&self) -> String {
        fs::read_to_string(format!("/proc/{}/status", self.0.id())).expect("its status")
    }
}

impl Drop for Compiler {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_compiler_confines_itself_unless_it_is_told_not_to() {
    let status = Compiler::start(&[]).status();
    assert!(is_confined(&status), "{status}");
    let status = Compiler::start(&["--no-jail"]).status();
    assert!(!is_confined(&status), "{status}");
}

/// How many files a process may have open, and whether the system gives it huge pages.
fn bounds_of(process: u32) -> (u64, bool) {
    let told = |file: &str| {
        let told = fs::read_to_string(format!("/proc/{process}/{file}"));
        told.expect("what the kernel says")
    };
    let limits = told("limits");
    let files = limits.lines().find_map(|line| {
        let (_, numbers) = line.split_once("Max open files")?;
        numbers.split_whitespace().next()?.parse().ok()
    });
    (files.expect("a number"), has_huge_pages(&told("status")))
}

fn has_huge_pages(status: &str) -> bool {
    let mut lines = status.lines();
    let said = lines.find_map(|line| line.strip_prefix("THP_enabled:"));
    said.expect("it is there").trim() == "1"
}

#[test]
fn a_server_takes_what_it_may_and_programs_of_others_that_it_starts_get_what_it_was_given() {
    let bench = Workbench::new();
    bench.file("Cargo.toml", "[package]\nname = \"echo\"\n");
    let tool = bench.file(
        "tool",
        "#!/bin/sh\nulimit -S -n > \"$0.told\" && cat /proc/self/status >> \"$0.told\"\n\
         mv \"$0.told\" \"$0.said\"\nexit 1\n",
    );
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o700)).expect("it can be run");
    let folder = bench.text("");
    let started = |arguments: &[&str]| {
        let mut command = cleaned(Command::new("sh"));
        command
            .args(["-c", "ulimit -S -n 300 && exec \"$0\" \"$@\"", &program()])
            .args(arguments)
            .args(["--listen", "127.0.0.1:0"])
            .envs([("CARGO", &tool), ("RUSTC", &tool)]);
        Server::of(&mut command)
    };
    // Whoever starts the tests may do without huge pages itself.
    let (_, given) = bounds_of(std::process::id());
    let dev = started(&["dev", &folder]);
    let said = bench.path("tool.said");
    let give_up_at = Instant::now() + Duration::from_secs(60);
    while !said.exists() {
        assert!(
            Instant::now() < give_up_at,
            "no tool was run: {}",
            dev.said()
        );
        std::thread::yield_now();
    }
    let said = fs::read_to_string(said).expect("what the tool was born with");
    let (files, status) = said.split_once('\n').expect("a line, and more");
    assert_eq!((files, has_huge_pages(status)), ("300", given));
    for server in [dev, started(&["serve", "--ephemeral"])] {
        let (files, huge_pages) = bounds_of(server.id());
        assert!(files > 300 && !huge_pages, "{files} {huge_pages}");
    }
}
