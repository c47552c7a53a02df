//! Roles: who one is, and sessions that outlive the server's process but not the role.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use sparkler_tests::Server;
use sparkler_tests::key::Key;
use sparkler_tests::python::{Python, succeed};
use sparkler_tests::server::{Ended, ended, sparkler};
use tempfile::TempDir;

use crate::{behaviours_zip, echo_zip};

const ROLES: &str = r#"
[account.123456789012.role.reader]
policy = ["read", "assume"]
trust = ["arn:aws:iam::123456789012:user/admin"]
[account.123456789012.role.deployer]
policy = ["deploy"]
trust_policy = "file:trust.json"
"#;
const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:role/reader"}, "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"sts:ExternalId": "the-id"}}}}"#;

/// A file of keys with a user `admin` and roles, in a folder of its own.
struct Keys {
    folder: TempDir,
    admin: Key,
}

impl Keys {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("keys.toml");
        let mut command = sparkler();
        command.args([
            "keys", "new", "--user", "admin", "--policy", "admin", "--keys",
        ]);
        let admin = Key::printed(&ended(command.arg(&file)));
        fs::write(folder.path().join("trust.json"), TRUST).expect("write");
        let keys = Self { folder, admin };
        let with_roles = fs::read_to_string(&file).expect("read") + ROLES;
        keys.write(&with_roles);
        keys
    }

    fn path(&self) -> String {
        let path = self.folder.path().join("keys.toml");
        path.to_str().expect("a path of UTF-8").to_owned()
    }

    /// Its mode stays.
    fn write(&self, text: &str) {
        fs::write(self.path(), text).expect("write");
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).expect("read")
    }

    /// `aws sts …`, by this user.
    fn sts(&self, server: &Server, arguments: &[&str]) -> Value {
        let mut command = Python::environment().aws(server.address);
        let said = succeed(self.admin.sign(&mut command).arg("sts").args(arguments));
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error} in {said}"))
    }
}

/// What signs as a session.
struct Session(Value);

impl Session {
    fn begin(keys: &Keys, server: &Server) -> Self {
        let role = "arn:aws:iam::123456789012:role/reader";
        let arguments = [
            "assume-role",
            "--role-arn",
            role,
            "--role-session-name",
            "cli",
        ];
        Self(keys.sts(server, &arguments)["Credentials"].clone())
    }

    fn text(&self, member: &str) -> &str {
        self.0[member].as_str().expect("a text")
    }

    fn sign<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("AWS_ACCESS_KEY_ID", self.text("AccessKeyId"))
            .env("AWS_SECRET_ACCESS_KEY", self.text("SecretAccessKey"))
            .env("AWS_SESSION_TOKEN", self.text("SessionToken"))
    }

    /// What the server says to `sparkler list`.
    fn list(&self, server: &Server) -> Ended {
        let mut command = sparkler();
        command.args(["list", "--endpoint"]);
        command.arg(format!("http://{}", server.address));
        ended(self.sign(&mut command))
    }
}

#[test]
fn boto3_knows_who_it_is_and_assumes_roles() {
    let keys = Keys::new();
    let server = Server::start(["--ephemeral", "--keys", &keys.path()]);
    let mut command = Python::environment().script("roles.py", server.address);
    let config = keys.folder.path().join("config");
    let command = keys.admin.sign(&mut command).env("AWS_CONFIG_FILE", config);
    succeed(command.arg(behaviours_zip()).arg(echo_zip()));
    assert!(!server.said().contains(&keys.admin.secret));
}

#[test]
fn the_aws_cli_and_the_programs_own_commands_act_as_a_session() {
    let keys = Keys::new();
    let server = Server::start(["--ephemeral", "--keys", &keys.path()]);
    let me = keys.sts(&server, &["get-caller-identity"]);
    assert_eq!(me["Arn"], "arn:aws:iam::123456789012:user/admin");
    let session = Session::begin(&keys, &server);
    let mut command = Python::environment().aws(server.address);
    let said = succeed(
        session
            .sign(&mut command)
            .args(["sts", "get-caller-identity"]),
    );
    assert!(said.contains("assumed-role/reader/cli"), "{said}");
    let listed = session.list(&server);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    let said = server.last_words();
    for secret in ["SecretAccessKey", "SessionToken"] {
        assert!(!said.contains(session.text(secret)), "{said}");
    }
}

#[test]
fn a_session_outlives_the_server_but_neither_its_data_nor_its_role() {
    let keys = Keys::new();
    let (data, other) = (
        keys.folder.path().join("data"),
        keys.folder.path().join("other"),
    );
    let started = |data: &Path| {
        let data = data.to_str().expect("a path of UTF-8");
        Server::start(["--data-dir", data, "--keys", &keys.path()])
    };
    let server = started(&data);
    let session = Session::begin(&keys, &server);
    assert_eq!(session.list(&server).code, Some(0));
    drop(server);
    let server = started(&data);
    let listed = session.list(&server);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    let fresh = started(&other);
    let refused = session.list(&fresh);
    assert!(
        refused.stderr.contains("UnrecognizedClientException"),
        "{}",
        refused.stderr
    );
    keys.write(&keys.text().replace("role.reader]", "role.gone]"));
    while session.list(&server).code == Some(0) {}
    let refused = session.list(&server);
    assert!(
        refused.stderr.contains("UnrecognizedClientException"),
        "{}",
        refused.stderr
    );
}
