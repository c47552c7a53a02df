//! A folder of the harness's own with the AWS SDK for JavaScript, and the Node that runs it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::{kits, python, scratch};

/// Pinned, so that a test fails for a change of ours and not for a release of theirs.
const PACKAGES: &[&str] = &[
    "@aws-sdk/client-lambda@3.1164.0",
    "@aws-sdk/client-cloudwatch-logs@3.1169.0",
    "@aws-sdk/client-sts@3.1177.0",
];

/// Packages of npm, installed.
#[derive(Debug)]
pub struct Node {
    folder: PathBuf,
}

impl Node {
    /// The AWS SDK for JavaScript, version 3, installed when it is first asked for.
    ///
    /// # Panics
    /// With what npm says, where it cannot be had.
    #[track_caller]
    pub fn aws_sdk() -> &'static Self {
        static SDK: OnceLock<Node> = OnceLock::new();
        SDK.get_or_init(|| {
            let folder = scratch::folder().join("aws-sdk-for-javascript-3.1177.0");
            scratch::made_once(&folder, install);
            Self { folder }
        })
    }

    /// A script of the suite `clients`, pointed at a host.
    #[track_caller]
    pub fn script(&self, name: &str, host: SocketAddr) -> Command {
        // Beside the packages, which Node looks for where a script is.
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/javascript");
        let script = self.folder.join(name);
        fs::copy(scripts.join(name), &script).expect("copy a script");
        let mut command = Command::new("node");
        command.arg(script).env_clear();
        command
            .env("PATH", kits::search_path())
            .env("HOME", &self.folder);
        for service in ["LAMBDA", "CLOUDWATCH_LOGS", "STS"] {
            let variable = format!("AWS_ENDPOINT_URL_{service}");
            command.env(variable, format!("http://{host}"));
        }
        command
            .env("AWS_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }
}

#[track_caller]
fn install(folder: &Path) {
    fs::create_dir_all(folder).expect("make a folder");
    fs::write(folder.join("package.json"), r#"{"private":true}"#).expect("write a file");
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts"]);
    let npm = npm.args(PACKAGES).current_dir(folder);
    python::succeed(npm.env("PATH", kits::search_path()));
}
