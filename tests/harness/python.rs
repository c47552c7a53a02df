//! A Python of the harness's own, with the AWS clients that people use.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::scratch;

/// Pinned, so that a test fails for a change of ours and not for a release of theirs.
const PACKAGES: &[&str] = &["boto3==1.44.5", "awscli==1.46.3"];

/// A virtual environment with boto3 and the AWS CLI.
#[derive(Debug)]
pub struct Python {
    folder: PathBuf,
}

impl Python {
    /// The environment, made when it is first asked for.
    ///
    /// # Panics
    /// With what to install, where python3 or the packages cannot be had.
    #[track_caller]
    pub fn environment() -> &'static Self {
        static ENVIRONMENT: OnceLock<Python> = OnceLock::new();
        ENVIRONMENT.get_or_init(|| Self {
            folder: environment_with(PACKAGES),
        })
    }

    /// A script of the suite `clients`, pointed at a host.
    pub fn script(&self, name: &str, host: SocketAddr) -> Command {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/python");
        let mut command = self.command("python", host);
        command.arg("-B").arg(scripts.join(name));
        command
    }

    /// The AWS CLI, pointed at a host.
    pub fn aws(&self, host: SocketAddr) -> Command {
        self.command("aws", host)
    }

    fn command(&self, program: &str, host: SocketAddr) -> Command {
        let mut command = Command::new(self.folder.join("bin").join(program));
        command
            .env_clear()
            .env("PATH", self.folder.join("bin"))
            .env("HOME", &self.folder)
            .env("AWS_ENDPOINT_URL_LAMBDA", format!("http://{host}"))
            .env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", format!("http://{host}"))
            .env("AWS_ENDPOINT_URL_STS", format!("http://{host}"))
            .env("AWS_REGION", "us-east-1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_PAGER", "")
            .env("NO_PROXY", "*")
            .env("PYTHONUTF8", "1");
        command
    }
}

/// The folder of the programs that packages of PyPI bring, in a virtual environment of their own.
///
/// # Panics
/// With what to install, where python3 or the packages cannot be had.
#[track_caller]
pub fn programs_of(packages: &[&str]) -> PathBuf {
    environment_with(packages).join("bin")
}

/// The folder of a virtual environment with these packages of PyPI, made when it is first asked for.
///
/// # Panics
/// With what to install, where python3 or the packages cannot be had.
#[track_caller]
pub fn environment_with(packages: &[&str]) -> PathBuf {
    let folder = scratch::folder().join(packages.join("-").replace("==", "-"));
    scratch::made_once(&folder, |folder| make(folder, packages));
    folder
}

/// Runs a command to its end.
///
/// # Panics
/// With all that it said, where it fails.
#[track_caller]
pub fn succeed(command: &mut Command) -> String {
    let output = run(command);
    assert!(output.status.success(), "{command:?}\n{}", told(&output));
    String::from_utf8(output.stdout).expect("output in UTF-8")
}

#[track_caller]
fn run(command: &mut Command) -> Output {
    match command.output() {
        Ok(output) => output,
        Err(error) => panic!("cannot run {command:?}: {error}"),
    }
}

fn told(output: &Output) -> String {
    format!(
        "{}\nstdout:\n{}\nstderr:\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[track_caller]
fn make(folder: &Path, packages: &[&str]) {
    if Command::new("python3").arg("--version").output().is_err() {
        panic!(
            "The suites need python3 with its venv module, to install {packages:?} from PyPI. Install \
             it (Debian: apt install python3-venv), then run the tests again."
        );
    }
    let mut venv = Command::new("python3");
    let output = run(venv.args(["-m", "venv", "--clear"]).arg(folder));
    assert!(
        output.status.success(),
        "python3 cannot make a virtual environment; where its venv module is missing, install it \
         (Debian: apt install python3-venv).\n{}",
        told(&output)
    );
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    let output = run(pip.args(packages));
    assert!(
        output.status.success(),
        "pip cannot install {packages:?} from PyPI.\n{}",
        told(&output)
    );
}
