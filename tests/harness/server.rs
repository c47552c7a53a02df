//! The product's binary, run as people run it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, PipeReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, Weak, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::lambda::Lambda;

/// How long a server may take until it listens: it compiles what it is given first.
const START_MAX: Duration = Duration::from_secs(180);

/// What stands before the address in the line that announces it.
const ANNOUNCEMENT: &str = "istening on http";

/// The binary, without arguments, in a clean environment: no colours, no settings of the tester's.
///
/// # Panics
/// Where the suite was not started by cargo, which tells where the binary is.
#[track_caller]
pub fn sparkler() -> Command {
    cleaned(Command::new(program()))
}

/// A command that starts the binary, in such an environment.
pub fn cleaned(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["SPARKLER_", "AWS_", "RUST_LOG"]
            .iter()
            .any(|start| text.starts_with(start))
        {
            command.env_remove(&name);
        }
    }
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Where the binary is.
///
/// # Panics
/// Where the suite was not started by cargo.
#[track_caller]
pub fn program() -> String {
    std::env::var("CARGO_BIN_EXE_sparkler-under-test")
        .expect("run the suites with cargo: it tells them where the binary under test is")
}

/// Runs the binary to its end.
#[track_caller]
pub fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ended {
    ended(sparkler().args(arguments))
}

/// Runs a prepared command to its end.
#[track_caller]
pub fn ended(command: &mut Command) -> Ended {
    let output = command.output().expect("run the binary under test");
    Ended::from(output)
}

/// A run of the binary that has ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A running `sparkler serve`, killed when it is dropped.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    said: Arc<Mutex<String>>,
    listener: Option<JoinHandle<()>>,
}

impl Server {
    /// `sparkler serve --listen 127.0.0.1:0` with more arguments; returns when it listens.
    #[track_caller]
    pub fn start<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Self {
        let mut command = sparkler();
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments);
        Self::of(&mut command)
    }

    /// The server without state that the tests of a suite share which run at the same time. It ends with the
    /// last of them.
    #[track_caller]
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().expect("the shared server");
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::ephemeral());
            *shared = Arc::downgrade(&server);
            server
        })
    }

    /// A server without state.
    #[track_caller]
    pub fn ephemeral() -> Self {
        Self::start(["--ephemeral"])
    }

    /// Starts one without state under a limit of the shell's, such as `-n 500`.
    #[track_caller]
    pub fn limited(limit: &str) -> Self {
        Self::limited_with(limit, ["--ephemeral"])
    }

    /// The same, with these arguments.
    #[track_caller]
    pub fn limited_with(
        limit: &str,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Self {
        let script = format!("ulimit {limit} && exec \"$0\" serve --listen 127.0.0.1:0 \"$@\"");
        let mut command = cleaned(Command::new("sh"));
        command.args(["-c", &script, &program()]).args(arguments);
        Self::of(&mut command)
    }

    /// Starts a prepared command; returns when it listens.
    #[track_caller]
    pub fn of(command: &mut Command) -> Self {
        // One pipe for both, so that what it says comes here in the order in which it says it.
        let (lines, writer) = std::io::pipe().expect("make a pipe");
        let stdout = writer.try_clone().expect("another end of it");
        let mut child = command
            .stdout(stdout)
            .stderr(writer)
            .spawn()
            .expect("start the binary under test");
        // Its ends are the command's until it is told others: the server's alone keep it open.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let said = Arc::<Mutex<String>>::default();
        let (announce, announced) = mpsc::channel();
        let listener = listen_to(lines, &said, announce);
        match announced.recv_timeout(START_MAX) {
            Ok(address) => Self {
                address,
                child,
                said,
                listener: Some(listener),
            },
            Err(_) => {
                let _ = child.kill();
                let status = child.wait();
                let said = said.lock().expect("what the server said");
                panic!("the server does not listen ({status:?}); it said:\n{said}")
            }
        }
    }

    /// Its API.
    pub fn lambda(&self) -> Lambda {
        Lambda {
            address: self.address,
        }
    }

    /// All that it has written to stdout and stderr so far, at least what came before its address.
    pub fn said(&self) -> String {
        self.said.lock().expect("what the server said").clone()
    }

    /// Runs a command of the binary against this server.
    #[track_caller]
    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ended {
        let endpoint = format!("http://{}", self.address);
        ended(sparkler().args(arguments).args(["--endpoint", &endpoint]))
    }

    /// Deploys a component and waits until it can be invoked.
    #[track_caller]
    pub fn deploy(&self, name: &str, wasm: &[u8], options: &[&str]) {
        let file = tempfile::Builder::new().suffix(".wasm").tempfile();
        let file = file.expect("make a temporary file");
        std::fs::write(file.path(), wasm).expect("write a component");
        let path = file.path().to_str().expect("a path of UTF-8");
        let ended = self.run(["deploy", name, path].iter().chain(options));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What the kernel says of each of its threads.
    #[track_caller]
    pub fn threads(&self) -> Vec<String> {
        let folder = format!("/proc/{}/task", self.child.id());
        let threads = std::fs::read_dir(folder).expect("the server's threads");
        // One may have ended since it was listed.
        let statuses = threads
            .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("status")).ok());
        statuses.collect()
    }

    /// Memory of the server that is not in a file, in bytes, as the kernel counts it.
    #[track_caller]
    pub fn memory_bytes(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("the server's status");
        let kilobytes = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"))
            .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kilobytes.expect("the server's resident memory") * 1024
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(id.expect("the id of a process"), signal).expect("send a signal");
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("wait for the server")
    }

    /// Ends it as a crash would.
    pub fn kill(mut self) {
        self.signal(Signal::KILL);
        self.wait();
    }

    /// Asks it to leave, and gives all that it has said when it has.
    #[track_caller]
    pub fn last_words(mut self) -> String {
        self.signal(Signal::TERM);
        assert!(self.wait().success(), "{}", self.said());
        let listener = self.listener.take().expect("who listens to it");
        listener.join().expect("hear the server out");
        self.said()
    }

    /// Asks it to leave and waits until it has.
    pub fn stop(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps what comes through a pipe, and passes the announced address on.
fn listen_to(
    pipe: PipeReader,
    said: &Arc<Mutex<String>>,
    announce: mpsc::Sender<SocketAddr>,
) -> JoinHandle<()> {
    let lines = BufReader::new(pipe).lines();
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if let Some(address) = announced_address(&line) {
                let _ = announce.send(address);
            }
            let mut said = said.lock().expect("what the server said");
            said.push_str(&line);
            said.push('\n');
        }
    })
}

fn announced_address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once(ANNOUNCEMENT)?;
    let rest = rest.strip_prefix('s').unwrap_or(rest).strip_prefix("://")?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':');
    rest[..end.unwrap_or(rest.len())].parse().ok()
}
