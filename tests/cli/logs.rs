//! `sparkler logs`: what functions wrote, while they are there, when they are gone, and over restarts.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};

use sparkler_tests::server::sparkler;
use sparkler_tests::{Server, guests};

use crate::{Workbench, assert_fails, assert_succeeds};

const PRINT: &str = r#"{"do":"print","lines":2}"#;

#[test]
fn the_log_of_a_function_is_shown_and_filtered() {
    let server = Server::ephemeral();
    server.deploy("talker", guests::behaviours(), &[]);
    let silent = server.run(["logs", "talker"]);
    assert_succeeds(&silent);
    assert_eq!(silent.stdout, "");
    assert!(silent.stderr.contains("not been invoked"), "{silent:?}");

    server.lambda().invoke("talker", PRINT);
    let shown = server.run(["logs", "talker"]);
    assert_succeeds(&shown);
    let lines: Vec<_> = shown.stdout.lines().collect();
    assert_eq!(lines.len(), 5, "{shown:?}");
    assert!(lines[0].contains("Z START RequestId: "), "{shown:?}");
    assert!(lines[2].ends_with("Z line 2 "), "{shown:?}");

    for name in ["talker", "/aws/lambda/talker"] {
        let filtered = server.run(["logs", name, "--filter", "-RequestId", "--since", "1h"]);
        assert_eq!(filtered.stdout.lines().count(), 2, "{filtered:?}");
    }
    let wrong = server.run(["logs", "talker", "--filter", "{ $.level"]);
    assert_fails(&wrong, 1, &["InvalidParameterException", "filter pattern"]);
    let nobody = server.run(["logs", "nobody"]);
    assert_fails(&nobody, 1, &["nobody", "sparkler list"]);
    assert_fails(
        &server.run(["logs", "talker", "--since", "soon"]),
        2,
        &["10m"],
    );
}

/// A `sparkler logs -f`, ended when it is dropped.
struct Following {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Following {
    #[track_caller]
    fn start(server: &Server, name: &str) -> Self {
        let mut child = sparkler()
            .args(["logs", "-f", name, "--filter", "line"])
            .args(["--endpoint", &format!("http://{}", server.address)])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("start the binary under test");
        let stdout = child.stdout.take().expect("a piped stream");
        Self {
            child,
            lines: BufReader::new(stdout).lines(),
        }
    }

    #[track_caller]
    fn assert_shows(&mut self, ends: &[&str]) {
        for end in ends {
            let line = self.lines.next().expect("one more line").expect("text");
            assert!(line.ends_with(end), "{line}");
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_log_that_is_followed_shows_each_line_once() {
    let server = Server::ephemeral();
    server.deploy("talker", guests::behaviours(), &[]);
    let mut following = Following::start(&server, "talker");
    for _ in 0..3 {
        server.lambda().invoke("talker", PRINT);
        following.assert_shows(&["line 1 ", "line 2 "]);
    }
}

#[test]
fn logs_outlive_their_function_and_the_server() {
    let bench = Workbench::new();
    let data_dir = ["--data-dir", &bench.text("data")];
    let server = Server::start(data_dir);
    server.deploy("talker", guests::behaviours(), &[]);
    server.lambda().invoke("talker", PRINT);
    // A reader sees only what is written.
    assert_eq!(server.run(["logs", "talker"]).stdout.lines().count(), 5);
    server.kill();

    let server = Server::start(data_dir);
    server.lambda().invoke("talker", PRINT);
    assert_eq!(server.lambda().delete("talker").status, 204);
    assert!(server.stop().success());

    let server = Server::start(data_dir);
    let shown = server.run(["logs", "talker"]);
    assert_succeeds(&shown);
    assert_eq!(shown.stdout.lines().count(), 10, "{shown:?}");
}
